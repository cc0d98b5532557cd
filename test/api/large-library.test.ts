import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TimelineShapes } from "../../src/api/photos.ts";
import { openDatabase } from "../../src/database/database.ts";
import { createPhotoStore } from "../../src/database/photo-store.ts";
import { createSqliteTextIndex } from "../../src/database/sqlite/sqlite-text-index.ts";
import { openTestLibrary, type TestLibrary } from "./open-test-library.ts";

/** More than are read at a time anywhere, and no multiple of it. */
const PHOTOS = 1203;

let test: TestLibrary;

beforeAll(async () => {
  test = await openTestLibrary({ files: {} });
  // Rows without files, written beside the open library: analysing so many would take minutes.
  const database = await openDatabase({ directory: test.dataDirectory });
  const textIndex = createSqliteTextIndex({ database });
  await createPhotoStore({ database, textIndex }).insertPhotos(
    Array.from({ length: PHOTOS }, (_, i) => ({
      path: `/photos/${i}.jpg`,
      byteSize: 1000 + i,
      modifiedAtMs: Date.UTC(2023, 5, 2) + i * 60_000,
    })),
  );
  await database.close();
});

afterAll(() => test.close());

const newestFirst = Array.from({ length: PHOTOS }, (_, i) => `${PHOTOS - 1 - i}.jpg`);

describe("GET /timeline/{month}", () => {
  it("gives every photo of the month once, newest first", async () => {
    const response = await fetch(`${test.url}/api/v1/timeline/2023-06`);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    const { photos } = (await response.json()) as { photos: { fileName: string }[] };
    expect(photos.map(({ fileName }) => fileName)).toEqual(newestFirst);
  });

  it("gives a part of the month where one is asked for", async () => {
    const response = await fetch(`${test.url}/api/v1/timeline/2023-06?offset=700&limit=300`);
    const { photos } = (await response.json()) as { photos: { fileName: string }[] };
    expect(photos.map(({ fileName }) => fileName)).toEqual(newestFirst.slice(700, 1000));
    expect((await fetch(`${test.url}/api/v1/timeline/2023-06?limit=0`)).status).toBe(400);
  });

  it("gives an empty month, and refuses a filter that is not right, as every list does", async () => {
    const empty = await fetch(`${test.url}/api/v1/timeline/2023-07`);
    expect(await empty.json()).toEqual({ month: "2023-07", photos: [] });
    expect((await fetch(`${test.url}/api/v1/timeline/2023-06?near=1`)).status).toBe(400);
  });
});

describe("GET /timeline/shapes", () => {
  it("gives a character a photo by month and day, or so many days only", async () => {
    const response = await fetch(`${test.url}/api/v1/timeline/shapes`);
    const all = TimelineShapes.parse(await response.json());
    expect(all).toMatchObject({ total: PHOTOS, isComplete: true, months: [{ month: "2023-06" }] });
    const shapes = all.months.flatMap(({ days }) => days.map((day) => day.shapes)).join("");
    expect(shapes).toHaveLength(PHOTOS);
    const first = (await (await fetch(`${test.url}/api/v1/timeline/shapes?days=1`)).json()) as object;
    expect(first).toMatchObject({ isComplete: false, months: [{ days: [{ undated: expect.any(Number) }] }] });
  });
});

describe("GET /search/export", () => {
  it("gives every hit once", async () => {
    const response = await fetch(`${test.url}/api/v1/search/export?as=json`);
    const rows = (await response.json()) as { fileName: string }[];
    expect(rows.map(({ fileName }) => fileName)).toEqual(newestFirst);
  });
});
