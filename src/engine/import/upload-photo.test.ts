import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto } from "../../../test/api/open-test-library.ts";
import { createFingerprintStore } from "../../database/fingerprint-store.ts";
import { createTagStore } from "../../database/tag-store.ts";
import { DEFAULT_DECODE_LIMITS } from "../../image/decode-limits.ts";
import { openTestImport, type TestImport } from "./open-test-import.ts";
import { createUploads, type UploadRequest, type Uploads } from "./upload-photo.ts";

const MAX_UPLOAD = 300_000;

let test: TestImport;
let uploads: Uploads;
let red: Buffer;
beforeAll(async () => {
  test = await openTestImport();
  const { database, textIndex, photos, queue, dataDirectory } = test;
  uploads = createUploads({
    directory: join(dataDirectory, "uploads"),
    photos,
    fingerprints: createFingerprintStore({ database }),
    tags: createTagStore({ database, textIndex }),
    queue,
    limits: DEFAULT_DECODE_LIMITS,
    maxUploadBytes: MAX_UPLOAD,
  });
  red = await drawPhoto("red");
});
afterEach(() => test.clear());
afterAll(() => test.remove());

const REQUEST: UploadRequest = { fileName: "red.jpg", tags: [], skipDuplicates: true, withoutSteps: [] };

const upload = (content: Uint8Array | Readable, changes: Partial<UploadRequest> = {}) =>
  uploads.add(content instanceof Readable ? content : Readable.from([content]), { ...REQUEST, ...changes });

