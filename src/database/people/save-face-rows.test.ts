import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DetectedFace } from "../../core/photo-analysis.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../open-test-database.ts";
import { createPeopleDecisions } from "./people-decisions.ts";

let test: TestDatabase;
let photoId: number;
beforeEach(async () => {
  test = await openTestDatabase();
  [photoId] = (await test.photos.insertPhotos([{ path: "/photos/a.jpg", byteSize: 1, modifiedAtMs: 1 }])) as [
    number,
  ];
});
afterEach(() => test.remove());

const face = (x: number, embedding = [1, 0]): DetectedFace => ({
  normalizedBox: { x, y: 0.4, width: 0.2, height: 0.2 },
  landmarks: [{ x, y: 0.4 }],
  score: 0.9,
  quality: 0.6,
  embedding: Float32Array.from(embedding),
});

async function analyse(faces: readonly DetectedFace[], recogniser = "arcface", contentVersion = 1) {
  const outcome = { status: "done", modelId: `scrfd+${recogniser}`, durationMs: 1 } as const;
  const analysis = makeAnalysis({ faces, faceEmbeddingModelId: recogniser }, { faces: outcome });
  await test.analyses.saveAnalysis(photoId, contentVersion, analysis, []);
}

const rows = () =>
  test.database.reads.selectFrom("faces").select(["id", "x", "isLost", "personId"]).orderBy("x").execute();
const embeddings = async () =>
  (
    await test.database.reads
      .selectFrom("embeddings")
      .select(["ownerId", "modelId"])
      .orderBy("modelId")
      .orderBy("ownerId")
      .execute()
  ).map(({ ownerId, modelId }) => [ownerId, modelId]);

async function name(faceId: number) {
  const people = createPeopleDecisions({ database: test.database, onPhotosChanged: async () => {} });
  const personId = "00000000-0000-4000-8000-000000000001";
  const assign = { kind: "face.assign", faceIds: [faceId], personId, name: "Anna" } as const;
  await people.decide(assign, { actor: "user" });
  return personId;
}

describe("saving the faces of a photo again", () => {
  it("keeps names on their faces when another model finds them in another order", async () => {
    await analyse([face(0.1), face(0.6)]);
    const [left, right] = await rows();
    const personId = await name(right!.id);
    await analyse([face(0.63), face(0.12)], "sface");
    expect(await rows()).toMatchObject([
      { id: left!.id, x: 0.12, personId: null },
      { id: right!.id, x: 0.63, personId },
    ]);
    expect(await embeddings()).toEqual([
      [left!.id, "arcface"],
      [right!.id, "arcface"],
      [left!.id, "sface"],
      [right!.id, "sface"],
    ]);
  });

  it("keeps a named face that is not found again as lost, and lets go of one that nobody spoke of", async () => {
    await analyse([face(0.1), face(0.6)]);
    const [, right] = await rows();
    const personId = await name(right!.id);
    await analyse([]);
    expect(await rows()).toEqual([{ id: right!.id, x: 0.6, isLost: 1, personId }]);
    expect(await embeddings()).toEqual([[right!.id, "arcface"]]);
    await analyse([face(0.61)]);
    expect(await rows()).toMatchObject([{ id: right!.id, isLost: 0, personId }]);
  });

  it("drops the embeddings of older content, of every model", async () => {
    await analyse([face(0.1)], "arcface");
    await test.photos.markChanged(photoId, { byteSize: 2, modifiedAtMs: 2 });
    await analyse([face(0.1)], "sface", 2);
    const [only] = await rows();
    expect(await embeddings()).toEqual([[only!.id, "sface"]]);
  });
});
