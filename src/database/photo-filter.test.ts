import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test as vector } from "vitest";
import type { DetectedObject, ImageFormat, PhotoAnalysis } from "../core/photo-analysis.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "./open-test-database.ts";
import type { PhotoFilter } from "../core/photo-filter.ts";
import { listPhotos } from "./photo-set.ts";
import { isNarrowing, passedFilter, passedIds } from "./photo-filter.ts";

const LABELS = ["dog", "pizza", "Person", "car"] as const;
const KEYWORDS = ["Holiday", "laptop", "50% off_sale"] as const;
const NAMES = ["Ada", "José", "小明"] as const;
const TEXTS = ["Grand Opening 2024", "CAFÉ au lait", "50% off_sale", "東京駅"] as const;
const CAMERAS = ["Pixel 9", "X-T5"] as const;
const FORMATS: readonly ImageFormat[] = ["jpeg", "png"];
const FOLDERS = ["/photos", "/photos/summer", "/photos/summer 2", "/photos_old"] as const;
const CATEGORY_OF: Readonly<Record<string, string>> = {
  pizza: "food",
  laptop: "electronics",
  person: "people",
};
const PHOTOS = 80;

/** What the brute-force check knows of a photo. */
interface Model {
  readonly id: number;
  readonly path: string;
  readonly analysis: PhotoAnalysis;
  readonly isHidden: boolean;
  readonly isMissing: boolean;
}

let test: TestDatabase;
let models: readonly Model[];

/** Always the same "random" numbers, so that a failure can be repeated (a linear congruential generator). */
function createPick(seed: number) {
  let state = seed;
  const next = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return {
    next,
    chance: (one: number) => next(one) === 0,
    some: <T>(values: readonly T[]) => values.filter(() => next(3) === 0),
    one: <T>(values: readonly T[]) => values[next(values.length)] as T,
  };
}

function makeModelAnalysis(pick: ReturnType<typeof createPick>): PhotoAnalysis {
  const box = { x: 0.1, y: 0.1, width: 0.5, height: 0.5 };
  const objects = pick
    .some(LABELS)
    .map((label): DetectedObject => ({ label, score: (pick.next(10) + 1) / 10, normalizedBox: box }));
  const metadata = {
    takenAtLocal: `20${10 + pick.next(4)}-0${1 + pick.next(9)}-1${pick.next(10)}T2${pick.next(4)}:30:00`,
    ...(pick.chance(2) ? { utcOffsetMinutes: 600 } : {}),
    ...(pick.chance(2) ? { latitude: pick.next(180) - 90, longitude: pick.next(360) - 180 } : {}),
    ...(pick.chance(2) ? { cameraModel: pick.one(CAMERAS) } : {}),
    ...(pick.chance(2) ? { rating: pick.next(7) - 1 } : {}),
    keywords: pick.some(KEYWORDS),
    faceRegions: pick.some(NAMES).map((name) => ({ name, normalizedBox: box })),
  };
  const faces = pick.chance(2) ? [{ normalizedBox: box, landmarks: [], score: 0.9, quality: 0.8 }] : [];
  const textLines = pick
    .some(TEXTS)
    .map((text) => ({ text, score: 1, normalizedQuad: [0, 0, 1, 0, 1, 1, 0, 1] as const }));
  const done = { status: "done", modelId: "m", durationMs: 1 } as const;
  return makeAnalysis(
    { format: pick.one(FORMATS), metadata, objects, faces, textLines },
    {
      preprocessing: done,
      objects: done,
      ocr: pick.chance(5) ? { ...done, status: "failed" } : done,
      faces: done,
    },
  );
}

beforeAll(async () => {
  test = await openTestDatabase();
  const pick = createPick(5);
  const scanned = Array.from({ length: PHOTOS }, (_, i) => ({
    path: `${pick.one(FOLDERS)}/${i}.jpg`,
    byteSize: 1,
    modifiedAtMs: i,
  }));
  const ids = await test.photos.insertPhotos(scanned);
  const made: Model[] = [];
  for (const [i, id] of ids.entries()) {
    const model = {
      id,
      path: scanned[i]?.path ?? "",
      analysis: makeModelAnalysis(pick),
      isHidden: pick.chance(6),
      isMissing: pick.chance(6),
    };
    await test.analyses.saveAnalysis(id, 1, model.analysis, []);
    await test.regions.takeIn(id);
    if (model.isHidden) await test.photos.hide(id, "test");
    if (model.isMissing) await test.photos.markMissing([id]);
    made.push(model);
  }
  models = made;
});
afterAll(() => test.remove());

