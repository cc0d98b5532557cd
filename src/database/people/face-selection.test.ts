import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toEmbeddingBytes } from "../embedding-bytes.ts";
import { openTestDatabase, type TestDatabase } from "../open-test-database.ts";

const FACES = 2300;

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
  const [photoId = 0, other = 0] = await test.photos.insertPhotos(
    ["/p/a.jpg", "/p/b.jpg"].map((path) => ({ path, byteSize: 1, modifiedAtMs: 1 })),
  );
  const box = { x: 0.1, y: 0.1, width: 0.1, height: 0.1 };
  for (let first = 1; first <= FACES; first += 500) {
    const ids = Array.from({ length: Math.min(500, FACES - first + 1) }, (_, i) => first + i);
    await test.database.writes
      .insertInto("faces")
      .values(
        ids.map((id) => ({
          id,
          photoId: id % 2 === 0 ? photoId : other,
          ...box,
          landmarks: "[]",
          score: 1,
          quality: ((id * 7919) % FACES) / FACES,
          modelId: "d",
        })),
      )
      .execute();
    await test.database.writes
      .insertInto("embeddings")
      .values(
        ids.map((id) => ({
          ownerKind: "face" as const,
          ownerId: id,
          photoId: id % 2 === 0 ? photoId : other,
          modelId: "r",
          dimensions: 2,
          embedding: toEmbeddingBytes(Float32Array.of(id, -id)),
        })),
      )
      .execute();
  }
});
afterEach(() => test.remove());

describe("reading many faces for algorithms", () => {
  it("gives each face its own embedding, in the order asked for, in memory that threads share", async () => {
    const best = await test.faces.embedded({ modelId: "r", order: "quality", limit: 2100 });
    expect(best.faceIds).toHaveLength(2100);
    expect([...best.qualities]).toEqual([...best.qualities].toSorted((a, b) => b - a));
    expect([...best.embeddings]).toEqual(best.faceIds.flatMap((id) => [id, -id]));
    expect(best.embeddings.buffer).toBeInstanceOf(SharedArrayBuffer);
    const byPhoto = await test.faces.embedded({ modelId: "r", order: "photo" });
    expect(byPhoto.photoIds.map(String)).toEqual(byPhoto.photoIds.toSorted((a, b) => a - b).map(String));
    expect(byPhoto.faceIds).toHaveLength(FACES);
  });

  it("leaves out faces whose photo goes while it reads", async () => {
    const reading = test.faces.embedded({ modelId: "r" });
    const going = test.database.writes.deleteFrom("photos").where("path", "=", "/p/b.jpg").execute();
    const [found] = await Promise.all([reading, going]);
    expect(found.embeddings.length).toBe(found.faceIds.length * 2);
    expect([...found.embeddings]).toEqual(found.faceIds.flatMap((id) => [id, -id]));
  });
});
