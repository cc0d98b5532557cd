import { fromEmbeddingBytes } from "./embedding-bytes.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NOT_WANTED, type PhotoAnalysis, type StepOutcome } from "../core/photo-analysis.ts";
import { createEmbeddingStore } from "./embedding-store.ts";
import { createJobStore } from "./jobs/job-store.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "./open-test-database.ts";
import type { Schema } from "./schema.ts";

let test: TestDatabase;
let photoId: number;
beforeEach(async () => {
  test = await openTestDatabase();
  [photoId = 0] = await test.photos.insertPhotos([{ path: "/p/a.jpg", byteSize: 10, modifiedAtMs: 5000.5 }]);
});
afterEach(() => test.remove());

const done = (modelId: string): StepOutcome => ({ status: "done", modelId, durationMs: 12.5 });
const failed: StepOutcome = {
  status: "failed",
  reason: "The model broke.",
  errorCode: "internal",
  durationMs: 1,
};
const skipped: StepOutcome = { status: "skipped", reason: "No model is installed.", durationMs: 0 };
const box = { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };

const FULL: PhotoAnalysis = {
  format: "heic",
  width: 4000,
  height: 3000,
  thumbhash: "3OcRJYB4d3h/iIeHeEh3eIhw+j3A",
  metadata: {
    takenAtLocal: "2024-05-01T23:30:00.250",
    utcOffsetMinutes: -240,
    latitude: 48.2,
    longitude: 16.3,
    cameraModel: "X-T5",
    rating: 4,
    title: "Harbour",
    description: "Boats at night",
    keywords: ["Holiday", "holiday", "Dog", " "],
    faceRegions: [{ name: "José", normalizedBox: box }, { normalizedBox: box }],
  },
  fingerprints: { imohash: "ab".repeat(16), pdq: "0f".repeat(32), pdqQuality: 87 },
  objects: [
    { label: "dog", score: 0.9, normalizedBox: box },
    { label: "dog", score: 0.5, normalizedBox: box },
    { label: "cat", score: 0.29, normalizedBox: box },
  ],
  faces: [
    {
      normalizedBox: box,
      landmarks: [{ x: 0.1, y: 0.2 }],
      score: 0.99,
      quality: 0.7,
      embedding: Float32Array.of(0.6, 0.8),
    },
    { normalizedBox: { ...box, x: 0.5 }, landmarks: [], score: 0.8, quality: 0.4 },
  ],
  faceEmbeddingModelId: "arcface",
  textLines: [
    { text: "GRAND OPENING", score: 0.97, normalizedQuad: [0, 0, 1, 0, 1, 0.1, 0, 0.1] },
    { text: "café", score: 0.9, normalizedQuad: [0, 0.2, 1, 0.2, 1, 0.3, 0, 0.3] },
  ],
  embedding: { modelId: "clip", embedding: Float32Array.of(1, 0, 0) },
  tags: [{ name: "harbour", score: 0.8 }],
  steps: {
    preprocessing: done("decode 1"),
    objects: done("yolox"),
    embeddings: done("clip"),
    tags: done("clip+words-1"),
    ocr: done("pp-ocr"),
    faces: done("scrfd+arcface"),
    hash: done("hash 1"),
  },
};
const DERIVATIVES = [{ kind: "thumbnail", width: 400, height: 300, byteSize: 12345 }];

const save = (analysis: PhotoAnalysis, contentVersion = 1) =>
  test.analyses.saveAnalysis(photoId, contentVersion, analysis, DERIVATIVES);

async function details() {
  const found = await test.analyses.getDetails(photoId);
  if (found === undefined) throw new Error("no details");
  return found;
}

const RESULT_TABLES = [
  "objects",
  "faces",
  "faceRegions",
  "textLines",
  "embeddings",
  "fingerprints",
  "photoTags",
  "tags",
  "derivatives",
] as const satisfies (keyof Schema)[];

