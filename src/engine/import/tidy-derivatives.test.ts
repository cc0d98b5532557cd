import { existsSync } from "node:fs";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLogger } from "../../core/logger.ts";
import type { Photo } from "../../database/photo-store.ts";
import { derivativePath, faceThumbnailPath, faceThumbnailPrefix } from "../../library/derivatives.ts";
import { writeFileAtomically } from "../../library/write-file-atomically.ts";
import { createTidyHandler, removeFormerDerivatives } from "./tidy-derivatives.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keepsight-tidy-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function writeDerivative(photoId: number, contentVersion: number): Promise<string> {
  const path = derivativePath(directory, photoId, contentVersion, "thumbnail");
  await writeFileAtomically(path, new Uint8Array([1]));
  return path;
}

const FACE = { normalizedBox: { x: 0.1, y: 0.2, width: 0.3, height: 0.25 }, landmarks: [] };

async function tidy(known: ReadonlyMap<number, number>): Promise<void> {
  const photos = {
    get: async (id: number) => (known.has(id) ? ({ id, contentVersion: known.get(id) } as Photo) : undefined),
  };
  const analyses = { getFacePlaces: async (photoId: number) => [{ ...FACE, photoId }] };
  const logger = createLogger("silent");
  const handler = createTidyHandler({ dataDirectory: directory, photos, analyses, logger });
  const context = { signal: new AbortController().signal, setProgress: async () => {} };
  await handler.run({} as Parameters<typeof handler.run>[0], context);
}

describe("createTidyHandler", () => {
  it("removes pictures of photos that are gone or have other content now, and no others", async () => {
    const gone = await writeDerivative(1, 1);
    const former = await writeDerivative(2, 1);
    const present = await writeDerivative(2, 2);
    await tidy(new Map([[2, 2]]));
    expect([gone, former, present].map((path) => existsSync(path))).toEqual([false, false, true]);
  });

  it("removes pictures of faces that are not in the photo, or of other content", async () => {
    const paths = [
      faceThumbnailPath(faceThumbnailPrefix(directory, 3, 2), FACE.normalizedBox),
      faceThumbnailPath(faceThumbnailPrefix(directory, 3, 1), FACE.normalizedBox),
      faceThumbnailPath(faceThumbnailPrefix(directory, 3, 2), { ...FACE.normalizedBox, x: 0.5 }),
      faceThumbnailPath(faceThumbnailPrefix(directory, 9, 1), FACE.normalizedBox),
    ];
    for (const path of paths) await writeFileAtomically(path, new Uint8Array([1]));
    await tidy(new Map([[3, 2]]));
    expect(paths.map((path) => existsSync(path))).toEqual([true, false, false, false]);
  });

  it("leaves files that are no derivatives alone, however old", async () => {
    const present = await writeDerivative(4, 1);
    const foreign = join(dirname(present), "4-1-thumbnail.jpg.txt");
    await writeFile(foreign, "mine");
    await utimes(foreign, 0, 0);
    await tidy(new Map());
    expect(existsSync(foreign)).toBe(true);
    expect(existsSync(present)).toBe(false);
  });
});

describe("removeFormerDerivatives", () => {
  it("removes the pictures of the content before, and keeps the present ones", async () => {
    const former = await writeDerivative(5, 1);
    const present = await writeDerivative(5, 2);
    await removeFormerDerivatives(directory, { id: 5, contentVersion: 2 });
    await removeFormerDerivatives(directory, { id: 5, contentVersion: 1 });
    expect([former, present].map((path) => existsSync(path))).toEqual([false, true]);
  });
});
