import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PhotoMetadata } from "../../core/photo-analysis.ts";
import { createFingerprintStore } from "../../database/fingerprint-store.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { imohashFile } from "../../hash/imohash.ts";
import { DEFAULT_DECODE_LIMITS } from "../../image/decode-limits.ts";
import { PHOTO_EDITS } from "../../../test/photo-edits.ts";
import { readPicture } from "../../../test/read-picture.ts";
import { hasShared, sharedPath } from "../../../test/shared-files.ts";
import { createDuplicateScan, type ScanDuplicates } from "./scan-duplicates.ts";

const FIRST = "photos/scenes/000000000139.jpg";
const SECOND = "photos/scenes/000000000802.jpg";
const DONE = { status: "done", modelId: "test", durationMs: 1 } as const;

let test: TestDatabase;
let folder: string;
let scan: ScanDuplicates;

beforeEach(async () => {
  test = await openTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "keepsight-duplicates-"));
  await mkdir(join(folder, "thumbnails"));
  scan = createDuplicateScan({
    photos: test.photos,
    fingerprints: createFingerprintStore({ database: test.database }),
    thumbnailPath: ({ id }) => join(folder, "thumbnails", `${id}.jpg`),
    limits: DEFAULT_DECODE_LIMITS,
  });
});
afterEach(async () => {
  await test.remove();
  await rm(folder, { recursive: true });
});

/** Puts a file into the library as its analysis would; gives the photo's id. */
async function add(name: string, file: Buffer, metadata?: PhotoMetadata): Promise<number> {
  const path = join(folder, name);
  await writeFile(path, file);
  const { size, mtimeMs } = await stat(path);
  const [id] = await test.photos.insertPhotos([{ path, byteSize: size, modifiedAtMs: Math.trunc(mtimeMs) }]);
  const { pdq, pdqQuality } = await readPicture(file);
  const { width, height } = await sharp(file).metadata();
  const fingerprints = { imohash: await imohashFile(path), pdq: pdq!, pdqQuality: pdqQuality! };
  const analysis = makeAnalysis(
    { format: "jpeg", width, height, fingerprints, ...(metadata === undefined ? {} : { metadata }) },
    { preprocessing: DONE, hash: DONE },
  );
  await test.analyses.saveAnalysis(id!, 1, analysis, []);
  await sharp(file)
    .resize({ width: 400, height: 400, fit: "inside" })
    .jpeg({ quality: 78 })
    .toFile(join(folder, "thumbnails", `${id}.jpg`));
  return id!;
}

async function edited(path: string, name: string): Promise<Buffer> {
  return PHOTO_EDITS.find((edit) => edit.name === name)!.apply(await readFile(sharedPath(path)));
}

function takenAt(seconds: number): PhotoMetadata {
  return {
    takenAtLocal: `2024-05-01T12:00:0${seconds}`,
    utcOffsetMinutes: 0,
    utcOffsetSource: "exif",
    cameraModel: "X100",
    keywords: [],
    faceRegions: [],
  };
}

describe.skipIf(!hasShared("scanning for duplicates", FIRST, SECOND))("createDuplicateScan", () => {
  it("groups copies of each photo with what proves them, and names the one to keep", async () => {
    const small = await add("small.jpg", await edited(FIRST, "resize 50 %"));
    const original = await add("original.jpg", await readFile(sharedPath(FIRST)));
    const cropped = await add("cropped.jpg", await edited(FIRST, "centre crop 10 %"));
    const same = await add("same.jpg", await readFile(sharedPath(FIRST)));
    const other = await add("other.jpg", await readFile(sharedPath(SECOND)));
    const mirrored = await add("mirrored.jpg", await edited(SECOND, "mirror"));
    const { photos, unreadable, groups } = await scan();
    expect({ photos, unreadable }).toEqual({ photos: 6, unreadable: 0 });
    const found = groups.map(({ members }) => members.map(({ photo }) => photo.id).toSorted((a, b) => a - b));
    expect(found.toSorted((a, b) => a[0]! - b[0]!)).toEqual([
      [small, original, cropped, same],
      [other, mirrored],
    ]);
    const [first] = groups.filter(({ members }) => members.length === 4);
    const evidence = new Map(first!.members.map((member) => [member.photo.id, member.evidence.kind]));
    expect(evidence.get(same)).toBe("exact");
    expect(evidence.get(cropped)).toBe("copy");
    expect(first!.keeper.id).toBe(original);
    const others = first!.members.filter(({ photo }) => photo.id !== original);
    expect(first!.sparedBytes).toBe(others.reduce((sum, { photo }) => sum + photo.byteSize, 0));
  });

  it("tells shots of one camera at different moments from copies, however alike", async () => {
    await add("a.jpg", await readFile(sharedPath(FIRST)), takenAt(1));
    await add("b.jpg", await edited(FIRST, "JPEG quality 75"), takenAt(3));
    expect((await scan()).groups).toEqual([]);
    await add("c.jpg", await edited(FIRST, "JPEG quality 30"), takenAt(3));
    expect((await scan()).groups.map(({ members }) => members.length)).toEqual([2]);
  });

  it("does not take equal hashes for equal files", async () => {
    const bytes = Buffer.alloc(400_000, 7);
    const other = Buffer.from(bytes);
    other[100_000] = 8;
    const paths = [join(folder, "x.jpg"), join(folder, "y.jpg")] as const;
    await writeFile(paths[0], bytes);
    await writeFile(paths[1], other);
    expect(await imohashFile(paths[0])).toBe(await imohashFile(paths[1]));
    const ids = await test.photos.insertPhotos(
      paths.map((path) => ({ path, byteSize: 400_000, modifiedAtMs: 1 })),
    );
    for (const [i, id] of ids.entries()) {
      const fingerprints = { imohash: await imohashFile(paths[i]!) };
      await test.analyses.saveAnalysis(id, 1, makeAnalysis({ fingerprints }, { hash: DONE }), []);
    }
    expect(await scan()).toMatchObject({ photos: 2, unreadable: 2, groups: [] });
    await copyFile(paths[0], paths[1]);
    expect((await scan()).groups[0]!.members.map(({ evidence }) => evidence.kind)).toEqual([
      "medoid",
      "exact",
    ]);
  });

  it("leaves hidden photos out, and stops when asked to", async () => {
    await add("a.jpg", await readFile(sharedPath(FIRST)));
    const hidden = await add("b.jpg", await edited(FIRST, "JPEG quality 75"));
    await expect(scan({ signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    await test.photos.hide(hidden, "user");
    expect(await scan()).toMatchObject({ photos: 1, groups: [] });
  });
});
