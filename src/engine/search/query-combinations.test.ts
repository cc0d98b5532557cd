import { afterAll, beforeAll, expect, it } from "vitest";
import { listPhotos } from "../../database/photo-set.ts";
import { createRandom } from "../../../test/generated-photos.ts";
import type { PhotoAnalysis } from "../../core/photo-analysis.ts";
import { FACETS } from "../../core/facets.ts";
import { createFacetStore } from "../../database/facet-store.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createPlaceStore } from "../../database/place-store.ts";
import { readQueryNames } from "../../database/query-names.ts";
import { createUnderstandQuery, type UnderstandQuery } from "./understand-query.ts";

/** Random queries of three operators; `KEEPSIGHT_RANDOM_QUERIES=1000` for a thorough look. */
const QUERIES = Number(process.env["KEEPSIGHT_RANDOM_QUERIES"] ?? 150);
const PHOTOS = 160;

const NAMES = ["Anna Berg", "Bob", "Eve", "José"];
const TAGS = ["holiday", "pizza", "beach", "50% off_sale"];
const LABELS = ["dog", "car", "traffic light"];
const TEXTS = ["Grand total 17", "CAFÉ au lait", "50% off_sale", "東京駅"];
const CAMERAS = ["Pixel 9", "X-T5"];
const FOLDERS = ["/photos", "/photos/Summer 2020", "/old"];
const CITIES = [
  { id: 1, name: "Rome", countryCode: "IT", latitude: 41.9, longitude: 12.5, population: 2_300_000 },
  { id: 2, name: "Paris", countryCode: "FR", latitude: 48.85, longitude: 2.35, population: 2_100_000 },
  { id: 3, name: "Ostia", countryCode: "IT", latitude: 41.73, longitude: 12.28, population: 85_000 },
];
const CATEGORY_OF: Readonly<Record<string, string>> = { pizza: "food", beach: "landscape" };

/** What the check knows of a photo. */
interface Model {
  readonly id: number;
  readonly path: string;
  readonly day: string;
  readonly persons: readonly string[];
  readonly tags: readonly string[];
  readonly objects: readonly { readonly label: string; readonly score: number }[];
  readonly texts: readonly string[];
  readonly camera: string | undefined;
  readonly format: "jpeg" | "png";
  readonly rating: number | undefined;
  readonly city: (typeof CITIES)[number] | undefined;
  readonly hasFace: boolean;
}

let test: TestDatabase;
let models: readonly Model[];
let understand: UnderstandQuery;
const random = createRandom(42);
const below = (limit: number) => Math.floor(random() * limit);
const one = <T>(values: readonly T[]) => values[below(values.length)]!;
const some = <T>(values: readonly T[]) => values.filter(() => random() < 0.35);
const maybe = <T>(value: T) => (random() < 0.6 ? value : undefined);

function toAnalysis(model: Model): PhotoAnalysis {
  const normalizedBox = { x: 0.1, y: 0.1, width: 0.2, height: 0.2 };
  const done = { status: "done", modelId: "m", durationMs: 1 } as const;
  const { city, camera, rating } = model;
  return makeAnalysis(
    {
      format: model.format,
      metadata: {
        takenAtLocal: `${model.day}T12:00:00`,
        keywords: model.tags,
        faceRegions: model.persons.map((name, i) => ({
          name,
          normalizedBox: { ...normalizedBox, x: 0.2 * i },
        })),
        ...(city === undefined ? {} : { latitude: city.latitude, longitude: city.longitude }),
        ...(camera === undefined ? {} : { cameraModel: camera, cameraMake: "Maker" }),
        ...(rating === undefined ? {} : { rating }),
      },
      objects: model.objects.map((object) => ({ ...object, normalizedBox })),
      faces: model.hasFace
        ? [{ normalizedBox: { ...normalizedBox, y: 0.7 }, landmarks: [], score: 0.9, quality: 0.8 }]
        : [],
      textLines: model.texts.map((text) => ({
        text,
        score: 1,
        normalizedQuad: [0, 0, 1, 0, 1, 1, 0, 1] as const,
      })),
    },
    { preprocessing: done, objects: done, ocr: done, faces: done },
  );
}

