import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "./open-test-database.ts";

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.remove());

const done = { status: "done", modelId: "m", durationMs: 1 } as const;

async function add(path: string, takenAtLocal: string, width: number, height: number): Promise<number> {
  const [id = 0] = await test.photos.insertPhotos([{ path, byteSize: 10, modifiedAtMs: 1000 }]);
  const metadata = { takenAtLocal, keywords: [], faceRegions: [] };
  const analysis = makeAnalysis({ metadata, width, height }, { preprocessing: done });
  await test.analyses.saveAnalysis(id, 1, analysis, []);
  return id;
}

/** Width divided by height, as the contract of the API says it is read. */
function ratioOf(character: string): number {
  const code = character.charCodeAt(0);
  const step = code - 35 - (code > 92 ? 1 : 0) + 70;
  return step / (210 - step);
}

describe("dayShapes", () => {
  it("gives a character a photo, in the order of the list of newest photos", async () => {
    await add("/p/square.jpg", "2024-05-01T09:00:00", 500, 500);
    await add("/p/wide.jpg", "2024-05-01T10:00:00", 6000, 4000);
    await add("/p/tall.jpg", "2024-05-01T11:00:00", 3000, 4000);
    await add("/p/later.jpg", "2024-06-01T11:00:00", 4000, 3000);
    const days = await test.photos.dayShapes({});
    expect(days.map(({ day, undated }) => [day, undated])).toEqual([
      ["2024-06-01", 0],
      ["2024-05-01", 0],
    ]);
    expect(Array.from(days[1]!.shapes, ratioOf)).toEqual([3 / 4, 3 / 2, 1]);
    expect(Array.from(days[0]!.shapes, ratioOf)).toEqual([4 / 3]);
  });

  it("ends at the narrowest and the widest shape, and never needs to be escaped", async () => {
    for (let i = 0; i <= 60; i++) {
      const width = Math.round(10 ** (1 + i / 20));
      await add(`/p/${i}.jpg`, `2024-05-01T10:${String(i % 60).padStart(2, "0")}:00`, width, 300);
    }
    const [day] = await test.photos.dayShapes({});
    expect(JSON.stringify(day!.shapes)).toBe(`"${day!.shapes}"`);
    const ratios = Array.from(day!.shapes, ratioOf);
    expect(Math.min(...ratios)).toBe(0.5);
    expect(Math.max(...ratios)).toBeCloseTo(2.387, 3);
  });

  it("takes 4:3 for what has no size yet, and counts what has no date", async () => {
    await test.photos.insertPhotos([{ path: "/p/new.jpg", byteSize: 1, modifiedAtMs: 1000 }]);
    const [day] = await test.photos.dayShapes({});
    expect(day).toMatchObject({ day: "1970-01-01", undated: 1 });
    expect(ratioOf(day!.shapes)).toBe(4 / 3);
  });

  it("gives the newest days only, and what a filter lets through", async () => {
    await add("/p/a.jpg", "2022-05-01T09:00:00", 1, 1);
    await add("/p/b.jpg", "2023-05-01T09:00:00", 1, 1);
    await add("/p/c.jpg", "2024-05-01T09:00:00", 1, 1);
    expect((await test.photos.dayShapes({}, 2)).map(({ day }) => day)).toEqual(["2024-05-01", "2023-05-01"]);
    const before = await test.photos.dayShapes({ takenTo: "2022-12-31" });
    expect(before.map(({ day }) => day)).toEqual(["2022-05-01"]);
  });
});