/** A failed step stores no rows. */
const textsOf = ({ analysis }: Model) =>
  analysis.steps.ocr?.status === "done" ? analysis.textLines.map(({ text }) => text) : [];
const fold = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const namesOf = ({ analysis }: Model) =>
  (analysis.metadata?.faceRegions ?? []).map(({ name }) => fold(name ?? ""));

function tagsOf({ analysis }: Model): readonly string[] {
  const labels = analysis.objects.map(({ label }) => label);
  return [...labels, ...(analysis.metadata?.keywords ?? [])].map((name) => name.toLowerCase());
}

function distanceKm(
  a: { latitude: number; longitude: number },
  b: { latitude: number; longitude: number },
): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [p, q] = [radians(a.latitude), radians(b.latitude)];
  const cosine =
    Math.sin(p) * Math.sin(q) + Math.cos(p) * Math.cos(q) * Math.cos(radians(a.longitude - b.longitude));
  return 6371.0088 * Math.acos(Math.max(-1, Math.min(1, cosine)));
}

function matchesPersons(
  model: Model,
  { all = [], any = [], none = [] }: NonNullable<PhotoFilter["persons"]>,
) {
  const has = (name: string) => namesOf(model).includes(fold(name));
  return all.every(has) && (any.length === 0 || any.some(has)) && !none.some(has);
}

function matches(model: Model, filter: PhotoFilter): boolean {
  const { metadata, objects, faces, format, steps } = model.analysis;
  const day = metadata?.takenAtLocal?.slice(0, 10) ?? "";
  const place =
    metadata?.latitude === undefined || metadata.longitude === undefined
      ? undefined
      : { latitude: metadata.latitude, longitude: metadata.longitude };
  const status = Object.values(steps).some((step) => step.status === "failed") ? "partial" : "completed";
  const checks: readonly boolean[] = [
    filter.includeHidden === true || !model.isHidden,
    filter.includeMissing === true || !model.isMissing,
    (filter.tags ?? []).every((tag) => tagsOf(model).includes(tag.toLowerCase())),
    !filter.categories?.length ||
      tagsOf(model).some((tag) => filter.categories?.includes(CATEGORY_OF[tag] ?? "")),
    (filter.objects ?? []).every(({ label, minScore = 0 }) =>
      objects.some((object) => object.label === label && object.score >= minScore),
    ),
    filter.persons === undefined || matchesPersons(model, filter.persons),
    filter.takenFrom === undefined || day >= filter.takenFrom,
    filter.takenTo === undefined || day <= filter.takenTo,
    !filter.textContains ||
      textsOf(model).some((text) => fold(text).includes(fold(filter.textContains ?? ""))),
    filter.hasFaces === undefined || filter.hasFaces === faces.length + namesOf(model).length > 0,
    filter.hasText === undefined || filter.hasText === textsOf(model).length > 0,
    filter.hasGps === undefined || filter.hasGps === (place !== undefined),
    filter.near === undefined ||
      (place !== undefined && distanceKm(place, filter.near) <= filter.near.radiusKm),
    !filter.cameras?.length || filter.cameras.includes(metadata?.cameraModel ?? ""),
    !filter.formats?.length || (format !== undefined && filter.formats.includes(format)),
    !filter.folder || model.path.startsWith(`${filter.folder}/`),
    filter.minRating === undefined || (metadata?.rating ?? -2) >= filter.minRating,
    !filter.statuses?.length || filter.statuses.includes(status),
    filter.ids === undefined || filter.ids.includes(model.id),
  ];
  return checks.every(Boolean);
}

const someOf = <T>(...values: readonly T[]) => fc.subarray([...values]);
const date = fc
  .record({ year: fc.integer({ min: 2010, max: 2013 }), month: fc.integer({ min: 1, max: 9 }) })
  .map(({ year, month }) => `${year}-0${month}-14`);