/** Every row of every table that holds results, as text, in no particular order. */
async function readAll() {
  const tables = RESULT_TABLES.map((table) =>
    test.database.reads
      .selectFrom(table as "tags")
      .selectAll()
      .execute(),
  );
  return (await Promise.all(tables)).map((rows) => rows.map((row) => JSON.stringify(row)).toSorted());
}

const countEmbeddings = () => createEmbeddingStore({ database: test.database }).counts();

describe("saveAnalysis", () => {
  it("stores everything that one pass found", async () => {
    expect(await save(FULL)).toBe(true);
    const { photo, objects, faces, faceRegions, textLines, tags, steps, derivatives } = await details();
    expect(photo).toMatchObject({
      status: "completed",
      format: "heic",
      width: 4000,
      takenAtLocal: "2024-05-01T23:30:00.250",
      takenAtMs: Date.UTC(2024, 4, 2, 3, 30, 0, 250),
      takenAtSource: "metadata",
      utcOffsetMinutes: -240,
      cameraModel: "X-T5",
      title: "Harbour",
      imohash: "ab".repeat(16),
    });
    expect(photo).not.toHaveProperty("failureReason");
    expect(objects).toMatchObject(FULL.objects);
    expect(faces).toMatchObject(
      FULL.faces.map(({ normalizedBox, landmarks }) => ({ normalizedBox, landmarks })),
    );
    expect(faceRegions).toEqual(FULL.metadata?.faceRegions);
    expect(textLines).toMatchObject(FULL.textLines);
    expect(tags).toEqual([
      { name: "Dog", score: 1, source: "metadata" },
      { name: "Holiday", score: 1, source: "metadata" },
      { name: "Dog", score: 0.9, source: "object" },
      { name: "harbour", score: 0.8, source: "model" },
      { name: "cat", score: 0.29, source: "object" },
    ]);
    expect(steps).toHaveLength(7);
    expect(steps).toContainEqual(
      expect.objectContaining({
        step: "ocr",
        status: "done",
        modelId: "pp-ocr",
        attempts: 0,
        durationMs: 12.5,
      }),
    );
    expect(derivatives).toEqual([{ ...DERIVATIVES[0], contentVersion: 1 }]);
  });

  it("changes nothing the second time, ids included", async () => {
    await save(FULL);
    const before = await readAll();
    expect(await save(FULL)).toBe(true);
    expect(await readAll()).toEqual(before);
    expect(before.map((rows) => rows.length > 0)).not.toContain(false);
  });

  it("does nothing for content that changed meanwhile, or a photo that is gone", async () => {
    await test.photos.markChanged(photoId, { byteSize: 11, modifiedAtMs: 6000 });
    const before = await readAll();
    expect(await save(FULL, 1)).toBe(false);
    expect(await test.analyses.saveAnalysis(999, 1, FULL, [])).toBe(false);
    expect(await readAll()).toEqual(before);
    expect(await save(FULL, 2)).toBe(true);
  });

  it("keeps the results of a step that fails later, and says why", async () => {
    await save(FULL);
    const worse = makeAnalysis({}, { objects: failed, ocr: done("pp-ocr 2"), faces: skipped });
    await save(worse);
    const { photo, objects, faces, textLines, steps } = await details();
    expect(photo).toMatchObject({ status: "partial", failureReason: "The model broke.", title: "Harbour" });
    expect(objects).toHaveLength(3);
    expect(faces).toHaveLength(2);
    expect(textLines).toEqual([]);
    const byStep = Object.fromEntries(steps.map((step) => [step.step, step]));
    expect(byStep["objects"]).toMatchObject({
      status: "failed",
      modelId: "yolox",
      attempts: 1,
      errorCode: "internal",
    });
    expect(byStep["faces"]).toMatchObject({ status: "done", modelId: "scrfd+arcface" });
    await save(worse);
    expect((await details()).steps.find(({ step }) => step === "objects")?.attempts).toBe(2);
    await save(makeAnalysis({}, { objects: done("yolox") }));
    expect((await details()).photo.status).toBe("completed");
  });

  it("leaves nothing half-written when a value is refused", async () => {
    await save(FULL);
    const before = await readAll();
    const line = { text: "x", score: Number.NaN, normalizedQuad: [0, 0, 1, 0, 1, 1, 0, 1] as const };
    const bad = { ...FULL, objects: [], faces: [], textLines: [line] };
    await expect(save(bad)).rejects.toThrow("NOT NULL");
    expect(await readAll()).toEqual(before);
    expect(await test.photos.count({ textContains: "grand" })).toBe(1);
  });

  it("calls a photo that cannot be decoded failed, with the reason", async () => {
    const reason = "The file is cut off.";
    await save(
      makeAnalysis({}, { preprocessing: { ...failed, reason }, objects: skipped, hash: done("hash 1") }),
    );
    expect((await details()).photo).toMatchObject({ status: "failed", failureReason: reason });
  });

  it("sorts by the file's time when the metadata has none, or nonsense", async () => {
    await save({ ...FULL, metadata: { keywords: [], faceRegions: [] } });
    expect((await details()).photo).toMatchObject({ takenAtMs: 5001, takenAtSource: "file" });
    await save({ ...FULL, metadata: { takenAtLocal: "0000:00:00", keywords: [], faceRegions: [] } });
    expect((await details()).photo).toMatchObject({ takenAtMs: 5001, takenAtSource: "file" });
  });

  it("keeps faces and their ids when only their recogniser changes, with the old embeddings beside the new", async () => {
    await save(FULL);
    const before = (await details()).faces;
    const faces = FULL.faces.map((face) => ({ ...face, embedding: Float32Array.of(0, 1, 0) }));
    await save({ ...FULL, faces, faceEmbeddingModelId: "sface", steps: { faces: done("scrfd+sface") } });
    expect((await details()).faces).toEqual(before);
    expect(await countEmbeddings()).toEqual(
      expect.arrayContaining([
        { ownerKind: "face", modelId: "arcface", dimensions: 2, count: 1 },
        { ownerKind: "face", modelId: "sface", dimensions: 3, count: 2 },
      ]),
    );
  });

  it("forgets embeddings of faces that are no longer there, and of older content", async () => {
    await save(FULL);
    const newClip = { modelId: "clip 2", embedding: Float32Array.of(0, 1) };
    await save(makeAnalysis({ embedding: newClip }, { embeddings: done("clip 2"), faces: done("none") }));
    expect(await countEmbeddings()).toEqual([
      { ownerKind: "photo", modelId: "clip", dimensions: 3, count: 1 },
      { ownerKind: "photo", modelId: "clip 2", dimensions: 2, count: 1 },
    ]);
    await test.photos.markChanged(photoId, { byteSize: 11, modifiedAtMs: 6000 });
    await save(makeAnalysis({ embedding: newClip }, { embeddings: done("clip 2") }), 2);
    expect(await countEmbeddings()).toEqual([
      { ownerKind: "photo", modelId: "clip 2", dimensions: 2, count: 1 },
    ]);
  });

  it("keeps the embeddings of objects with their objects, of each model", async () => {
    const of = (...embeddings: (number | undefined)[]): PhotoAnalysis => {
      const objects = FULL.objects.map((object, i) =>
        embeddings[i] === undefined ? object : { ...object, embedding: Float32Array.of(embeddings[i], 0) },
      );
      return { ...FULL, objects };
    };
    const stored = async () =>
      (
        await test.database.reads
          .selectFrom("embeddings")
          .innerJoin("objects", "objects.id", "ownerId")
          .select(["objects.label", "objects.score", "embeddings.modelId", "embedding"])
          .where("ownerKind", "=", "object")
          .orderBy("embeddings.modelId")
          .orderBy("objects.id")
          .execute()
      ).map(({ label, score, modelId, embedding }) => [
        label,
        score,
        modelId,
        fromEmbeddingBytes(embedding)[0],
      ]);
    await save(of(undefined, 0.5, 0.25));
    expect(await stored()).toEqual([
      ["dog", 0.5, "clip", 0.5],
      ["cat", 0.29, "clip", 0.25],
    ]);
    const next = { modelId: "clip 2", embedding: Float32Array.of(0, 1) };
    await save({ ...of(1), embedding: next, steps: { ...FULL.steps, embeddings: done("clip 2") } });
    expect(await stored()).toHaveLength(3);
    // Other objects than before: what belonged to those goes with them.
    await save({
      ...FULL,
      objects: [{ label: "cow", score: 1, normalizedBox: box, embedding: next.embedding }],
    });
    expect(await stored()).toEqual([["cow", 1, "clip", 0]]);
  });

  it("takes everything of a photo with it when the photo goes", async () => {
    await save(FULL);
    await test.database.writes.deleteFrom("photos").where("id", "=", photoId).execute();
    const left = await readAll();
    const counts = Object.fromEntries(RESULT_TABLES.map((table, i) => [table, left[i]?.length]));
    expect(counts).toMatchObject({
      objects: 0,
      faces: 0,
      textLines: 0,
      embeddings: 0,
      photoTags: 0,
      derivatives: 0,
    });
  });

  it("is found by its words at once, and no longer by old ones", async () => {
    const search = async (query: string) =>
      (await test.textIndex.search(query, { limit: 5 })).map(({ match }) => match);
    await save(FULL);
    for (const query of ["opening", "cafe", "dog", "harbour boats"])
      expect(await search(query)).toEqual(["words"]);
    await save(makeAnalysis({}, { ocr: done("pp-ocr") }));
    expect(await search("opening")).toEqual([]);
    expect(await search("dog")).toEqual(["words"]);
  });
});