/** Every file below the uploads, by path. */
async function listFiles(): Promise<string[]> {
  const root = join(test.dataDirectory, "uploads");
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

async function expectNothingKept(): Promise<void> {
  expect(await listFiles()).toEqual([]);
  expect(await test.listAll()).toEqual([]);
  expect(await test.queuedIds()).toEqual([]);
}

/** A photo with bytes at its end that change nothing of the picture. */
const pad = (photo: Buffer, ...tail: number[]) => Buffer.concat([photo, Buffer.from(tail)]);

describe("createUploads", () => {
  it("keeps the bytes as they came, under the name of the client, and queues the photo before others", async () => {
    const result = await upload(red, { tags: ["Summer"], withoutSteps: ["ocr"] });
    const [photo] = await test.listAll();
    expect(result).toMatchObject({ status: "accepted", photoId: photo!.id });
    expect(photo).toMatchObject({
      fileName: "red.jpg",
      byteSize: red.length,
      isUpload: 1,
      status: "pending",
    });
    expect(basename(photo!.path)).toMatch(/^[0-9a-f]{8}-red\.jpg$/);
    expect(await readFile(photo!.path)).toEqual(red);
    expect(await listFiles()).toEqual([photo!.path]);
    const [job] = await test.jobs.list({ photoId: photo!.id }, { limit: 1, offset: 0 });
    expect(job).toMatchObject({ priority: 30, payload: { withoutSteps: ["ocr"] } });
    const details = await test.analyses.getDetails(photo!.id);
    expect(details?.tags).toEqual([{ name: "Summer", score: 1, source: "human" }]);
  });

  it("keeps nothing of a stream that breaks off", async () => {
    async function* breakOff() {
      yield red.subarray(0, 100);
      throw new Error("socket hang up");
    }
    await expect(upload(Readable.from(breakOff()))).rejects.toMatchObject({
      code: "bad_request",
      message: "The upload broke off: socket hang up",
    });
    await expectNothingKept();
  });

  it("keeps nothing of a stream that is closed before its end", async () => {
    const stream = new Readable({ read() {} });
    stream.push(red.subarray(0, 100));
    const result = upload(stream);
    setImmediate(() => stream.destroy());
    await expect(result).rejects.toMatchObject({ code: "bad_request" });
    await expectNothingKept();
  });

  it.each([
    ["is larger than allowed", () => Buffer.alloc(MAX_UPLOAD + 1), "too_large"],
    ["is empty", () => Buffer.alloc(0), "bad_request"],
    ["is no picture", () => Buffer.from("<html>hello</html>"), "unsupported_media"],
    ["is a picture without its beginning", () => red.subarray(200), "unsupported_media"],
    ["is a picture without most of itself", () => red.subarray(0, 20), "undecodable"],
  ])("refuses a file that %s, and keeps nothing of it", async (_, makeContent, code) => {
    await expect(upload(makeContent())).rejects.toMatchObject({ code });
    await expectNothingKept();
  });

  it("names a refused file as the client does", async () => {
    const refused = upload(Buffer.from("Just words."), { fileName: "notes.jpg" });
    await expect(refused).rejects.toThrow(/^"notes\.jpg" is not an image/);
  });

  it("keeps nothing when what is said of the photo turns out to be wrong", async () => {
    const request = Promise.reject<UploadRequest>(new Error("tags: too long"));
    await expect(uploads.add(Readable.from([red]), request)).rejects.toThrow("tags: too long");
    await expectNothingKept();
  });

  it.each(["before", "after"])("answers with the known photo %s it was analysed", async (moment) => {
    const first = await upload(red);
    if (moment === "after") await test.hashAll();
    expect(await upload(red, { fileName: "other name.jpg" })).toEqual({
      status: "duplicate",
      photoId: first.photoId,
    });
    expect(await listFiles()).toHaveLength(1);
  });

  it("finds a duplicate among the photos of a folder", async () => {
    await test.write("p/photo.jpg", "");
    await writeFile(join(test.root, "p/photo.jpg"), red);
    await test.scan("p");
    await test.hashAll();
    const photo = await test.photoAt("p/photo.jpg");
    expect(await upload(red)).toEqual({ status: "duplicate", photoId: photo!.id });
    // The known file is gone: what was uploaded is the only copy.
    await rm(photo!.path);
    expect(await upload(red)).toMatchObject({ status: "accepted" });
  });

  it("takes in the same bytes again when duplicates are wanted, or the known photo was removed", async () => {
    const first = await upload(red);
    expect(await upload(red, { skipDuplicates: false })).toMatchObject({ status: "accepted" });
    for (const { id } of await test.listAll()) await test.photos.hide(id, "test");
    const again = await upload(red);
    expect(again.status).toBe("accepted");
    expect(again.photoId).not.toBe(first.photoId);
  });

  it("tells photos apart that have the same fingerprint but other bytes", async () => {
    // Beyond 128 KiB only samples are hashed; these differ between them.
    const one = Buffer.concat([red, Buffer.alloc(240_000)]);
    const two = Buffer.from(one);
    two[red.length + 20_000] = 7;
    await upload(one);
    await test.hashAll();
    expect(await upload(two)).toMatchObject({ status: "accepted" });
    await test.hashAll();
    const [first, second] = await test.listAll();
    expect(first!.imohash).toBe(second!.imohash);
    expect(await upload(two)).toEqual({ status: "duplicate", photoId: second!.id });
  });

  it("keeps one of several equal files that arrive at the same time", async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => upload(red)));
    expect(results.map(({ status }) => status).toSorted()).toEqual([
      "accepted",
      "duplicate",
      "duplicate",
      "duplicate",
    ]);
    expect(new Set(results.map(({ photoId }) => photoId)).size).toBe(1);
    expect(await listFiles()).toHaveLength(1);
  });

  it("takes in different files that arrive at the same time", async () => {
    const results = await Promise.all([1, 2, 3, 4].map((n) => upload(pad(red, n))));
    expect(results.map(({ status }) => status)).toEqual(Array(4).fill("accepted"));
    expect(await listFiles()).toHaveLength(4);
  });

  it("answers an id that the client used before with its photo, also when both come at once", async () => {
    const first = await upload(red, { externalId: "camera/1" });
    const known = { status: "duplicate", photoId: first.photoId };
    expect(await upload(pad(red, 1), { externalId: "camera/1" })).toEqual(known);
    const both = await Promise.all([2, 3].map((n) => upload(pad(red, n), { externalId: "camera/2" })));
    expect(both.map(({ status }) => status).toSorted()).toEqual(["accepted", "duplicate"]);
    expect(new Set(both.map(({ photoId }) => photoId)).size).toBe(1);
    expect(await listFiles()).toHaveLength(2);
  });

  it.each([
    ["../../etc/passwd.jpg", "passwd.jpg"],
    ["..\\..\\windows\\photo.jpg", "photo.jpg"],
    ["a\0b\n.jpg", "a_b_.jpg"],
    [`${"x".repeat(300)}.jpg`, `${"x".repeat(150)}.jpg`],
    [`${"日本".repeat(150)}.jpg`, `${"日本".repeat(25)}.jpg`],
    [`${"🏔️".repeat(200)}.jpg`, expect.stringMatching(/^(🏔️)+🏔?\.jpg$/u)],
    ["half a pair \ud83c.jpg", "half a pair _.jpg"],
    ["photo\u202egpj.exe", "photo_gpj.exe"],
    ["mark\u2066ed.jpg", "mark_ed.jpg"],
    [".jpg", "jpg"],
    ["...", "photo"],
    ["", "photo"],
    ["   .png", "png"],
    [`a.${"e".repeat(300)}`, `a.${"e".repeat(11)}`],
    ["Cafe\u0301 1:2?.jpg", "Café 1_2_.jpg"],
  ])("gives %j a name that is safe everywhere", async (fileName, expected) => {
    const { photoId } = await upload(red, { fileName });
    const photo = (await test.photos.get(photoId))!;
    expect(photo.fileName).toEqual(expected);
    expect(photo.path.startsWith(join(test.dataDirectory, "uploads"))).toBe(true);
    expect(await listFiles()).toEqual([photo.path]);
  });

  it("removes what interrupted uploads left behind, and nothing else", async () => {
    await upload(red);
    const [kept] = await listFiles();
    await copyFile(kept!, join(test.dataDirectory, "uploads/incoming/half"));
    await uploads.cleanUp();
    expect(await listFiles()).toEqual([kept]);
  });

  it("takes in a file that was stored before a crash but not written into the table", async () => {
    await upload(red);
    const [stored] = await test.listAll();
    const orphan = join(dirname(stored!.path), "0123abcd-blue.jpg");
    await writeFile(orphan, await drawPhoto("blue"));
    await uploads.cleanUp();
    await uploads.cleanUp();
    const all = await test.listAll();
    expect(all.map(({ fileName, isUpload }) => [fileName, isUpload])).toEqual([
      ["red.jpg", 1],
      ["blue.jpg", 1],
    ]);
    expect(await test.queuedIds()).toEqual(all.map(({ id }) => id));
  });
});
