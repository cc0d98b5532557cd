import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFaceLikePoints } from "../../../test/face-like-points.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createSettingsStore } from "../../database/settings-store.ts";
import { createOwnCalibration } from "./own-calibration.ts";

const BACKGROUND = { strangerSimilarity: 0.5, matchSimilarity: 0.9 };
let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.remove());

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

/** So many confirmed faces of made-up people, ten in a photo. */
async function confirmFaces(count: number): Promise<void> {
  const { embeddings, dimensions, people } = createFaceLikePoints(count, { largest: 4 });
  const faceIds: number[] = [];
  for (let start = 0; start < count; start += 10) {
    const [photoId = 0] = await test.photos.insertPhotos([
      { path: `/p/${start}.jpg`, byteSize: 1, modifiedAtMs: 1 },
    ]);
    const faces = Array.from({ length: Math.min(10, count - start) }, (_, i) => ({
      normalizedBox: { x: i / 10, y: 0.1, width: 0.05, height: 0.05 },
      landmarks: [],
      score: 0.9,
      quality: 0.8,
      embedding: embeddings.slice((start + i) * dimensions, (start + i + 1) * dimensions),
    }));
    const done = { status: "done", modelId: "d+r", durationMs: 1 } as const;
    await test.analyses.saveAnalysis(
      photoId,
      1,
      makeAnalysis({ faces, faceEmbeddingModelId: "r" }, { faces: done }),
      [],
    );
    faceIds.push(...(await test.faces.ofPhoto(photoId)).map((face) => face.id));
  }
  for (const [person, members] of Map.groupBy(faceIds, (_, i) => people[i]!)) {
    await test.decisions.decide(
      { kind: "face.assign", faceIds: members, personId: id(person), name: `Person ${person}` },
      { actor: "user" },
    );
  }
}

const open = () =>
  createOwnCalibration({
    faces: test.faces,
    persons: test.persons,
    settings: createSettingsStore({ database: test.database }),
  });

describe("calibrating by confirmed names", () => {
  it("waits for enough of them", async () => {
    await confirmFaces(30);
    const own = open();
    await own.refresh("r", BACKGROUND);
    expect(await own.read("r")).toBeUndefined();
  });

  it("measures what similarities mean among the people of the library, and keeps it for the next start", async () => {
    await confirmFaces(300);
    await open().refresh("r", BACKGROUND);
    const own = await open().read("r");
    expect(own).toMatchObject({ modelId: "r", faces: 300 });
    expect(Math.abs(own!.strangerSimilarity)).toBeLessThan(0.05);
    expect(own!.matchSimilarity).toBeGreaterThan(0.25);
    expect(own!.matchSimilarity).toBeLessThan(0.6);
    expect(await open().read("another recogniser")).toBeUndefined();
  }, 60_000);
});
