import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { derivativePath, listDerivatives, removeOrphanDerivatives } from "./derivatives.ts";
import { writeFileAtomically } from "./write-file-atomically.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keepsight-derivatives-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function list() {
  const found = [];
  for await (const { photoId, contentVersion, kind } of listDerivatives(directory))
    found.push(`${photoId}-${contentVersion}-${kind}`);
  return found.toSorted();
}

describe("derivativePath", () => {
  it("is a function of photo, version and kind alone", () => {
    const path = derivativePath("/data", 7, 1, "thumbnail");
    expect(path).toMatch(/^\/data\/derivatives\/[0-9a-f]{2}\/[0-9a-f]{2}\/7-1-thumbnail\.jpg$/);
    expect(derivativePath("/data", 7, 1, "thumbnail")).toBe(path);
    expect(derivativePath("/data", 7, 2, "thumbnail")).not.toBe(path);
    expect(dirname(derivativePath("/data", 7, 2, "preview"))).toBe(dirname(path));
  });

  it("spreads neighbouring ids over many folders", () => {
    const folders = new Set(
      Array.from({ length: 1000 }, (_, id) => dirname(derivativePath("/data", id, 1, "preview"))),
    );
    expect(folders.size).toBeGreaterThan(950);
  });
});

describe("listDerivatives and removeOrphanDerivatives", () => {
  it("list nothing where nothing was made yet", async () => {
    expect(await list()).toEqual([]);
    expect(await removeOrphanDerivatives(directory, () => false)).toBe(0);
  });

  it("remove what is not wanted, and nothing that is not theirs", async () => {
    for (const id of [1, 2]) await writeFileAtomically(derivativePath(directory, id, 1, "preview"), "x");
    const stranger = join(dirname(derivativePath(directory, 1, 1, "preview")), "notes.txt");
    await writeFile(stranger, "mine");
    expect(await removeOrphanDerivatives(directory, ({ photoId }) => photoId === 2)).toBe(1);
    expect(await list()).toEqual(["2-1-preview"]);
    expect(await readFile(stranger, "utf8")).toBe("mine");
  });

  it("remove what interrupted writes left, but not what is being written", async () => {
    const folder = dirname(derivativePath(directory, 1, 1, "preview"));
    await mkdir(folder, { recursive: true });
    const name = (digit: string) => `.1-1-preview.jpg.${digit.repeat(8)}-0000-4000-8000-000000000000.tmp`;
    await writeFile(join(folder, name("1")), "half");
    await writeFile(join(folder, name("2")), "half");
    await utimes(join(folder, name("1")), new Date(0), new Date(0));
    expect(await removeOrphanDerivatives(directory, () => true)).toBe(1);
    expect(await readdir(folder)).toEqual([name("2")]);
  });
});
