import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "./open-test-database.ts";
import { readSuggestionNames } from "./suggestion-names.ts";
import { createPlaceStore, type PlaceStore } from "./place-store.ts";

const ROME = {
  id: 3169070,
  name: "Rome",
  countryCode: "IT",
  latitude: 41.89193,
  longitude: 12.51133,
  population: 2318895,
};
const done = { status: "done", modelId: "m", durationMs: 1 } as const;

let test: TestDatabase;
let places: PlaceStore;
let ids: readonly number[];
beforeAll(async () => {
  test = await openTestDatabase();
  places = createPlaceStore(test);
  ids = await test.photos.insertPhotos(
    ["a", "b", "c"].map((name, i) => ({ path: `/p/${name}.jpg`, byteSize: 1, modifiedAtMs: i })),
  );
  await locate(ids[0]!, 41.89, 12.49);
  await locate(ids[1]!, 41.9, 12.5);
});
afterAll(() => test.remove());

/** Stores coordinates as an analysis does; none where they are left out. */
const locate = (photoId: number, latitude?: number, longitude?: number) =>
  test.analyses.saveAnalysis(
    photoId,
    1,
    makeAnalysis(
      {
        metadata: {
          keywords: [],
          faceRegions: [],
          ...(latitude === undefined ? {} : { latitude, longitude: longitude! }),
        },
      },
      { preprocessing: done },
    ),
    [],
  );

const unnamed = async (source: string) =>
  (await places.listUnnamed({ source, afterId: 0, limit: 10 })).map(({ photoId }) => photoId);

describe("the store of places", () => {
  it("lists photos with coordinates until they are named, and finds them by the name then", async () => {
    expect(await unnamed("v1")).toEqual([ids[0], ids[1]]);
    const work = await places.listUnnamed({ source: "v1", afterId: 0, limit: 10 });
    await places.save(
      work.map((photo) => ({ ...photo, location: { city: ROME, countryCode: "IT", distanceKm: 1 } })),
      "v1",
    );
    expect(await unnamed("v1")).toEqual([]);
    const hits = await test.textIndex.search("italien", { limit: 5 });
    expect(hits.map(({ photoId }) => photoId).toSorted((a, b) => a - b)).toEqual([ids[0], ids[1]]);
    for (const name of ["Rome", "rome", "Italy", "Italia", "IT"])
      expect(await test.photos.count({ places: [name] }), name).toBe(2);
    expect(await test.photos.count({ places: ["Paris"] })).toBe(0);
    expect(await readSuggestionNames(test.database)).toEqual([
      { kind: "place", name: "Rome", photos: 2, faceId: null },
    ]);
  });

  it("lists them again for other data, other coordinates, and coordinates that are gone", async () => {
    expect(await unnamed("v2")).toEqual([ids[0], ids[1]]);
    await locate(ids[0]!, 48.85, 2.35);
    await locate(ids[1]!);
    expect(await unnamed("v1")).toEqual([ids[0], ids[1]]);
    expect(await places.findUnnamed(ids[1]!, "v1")).toEqual({ photoId: ids[1] });
    expect(await places.findUnnamed(ids[2]!, "v1")).toBeUndefined();
    await places.save([{ photoId: ids[1]!, location: {} }], "v1");
    expect(await unnamed("v1")).toEqual([ids[0]]);
    expect(await test.photos.count({ places: ["IT"] })).toBe(1);
  });

  it("stores nothing for coordinates that the photo no longer has", async () => {
    await places.save(
      [
        {
          photoId: ids[0]!,
          latitude: 1,
          longitude: 2,
          location: { city: ROME, countryCode: "IT", distanceKm: 0 },
        },
      ],
      "v1",
    );
    expect(await unnamed("v1")).toEqual([ids[0]]);
    expect(await test.photos.count({ places: ["IT"] })).toBe(0);
  });
});
