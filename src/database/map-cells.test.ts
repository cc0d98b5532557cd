import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "./open-test-database.ts";

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.remove());

const done = { status: "done", modelId: "m", durationMs: 1 } as const;
const WORLD = { west: -180, south: -90, east: 180, north: 90 };

async function add(
  name: string,
  place: { latitude: number; longitude: number } | undefined,
): Promise<number> {
  const [id = 0] = await test.photos.insertPhotos([{ path: `/p/${name}`, byteSize: 10, modifiedAtMs: 1000 }]);
  const metadata = { keywords: [], faceRegions: [], ...place };
  await test.analyses.saveAnalysis(id, 1, makeAnalysis({ metadata }, { preprocessing: done }), []);
  return id;
}

describe("mapCells", () => {
  it("puts photos of one cell together at their mean place, the fullest first", async () => {
    await add("rome-1.jpg", { latitude: 41.9, longitude: 12.5 });
    const newest = await add("rome-2.jpg", { latitude: 41.92, longitude: 12.48 });
    const oslo = await add("oslo.jpg", { latitude: 59.9, longitude: 10.7 });
    await add("nowhere.jpg", undefined);
    const cells = await test.photos.mapCells({}, WORLD, { stepDegrees: 5, limit: 10 });
    expect(cells.map(({ count, photoId }) => [count, photoId])).toEqual([
      [2, newest],
      [1, oslo],
    ]);
    expect(cells[0]!.latitude).toBeCloseTo(41.91, 6);
    expect(cells[0]!.longitude).toBeCloseTo(12.49, 6);
  });

  it("keeps to its bounds, also over the date line", async () => {
    const fiji = await add("fiji.jpg", { latitude: -17, longitude: 179 });
    const samoa = await add("samoa.jpg", { latitude: -14, longitude: -172 });
    await add("rome.jpg", { latitude: 41.9, longitude: 12.5 });
    const pacific = { west: 170, south: -40, east: -160, north: 10 };
    const cells = await test.photos.mapCells({}, pacific, { stepDegrees: 1, limit: 10 });
    expect(new Set(cells.map(({ photoId }) => photoId))).toEqual(new Set([fiji, samoa]));
  });

  it("follows the filter and the limit", async () => {
    for (let i = 0; i < 4; i++) await add(`${i}.jpg`, { latitude: i * 10, longitude: 0 });
    expect(await test.photos.mapCells({}, WORLD, { stepDegrees: 1, limit: 2 })).toHaveLength(2);
    const none = await test.photos.mapCells({ cameras: ["X"] }, WORLD, { stepDegrees: 1, limit: 9 });
    expect(none).toEqual([]);
  });
});