describe("saveStep", () => {
  it("stores the outcome of one step and counts its failures", async () => {
    await save(FULL);
    const saveDuplicates = (outcome: StepOutcome) =>
      test.analyses.saveStep(photoId, 1, "duplicates", outcome);
    expect(await saveDuplicates(failed)).toBe(true);
    expect((await details()).photo.status).toBe("partial");
    expect(await saveDuplicates(done("pdq"))).toBe(true);
    expect((await details()).photo.status).toBe("completed");
    expect((await details()).objects).toHaveLength(3);
    expect(await test.analyses.saveStep(photoId, 2, "duplicates", failed)).toBe(false);
  });
});

describe("stepsNeedingWork", () => {
  const find = (
    wanted: Partial<Record<"objects" | "ocr" | "hash", string>>,
    retryFailed = false,
    afterId = 0,
  ) => test.analyses.stepsNeedingWork({ wanted, retryFailed, afterId, limit: 10 });

  it("finds steps never run, made by another model, or skipped for want of one", async () => {
    expect(await find({ objects: "yolox", ocr: "pp-ocr" })).toEqual([
      { photoId, contentVersion: 1, steps: ["objects", "ocr"] },
    ]);
    await save(makeAnalysis({}, { objects: done("yolox"), ocr: skipped }));
    expect(await find({ objects: "yolox", ocr: "pp-ocr" })).toMatchObject([{ steps: ["ocr"] }]);
    expect(await find({ objects: "yolox 2" })).toMatchObject([{ steps: ["objects"] }]);
    expect(await find({ objects: "yolox" })).toEqual([]);
    expect(await find({})).toEqual([]);
  });

  it("finds the steps of changed content", async () => {
    await save(FULL);
    await test.photos.markChanged(photoId, { byteSize: 11, modifiedAtMs: 6000 });
    expect(await find({ hash: "hash 1" })).toEqual([{ photoId, contentVersion: 2, steps: ["hash"] }]);
  });

  it("finds failed steps only when asked to retry them", async () => {
    await save(makeAnalysis({}, { objects: failed }));
    expect(await find({ objects: "yolox" })).toEqual([]);
    expect(await find({ objects: "yolox" }, true)).toMatchObject([{ photoId }]);
  });

  it("leaves steps out that were not wanted, also when failed ones are retried", async () => {
    await save(makeAnalysis({}, { ocr: { ...skipped, errorCode: NOT_WANTED }, objects: done("yolox") }));
    expect(await find({ objects: "yolox", ocr: "pp-ocr" }, true)).toEqual([]);
  });

  it.each(["failed", "cancelled"] as const)(
    "leaves photos out whose job has %s, where that is asked",
    async (state) => {
      const jobs = createJobStore({ database: test.database });
      const options = { wanted: { ocr: "m" }, retryFailed: false, afterId: 0, limit: 10 };
      await jobs.enqueue([{ kind: "analyse", photoId }]);
      expect(await test.analyses.stepsNeedingWork({ ...options, leaveEnded: true })).toMatchObject([
        { photoId },
      ]);
      await test.database.writes.updateTable("jobs").set({ state }).execute();
      expect(await test.analyses.stepsNeedingWork({ ...options, leaveEnded: true })).toEqual([]);
      expect(await test.analyses.stepsNeedingWork(options)).toMatchObject([{ photoId }]);
    },
  );

  it("pages by id and leaves missing photos out", async () => {
    const [second = 0] = await test.photos.insertPhotos([{ path: "/p/b.jpg", byteSize: 1, modifiedAtMs: 1 }]);
    expect(await find({ ocr: "m" }, false, photoId)).toMatchObject([{ photoId: second }]);
    await test.photos.markMissing([second]);
    expect(await find({ ocr: "m" }, false, photoId)).toEqual([]);
  });
});