beforeAll(async () => {
  test = await openTestDatabase();
  const places = createPlaceStore(test);
  const paths = Array.from({ length: PHOTOS }, (_, i) => `${one(FOLDERS)}/${i}.jpg`);
  const ids = await test.photos.insertPhotos(
    paths.map((path, i) => ({ path, byteSize: 1, modifiedAtMs: i })),
  );
  models = ids.map((id, i) => ({
    id,
    path: paths[i]!,
    day: `20${18 + below(5)}-0${1 + below(9)}-${10 + below(18)}`,
    persons: some(NAMES),
    tags: some(TAGS),
    objects: some(LABELS).map((label) => ({ label, score: (1 + below(9)) / 10 })),
    texts: some(TEXTS),
    camera: maybe(one(CAMERAS)),
    format: one(["jpeg", "png"] as const),
    rating: maybe(1 + below(5)),
    city: maybe(one(CITIES)),
    hasFace: random() < 0.3,
  }));
  for (const model of models) {
    await test.analyses.saveAnalysis(model.id, 1, toAnalysis(model), []);
    await test.regions.takeIn(model.id);
  }
  await places.save(
    models.flatMap(({ id: photoId, city }) =>
      city === undefined
        ? []
        : [
            {
              photoId,
              latitude: city.latitude,
              longitude: city.longitude,
              location: { city, countryCode: city.countryCode, distanceKm: 0 },
            },
          ],
    ),
    "test",
  );
  understand = createUnderstandQuery({
    readNames: () => readQueryNames(test.database),
    thread: { find: async () => [] },
    now: () => new Date("2026-11-20T12:00:00Z"),
  });
}, 60_000);
afterAll(() => test.remove());

const fold = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** An operator with what it means, said in another way than the program does. */
type Sample = readonly [operator: string, holds: (model: Model) => boolean];

function drawOperator(): Sample {
  const [name, tag, label, camera] = [one(NAMES), one(TAGS), one(LABELS), one(CAMERAS)];
  const [other, year, text] = [one(NAMES), 2018 + below(5), one(TEXTS)];
  const score = below(10) / 10;
  const month = `${year}-0${1 + below(9)}`;
  return one<Sample>([
    [`person:"${name}"`, ({ persons }) => persons.includes(name)],
    [`person:"${name}"|"${other}"`, ({ persons }) => persons.some((each) => each === name || each === other)],
    [`tag:"${tag}"`, ({ tags }) => tags.includes(tag)],
    [`category:food`, ({ tags }) => tags.some((each) => CATEGORY_OF[each] === "food")],
    [`category:food|landscape`, ({ tags }) => tags.some((each) => CATEGORY_OF[each] !== undefined)],
    [
      `class:"${label}">${score}`,
      ({ objects }) => objects.some((each) => each.label === label && each.score >= score),
    ],
    [`class:"${label}"`, ({ objects }) => objects.some((each) => each.label === label)],
    [
      `text:"${text.slice(1, 6)}"`,
      ({ texts }) => texts.some((each) => fold(each).includes(fold(text.slice(1, 6)))),
    ],
    [`before:${month}`, ({ day }) => day < `${month}-01`],
    [`after:${year}`, ({ day }) => day > `${year}-12-31`],
    [`since:${month}`, ({ day }) => day >= `${month}-01`],
    [`date:${month}`, ({ day }) => day.startsWith(month)],
    [`date:${year}..${year + 1}`, ({ day }) => day >= `${year}-01-01` && day <= `${year + 1}-12-31`],
    // Ostia is 25 km from the middle of Rome.
    [`near:Rome~30km`, ({ city }) => city?.countryCode === "IT"],
    [`near:Rome~10km`, ({ city }) => city?.name === "Rome"],
    [`near:48.85,2.35,5`, ({ city }) => city?.name === "Paris"],
    [`place:Ostia`, ({ city }) => city?.name === "Ostia"],
    [`country:Italien`, ({ city }) => city?.countryCode === "IT"],
    [`camera:"${camera.toLowerCase()}"`, (model) => model.camera === camera],
    [`camera:maker`, (model) => model.camera !== undefined],
    [`format:jpg`, ({ format }) => format === "jpeg"],
    [`folder:"summer 2020"`, ({ path }) => path.includes("/Summer 2020/")],
    [`rating:3`, ({ rating }) => rating !== undefined && rating >= 3],
    [`has:text`, ({ texts }) => texts.length > 0],
    [`has:gps`, ({ city }) => city !== undefined],
    [`has:faces`, ({ hasFace, persons }) => hasFace || persons.length > 0],
  ]);
}

