import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DetectedFace } from "../../core/photo-analysis.ts";
import { createEmbeddingStore } from "../../database/embedding-store.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createMemoryVectorIndex } from "../../database/vector-index/memory-vector-index.ts";
import { createFaceVectors, type FaceVectors } from "./face-vectors.ts";

let test: TestDatabase;
let vectors: FaceVectors;
beforeEach(async () => {
  test = await openTestDatabase();
  vectors = createFaceVectors({
    embeddings: createEmbeddingStore({ database: test.database }),
    faces: test.faces,
    createIndex: (modelId, dimensions) => createMemoryVectorIndex({ modelId, dimensions, precision: "f32" }),
  });
});
afterEach(async () => {
  await vectors.close();
  await test.remove();
});

/** A face whose embedding has this angle, degrees. */
function faceAt(angle: number, x: number): DetectedFace {
  const radians = (angle * Math.PI) / 180;
  return {
    normalizedBox: { x, y: 0.1, width: 0.1, height: 0.1 },
    landmarks: [],
    score: 0.9,
    quality: 0.9,
    embedding: Float32Array.of(Math.cos(radians), Math.sin(radians)),
  };
}

async function savePhoto(photoId: number, modelId: string, ...angles: number[]): Promise<number[]> {
  const faces = angles.map((angle, i) => faceAt(angle, i * 0.2));
  const step = { status: "done", modelId, durationMs: 1 } as const;
  const analysis = makeAnalysis({ faces, faceEmbeddingModelId: modelId }, { faces: step });
  await test.analyses.saveAnalysis(photoId, 1, analysis, []);
  vectors.onChanged(photoId);
  return (await test.faces.ofPhoto(photoId)).map(({ id }) => id);
}

async function addPhoto(name: string): Promise<number> {
  const [id = 0] = await test.photos.insertPhotos([{ path: `/${name}`, byteSize: 1, modifiedAtMs: 1 }]);
  return id;
}

const search = async (modelId: string, ...angles: number[]) => {
  const queries = angles.map((angle) => faceAt(angle, 0).embedding!);
  const found = await vectors.search(modelId, queries, { limit: 10, minSimilarity: 0.9 });
  return found.map(({ id }) => id);
};

describe("createFaceVectors", () => {
  it("finds what was stored before and after the first search, and no longer what is gone", async () => {
    expect(await search("r", 0)).toEqual([]);
    const [one, two] = [await addPhoto("one"), await addPhoto("two")];
    const [near, far] = await savePhoto(one, "r", 2, 90);
    expect(await search("r", 0)).toEqual([near]);
    const [nearer] = await savePhoto(two, "r", 1);
    expect(await search("r", 0)).toEqual([nearer, near]);
    expect(await search("r", 0, 91)).toEqual([far, nearer, near]);
    await savePhoto(one, "r", 45);
    expect(await search("r", 0)).toEqual([nearer]);
  });

  it("never compares embeddings of two models", async () => {
    const photo = await addPhoto("one");
    await savePhoto(photo, "former", 1);
    expect(await search("former", 0)).toHaveLength(1);
    expect(await search("next", 0)).toEqual([]);
    await savePhoto(photo, "next", 1);
    expect(await search("next", 0)).toHaveLength(1);
  });
});