describe("stepsNeededBy", () => {
  it("gives the steps of that photo only", async () => {
    const options = { wanted: { ocr: "pp-ocr" }, retryFailed: false };
    await test.photos.insertPhotos([{ path: "/p/b.jpg", byteSize: 1, modifiedAtMs: 1 }]);
    expect(await test.analyses.stepsNeededBy(photoId, options)).toEqual(["ocr"]);
    await save(makeAnalysis({}, { ocr: done("pp-ocr") }));
    expect(await test.analyses.stepsNeededBy(photoId, options)).toEqual([]);
  });
});

describe("createEmbeddingStore", () => {
  it("pages through embeddings in the order of their owners", async () => {
    const store = createEmbeddingStore({ database: test.database });
    const ids = await test.photos.insertPhotos(
      [1, 2, 3].map((n) => ({ path: `/e/${n}`, byteSize: 1, modifiedAtMs: 1 })),
    );
    for (const id of ids) {
      // A view into a larger array must not take the rest of it along.
      const embedding = Float32Array.of(9, id, id + 0.5, 9).subarray(1, 3);
      await test.analyses.saveAnalysis(
        id,
        1,
        makeAnalysis({ embedding: { modelId: "clip", embedding } }, { embeddings: done("clip") }),
        [],
      );
    }
    const read = (afterOwnerId: number) =>
      store.readPage({ ownerKind: "photo", modelId: "clip", afterOwnerId, limit: 2 });
    const first = await read(0);
    expect(first.ownerIds).toEqual(ids.slice(0, 2));
    expect(first.photoIds).toEqual(first.ownerIds);
    expect([...first.embeddings]).toEqual(ids.slice(0, 2).flatMap((id) => [id, id + 0.5]));
    expect((await read(ids[1] ?? 0)).ownerIds).toEqual([ids[2]]);
    expect((await read(ids[2] ?? 0)).ownerIds).toEqual([]);
    expect(await store.get("photo", ids[0] ?? 0, "clip")).toEqual(
      Float32Array.of(ids[0] ?? 0, (ids[0] ?? 0) + 0.5),
    );
    expect(await store.get("photo", ids[0] ?? 0, "other")).toBeUndefined();
  });
});
