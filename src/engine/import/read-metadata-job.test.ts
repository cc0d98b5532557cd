import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { PhotoMetadata } from "../../core/photo-analysis.ts";
import { createLibraryDecisions } from "../../database/decided/library-decisions.ts";
import { createMadeStore } from "../../database/made/made-store.ts";
import { makeAnalysis } from "../../database/open-test-database.ts";
import { DEFAULT_DECODE_LIMITS } from "../../image/decode-limits.ts";
import { writeXmp } from "../../library/write-xmp.ts";
import { readFileMetadata } from "../analyser/read-file-metadata.ts";
import { createSidecarWriter } from "../made/write-sidecars.ts";
import { openTestImport, type TestImport } from "./open-test-import.ts";
import { createReadMetadataHandler, READ_METADATA_JOB } from "./read-metadata-job.ts";

let test: TestImport;
let jpeg: Buffer;
beforeAll(async () => {
  test = await openTestImport();
  jpeg = await sharp({ create: { width: 32, height: 24, channels: 3, background: "teal" } })
    .withExif({ IFD0: { Model: "Box" }, IFD2: { DateTimeOriginal: "2020:01:02 03:04:05" } })
    .jpeg()
    .toBuffer();
});
afterEach(async () => {
  stored.length = 0;
  await test.clear();
});
afterAll(() => test.remove());

const limits = DEFAULT_DECODE_LIMITS;
/** Whatever else follows metadata was told of these. */
const stored: PhotoMetadata[] = [];

/** An XMP packet with these attributes and elements. */
const xmp = (attributes: string, elements = "") =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
  xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
  xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#" ${attributes}>${elements}</rdf:Description></rdf:RDF></x:xmpmeta>`;

const keyword = (word: string) => `<dc:subject><rdf:Bag><rdf:li>${word}</rdf:li></rdf:Bag></dc:subject>`;

/** Runs the queued jobs; gives the ids of their photos. */
async function run(): Promise<readonly number[]> {
  const handler = createReadMetadataHandler({
    ...test,
    pool: { size: 1, readMetadata: (request) => readFileMetadata(request, { limits }) },
    onStored: async (_photo, metadata) => void stored.push(metadata),
  });
  const queued = await test.jobs.list(
    { kinds: [READ_METADATA_JOB], states: ["queued"] },
    { limit: 100, offset: 0 },
  );
  const context = { signal: new AbortController().signal, setProgress: async () => {} };
  for (const job of queued) await handler.run(job, context);
  await test.database.writes.deleteFrom("jobs").execute();
  return queued.map(({ photoId }) => photoId!);
}

/** Scans and runs what that queues. */
async function look(): Promise<readonly number[]> {
  await test.scan("p");
  return run();
}

/** Writes photos, and takes them in as their analysis would; gives their ids. */
async function takeIn(names: readonly string[], bytes = jpeg): Promise<readonly number[]> {
  for (const name of names) {
    await test.write(`p/${name}`, "");
    await writeFile(join(test.root, "p", name), Buffer.concat([bytes, Buffer.from(name)]));
  }
  await test.scan("p");
  await test.hashAll();
  const ids = await Promise.all(names.map(async (name) => (await test.photoAt(`p/${name}`))!.id));
  for (const id of ids) {
    const photo = (await test.photos.get(id))!;
    const {
      byteSize: _,
      modifiedAtMs: __,
      ...read
    } = await readFileMetadata({ type: "read-metadata", path: photo.path }, { limits });
    const parts = { ...read, format: "jpeg", width: 32, height: 24 } as const;
    const steps = { preprocessing: { status: "done", modelId: "p", durationMs: 1 } } as const;
    await test.analyses.saveAnalysis(id, photo.contentVersion, makeAnalysis(parts, steps), []);
  }
  return ids;
}

const detailsOf = async (id: number) => (await test.analyses.getDetails(id))!;
const wordsOf = async (id: number) => (await detailsOf(id)).tags.map(({ name }) => name);

/** Has a human say something of a photo. */
async function say(photoId: number, changes: { rating?: number; title?: string }): Promise<void> {
  const decisions = createLibraryDecisions({
    database: test.database,
    onPhotosChanged: (transaction, photoIds) => test.textIndex.update(transaction, photoIds),
  });
  await decisions.decide({ kind: "photo.update", photoIds: [photoId], changes }, "test");
}

/** Writes sidecars beside the photos. */
async function write() {
  const { analyses, sidecars, dataDirectory, database } = test;
  const store = createMadeStore({ database });
  return createSidecarWriter({ store, analyses, sidecars, dataDirectory })({ besideOriginals: true });
}