const anyFilter = fc.record(
  {
    tags: someOf("DOG", "holiday", "50% OFF_sale"),
    categories: someOf("food", "electronics", "people", "documents"),
    objects: fc.array(
      fc.record({ label: fc.constantFrom(...LABELS), minScore: fc.constantFrom(0, 0.35, 0.75) }),
      { maxLength: 2 },
    ),
    persons: fc.record(
      { all: someOf("ADA"), any: someOf("jose", "小明"), none: someOf("Ada", "José") },
      { requiredKeys: [] },
    ),
    takenFrom: date,
    takenTo: date,
    textContains: fc.constantFrom("", "cafe AU", "50% off_", "opening", "京", "5_%", "\\"),
    hasFaces: fc.boolean(),
    hasText: fc.boolean(),
    hasGps: fc.boolean(),
    near: fc.record({
      latitude: fc.integer({ min: -90, max: 90 }),
      longitude: fc.integer({ min: -180, max: 180 }),
      radiusKm: fc.constantFrom(0, 2500.5, 9000.5, 21000),
    }),
    cameras: someOf(...CAMERAS, "other"),
    formats: someOf(...FORMATS),
    folder: fc.constantFrom(...FOLDERS),
    minRating: fc.integer({ min: -1, max: 5 }),
    statuses: someOf("completed" as const, "partial" as const),
    ids: fc.array(fc.integer({ min: 0, max: PHOTOS + 2 }), { maxLength: 60 }),
    includeMissing: fc.boolean(),
    includeHidden: fc.boolean(),
  },
  { requiredKeys: [] },
);

describe("photoMatches", () => {
  it("chooses the same photos as a check one by one, in any combination", async () => {
    let found = 0;
    const property = fc.asyncProperty(anyFilter, fc.integer({ min: 1, max: 3 }), async (full, size) => {
      // All fields at once match nothing: keep a few.
      const filter = Object.fromEntries(Object.entries(full).slice(0, size)) as PhotoFilter;
      const expected = models.filter((model) => matches(model, filter)).map(({ id }) => id);
      expect([...(await test.photos.listIds(filter))]).toEqual(expected);
      expect([...listPhotos(await test.photos.findPassing(filter))]).toEqual(expected);
      expect(await test.photos.count(filter)).toBe(expected.length);
      found += expected.length;
    });
    await fc.assert(property, { numRuns: 150, seed: 1 });
    expect(found).toBeGreaterThan(500);
  });

  const single: readonly PhotoFilter[] = [
    {},
    { tags: ["dog"] },
    { categories: ["food", "people"] },
    { objects: [{ label: "car", minScore: 0.5 }] },
    { persons: { any: ["josé"], none: ["ada"] } },
    { takenFrom: "2011-03-15", takenTo: "2012-06-30" },
    { textContains: "café" },
    { hasFaces: true, hasText: false },
    { hasGps: false },
    { near: { latitude: 0, longitude: 179, radiusKm: 6000 } },
    { cameras: ["Pixel 9"], formats: ["png"] },
    { folder: "/photos" },
    { folder: "/photos/summer" },
    { minRating: 3 },
    { statuses: ["partial"] },
    { includeHidden: true, includeMissing: true },
  ];
  vector.each(single)("finds some photos and not all with %j", async (filter) => {
    const expected = models.filter((model) => matches(model, filter)).map(({ id }) => id);
    expect(expected.length).toBeGreaterThan(0);
    expect([...(await test.photos.listIds(filter))]).toEqual(expected);
    expect([...listPhotos(await test.photos.findPassing(filter))]).toEqual(expected);
  });

  it("takes more ids than SQLite takes parameters", async () => {
    const ids = Array.from({ length: 50_000 }, (_, i) => i);
    expect(await test.photos.count({ ids })).toBe(await test.photos.count({}));
  });

  it("finds nothing among no ids", async () => {
    expect(await test.photos.count({ ids: [] })).toBe(0);
  });

  vector.each(["yesterday", "2024-13-01", "2023-02-29", "2024-1-1", ""])(
    "refuses %j as a date",
    async (takenFrom) => {
      await expect(async () => test.photos.count({ takenFrom })).rejects.toMatchObject({
        code: "bad_request",
      });
    },
  );
});

describe("passedFilter", () => {
  it("is told from filters that have to be asked", () => {
    expect(passedIds(passedFilter([1, 2]))).toEqual([1, 2]);
    expect(passedIds({ ids: [1] })).toBeUndefined();
    expect(passedIds({ ids: [1], includeHidden: true })).toBeUndefined();
    expect(passedIds({ ...passedFilter([1]), hasText: false })).toBeUndefined();
    expect(passedIds({ includeHidden: true, includeMissing: true })).toBeUndefined();
  });

  it("says which filters leave out photos in sight", () => {
    for (const filter of [{}, { duplicates: "shown" }, { includeMissing: true, tags: undefined }])
      expect(isNarrowing(filter as PhotoFilter)).toBe(false);
    for (const filter of [{ ids: [] }, { duplicates: "only" }, { hasGps: false }])
      expect(isNarrowing(filter as PhotoFilter)).toBe(true);
  });
});
