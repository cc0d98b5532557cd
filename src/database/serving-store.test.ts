import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NOT_WANTED, type StepOutcome } from "../core/photo-analysis.ts";
import { createEmbeddingStore } from "./embedding-store.ts";
import { createJobStore } from "./jobs/job-store.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "./open-test-database.ts";
import { createServingStore, type ServingStore } from "./serving-store.ts";

let test: TestDatabase;
let serving: ServingStore;
let ids: readonly number[];
beforeEach(async () => {
  test = await openTestDatabase();
  serving = createServingStore({ database: test.database });
  ids = await test.photos.insertPhotos(
    ["a", "b", "c"].map((name) => ({ path: `/p/${name}.jpg`, byteSize: 1, modifiedAtMs: 1 })),
  );
  for (const id of ids) await embed(id, "old");
});
afterEach(() => test.remove());

const done = (modelId: string): StepOutcome => ({ status: "done", modelId, durationMs: 0 });
const failed: StepOutcome = { status: "failed", errorCode: "internal", reason: "No.", durationMs: 0 };
const box = { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };

async function embed(photoId: number, modelId: string): Promise<void> {
  const embedding = { modelId, embedding: Float32Array.of(1, 0) };
  await test.analyses.saveAnalysis(
    photoId,
    1,
    makeAnalysis({ embedding }, { embeddings: done(modelId) }),
    [],
  );
}

async function findFace(photoId: number, modelId: string): Promise<void> {
  const face = { normalizedBox: box, landmarks: [], score: 1, quality: 1, embedding: Float32Array.of(1, 0) };
  const found = makeAnalysis(
    { faces: [face], faceEmbeddingModelId: modelId },
    { faces: done(`scrfd+${modelId}`) },
  );
  await test.analyses.saveAnalysis(photoId, 1, found, []);
}

const count = () => serving.countUncovered("photo", { serving: "old", stepModelId: "new" });
const models = async () =>
  (await createEmbeddingStore(test).counts()).map(({ ownerKind, modelId, count: n }) => [
    ownerKind,
    modelId,
    n,
  ]);

describe("createServingStore", () => {
  it("remembers which model serves each kind", async () => {
    expect(await serving.read()).toEqual({});
    await serving.set("photo", "old");
    await serving.set("face", "arcface");
    await serving.set("photo", "new");
    expect(await serving.read()).toEqual({ photo: "new", face: "arcface" });
  });

  it("counts the photos that the new model has still to see", async () => {
    expect(await count()).toBe(3);
    await embed(ids[0]!, "new");
    expect(await count()).toBe(2);
  });

  it("does not wait for photos that cannot be seen", async () => {
    await embed(ids[0]!, "new");
    await test.analyses.saveStep(ids[1]!, 1, "embeddings", failed);
    expect(await count()).toBe(1);
    await test.analyses.saveStep(ids[2]!, 1, "preprocessing", failed);
    expect(await count()).toBe(0);
  });

  it("does not wait for photos that are gone, hidden, or whose owner did not want it", async () => {
    await test.photos.markMissing([ids[0]!]);
    await test.photos.hide(ids[1]!, "test");
    expect(await count()).toBe(1);
    await test.database.writes
      .updateTable("photoSteps")
      .set({ status: "skipped", errorCode: NOT_WANTED })
      .where("photoId", "=", ids[2]!)
      .execute();
    expect(await count()).toBe(0);
  });

  it("does not wait for a photo whose job ended for good, until it is queued again", async () => {
    const jobs = createJobStore({ database: test.database });
    const [job] = await jobs.enqueue([{ kind: "analyse", photoId: ids[0]! }]);
    await test.database.writes
      .updateTable("jobs")
      .set({ state: "cancelled" })
      .where("id", "=", job!.id)
      .execute();
    expect(await count()).toBe(2);
    await jobs.enqueue([{ kind: "analyse", photoId: ids[0]! }]);
    expect(await count()).toBe(3);
  });

  it("deletes what other models made of photos", async () => {
    await embed(ids[0]!, "new");
    await findFace(ids[0]!, "arcface");
    expect(await serving.deleteOthers("photo", "new")).toBe(3);
    expect(await models()).toEqual([
      ["face", "arcface", 1],
      ["photo", "new", 1],
    ]);
  });

  it("counts faces by their photos, and keeps those that the new model has not seen", async () => {
    for (const id of [ids[0]!, ids[1]!]) await findFace(id, "arcface");
    const uncovered = () =>
      serving.countUncovered("face", { serving: "arcface", stepModelId: "scrfd+sface" });
    expect(await uncovered()).toBe(2);
    await findFace(ids[0]!, "sface");
    expect(await uncovered()).toBe(1);
    expect(await serving.deleteOthers("face", "sface")).toBe(1);
    expect(await models()).toEqual([
      ["face", "arcface", 1],
      ["face", "sface", 1],
      ["photo", "old", 3],
    ]);
  });
});