function drawQuery() {
  return Array.from({ length: 3 }, () => {
    const [operator, holds] = drawOperator();
    return random() < 0.25
      ? { text: `-${operator}`, holds: (model: Model) => !holds(model) }
      : { text: operator, holds };
  });
}

it(
  `finds by ${QUERIES} random combinations of three operators just what they mean`,
  { timeout: 120_000 },
  async () => {
    let found = 0;
    for (let i = 0; i < QUERIES; i++) {
      const parts = drawQuery();
      const query = parts.map(({ text }) => text).join(" ");
      const { filter, problems, text } = await understand(query);
      expect(problems, query).toEqual([]);
      expect(text, query).toBe("");
      const expected = models.filter((model) => parts.every(({ holds }) => holds(model))).map(({ id }) => id);
      expect([...(await test.photos.listIds(filter))], query).toEqual(expected);
      expect([...listPhotos(await test.photos.findPassing(filter))], query).toEqual(expected);
      if (expected.length > 0) found++;
    }
    // Most of them find something, or they would prove nothing.
    expect(found).toBeGreaterThan(QUERIES / 3);
  },
);

it("counts in every facet just the photos of the result that have the value", async () => {
  const store = createFacetStore(test);
  const { filter } = await understand("since:2019 -tag:pizza");
  const among = models.filter(({ day, tags }) => day >= "2019-01-01" && !tags.includes("pizza"));
  const valuesOf: Readonly<Record<(typeof FACETS)[number], (model: Model) => readonly string[]>> = {
    category: ({ tags }) => [...new Set(tags.flatMap((tag) => CATEGORY_OF[tag] ?? []))],
    tag: ({ tags, objects }) => [...tags, ...objects.map(({ label }) => label)],
    object: ({ objects }) => objects.map(({ label }) => label),
    person: ({ persons }) => persons,
    place: ({ city }) => (city === undefined ? [] : [city.name]),
    country: ({ city }) => (city === undefined ? [] : [city.countryCode]),
    year: ({ day }) => [day.slice(0, 4)],
    camera: ({ camera }) => (camera === undefined ? [] : [camera]),
    format: ({ format }) => [format],
    has: ({ texts, city, hasFace, persons }) => [
      ...(texts.length > 0 ? ["text"] : []),
      ...(city === undefined ? [] : ["gps"]),
      ...(hasFace || persons.length > 0 ? ["faces"] : []),
    ],
  };
  const { total, counts } = await store.count(FACETS, filter, 100);
  expect(total).toBe(among.length);
  FACETS.forEach((facet, i) => {
    const expected: Record<string, number> = {};
    for (const value of among.flatMap(valuesOf[facet])) expected[value] = (expected[value] ?? 0) + 1;
    const counted = counts[i]!.map(({ value, count }) => [value, count]);
    expect(Object.fromEntries(counted), facet).toEqual(expected);
  });
});

it("counts by what has just been written", async () => {
  const store = createFacetStore(test);
  const countCameras = async () => (await store.count(["camera"], {}, 1000)).counts[0];
  expect(await countCameras()).not.toContainEqual({ value: "Just bought", count: 1 });
  const [{ id }] = models as [Model];
  await test.database.writes
    .updateTable("photos")
    .set({ cameraModel: "Just bought", hiddenAt: null, missingSince: null })
    .where("id", "=", id)
    .execute();
  expect(await countCameras()).toContainEqual({ value: "Just bought", count: 1 });
});