describe("a sidecar after the import", () => {
  it("is taken in when it comes, changes and goes, and no file is touched", async () => {
    const [id = 0] = await takeIn(["a.jpg", "b.jpg"]);
    const path = join(test.root, "p/a.jpg");
    const before = [
      createHash("sha256")
        .update(await readFile(path))
        .digest("hex"),
      (await stat(path)).mtimeMs,
    ];
    const region = `<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li MPReg:PersonDisplayName="Ann" MPReg:Rectangle="0.1,0.2,0.3,0.4"/></rdf:Bag></MPRI:Regions></MP:RegionInfo>`;
    const title = `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Quay</rdf:li></rdf:Alt></dc:title>`;
    await test.write(
      "p/a.jpg.xmp",
      xmp(
        `xmp:Rating="4" exif:GPSLatitude="41,54.0N" exif:GPSLongitude="12,30.0E"`,
        keyword("harbour") + title + region,
      ),
    );
    expect(await look()).toEqual([id]);
    const told = await detailsOf(id);
    expect(told.photo).toMatchObject({ rating: 4, title: "Quay", latitude: 41.9, longitude: 12.5 });
    expect(told.photo).toMatchObject({ cameraModel: "Box", takenAtLocal: "2020-01-02T03:04:05" });
    expect(told.faceRegions).toMatchObject([{ name: "Ann" }]);
    expect(await wordsOf(id)).toEqual(["harbour"]);
    expect(stored).toMatchObject([{ rating: 4, keywords: ["harbour"] }]);
    expect(await look()).toEqual([]);

    await test.write("p/a.jpg.xmp", xmp(`xmp:Rating="2"`, keyword("pier")));
    expect(await look()).toEqual([id]);
    expect(await detailsOf(id)).toMatchObject({ photo: { rating: 2 }, faceRegions: [] });
    expect((await detailsOf(id)).photo.latitude).toBeUndefined();
    expect(await wordsOf(id)).toEqual(["pier"]);

    await rm(join(test.root, "p/a.jpg.xmp"));
    expect(await look()).toEqual([id]);
    expect((await detailsOf(id)).photo.rating).toBeUndefined();
    expect(await wordsOf(id)).toEqual([]);
    expect(await look()).toEqual([]);
    expect([
      createHash("sha256")
        .update(await readFile(path))
        .digest("hex"),
      (await stat(path)).mtimeMs,
    ]).toEqual(before);
  });

  it("says when a photo was taken that does not say so itself", async () => {
    const bare = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .jpeg()
      .toBuffer();
    const [id = 0] = await takeIn(["bare.jpg"], bare);
    await test.write("p/bare.XMP", xmp(`exif:DateTimeOriginal="1999-12-31T23:00:00"`));
    expect(await look()).toEqual([id]);
    expect((await detailsOf(id)).photo).toMatchObject({
      takenAtLocal: "1999-12-31T23:00:00",
      takenAtSource: "metadata",
    });
  });

  it("that was read with the photo is no news, and neither is one that moved with it", async () => {
    await test.write("p/a.xmp", xmp(`xmp:Rating="3"`));
    const [id = 0] = await takeIn(["a.jpg"]);
    expect((await detailsOf(id)).photo.rating).toBe(3);
    expect(await look()).toEqual([]);
    await mkdir(join(test.root, "p/new"));
    for (const name of ["a.jpg", "a.xmp"])
      await rename(join(test.root, "p", name), join(test.root, "p/new", name));
    await test.scan("p");
    await run();
    expect(await look()).toEqual([]);
    expect((await detailsOf(id)).photo).toMatchObject({ rating: 3, path: join(test.root, "p/new/a.jpg") });
  });

  it("does not outrank what a human said", async () => {
    const [id = 0] = await takeIn(["a.jpg"]);
    await say(id, { rating: 5 });
    await test.write("p/a.jpg.xmp", xmp(`xmp:Rating="1"`, keyword("quay")));
    expect(await look()).toEqual([id]);
    expect((await detailsOf(id)).photo.rating).toBe(5);
    expect(await wordsOf(id)).toEqual(["quay"]);
  });

  it("that the library wrote is no news until somebody else changes it", async () => {
    const [id = 0] = await takeIn(["a.jpg"]);
    await say(id, { title: "Evening" });
    expect(await write()).toMatchObject({ written: 1 });
    expect(await look()).toEqual([]);
    expect(await write()).toMatchObject({ written: 0, unchanged: 1 });
    const own = join(test.root, "p/a.jpg.xmp");
    const text = await readFile(own, "utf8");
    await writeFile(own, text.replace("<rdf:Description", `<rdf:Description xmp:Rating="1"`));
    expect(await look()).toEqual([id]);
    expect((await detailsOf(id)).photo).toMatchObject({ rating: 1, title: "Evening" });
    expect(await look()).toEqual([]);
  });

  it("that was taken in stays so when the library writes in its place, but not unread changes", async () => {
    const [id = 0] = await takeIn(["a.jpg"]);
    await test.write("p/a.jpg.xmp", writeXmp({ rating: 3, keywords: ["quay"], faces: [] }));
    expect(await look()).toEqual([id]);
    await say(id, { title: "Evening" });
    expect(await write()).toMatchObject({ written: 1 });
    expect(await look()).toEqual([]);
    expect((await detailsOf(id)).photo).toMatchObject({ rating: 3, title: "Evening" });
    expect(await wordsOf(id)).toEqual(["quay"]);
    // Somebody wrote, and nobody has looked since.
    await test.write("p/a.jpg.xmp", writeXmp({ rating: 4, keywords: ["quay", "pier"], faces: [] }));
    expect(await write()).toMatchObject({ written: 1 });
    expect(await look()).toEqual([id]);
  });

  it("of a photo that cannot be read is looked at once", async () => {
    await test.write("p/broken.jpg", "no picture");
    await test.scan("p");
    await test.hashAll();
    const { id } = (await test.photoAt("p/broken.jpg"))!;
    await test.write("p/broken.jpg.xmp", xmp(`xmp:Rating="3"`));
    expect(await look()).toEqual([id]);
    expect(stored).toEqual([]);
    expect(await look()).toEqual([]);
  });
});
