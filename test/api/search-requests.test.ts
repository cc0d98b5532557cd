import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import type { FoundPhotos, FoundPlaces } from "../../src/api/search-requests.ts";
import { drawPhoto, drawWord, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let test: TestLibrary;
beforeAll(async () => {
  test = await openTestLibrary({
    files: {
      "exit.png": await drawWord("EXIT"),
      "=1+1.jpg": await drawPhoto("red", { takenAt: "2023:05:06 07:08:09" }),
      "green, wide.jpg": await drawPhoto("green", { takenAt: "2024:02:03 10:00:00" }),
    },
  });
});
afterAll(() => test.close());

async function ask<T>(path: string, body?: object): Promise<{ status: number; body: T }> {
  const response = await fetch(`${test.url}/api/v1${path}`, {
    method: body === undefined ? "GET" : "POST",
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}
const names = ({ items }: z.infer<typeof FoundPhotos>) => items.map(({ photo }) => photo.fileName);

describe("POST /search/ocr", () => {
  it("finds photos by the words in them, also by a part and with a mistake, and says where they are", async () => {
    for (const query of ["exit", "EXI"]) {
      const { body } = await ask<z.infer<typeof FoundPlaces>>("/search/ocr", { query });
      expect(
        body.items.map(({ photo }) => photo.fileName),
        query,
      ).toEqual(["exit.png"]);
    }
    const { body } = await ask<z.infer<typeof FoundPlaces>>("/search/ocr", { query: "exit" });
    expect(body.items[0]!.boxes[0]!.width).toBeGreaterThan(0.1);
    expect(body.nextCursor).toBeNull();
    // The file's name is no text in the photo.
    expect((await ask<z.infer<typeof FoundPlaces>>("/search/ocr", { query: "green" })).body.items).toEqual(
      [],
    );
  });
});

describe("POST /search/hybrid", () => {
  it("combines words with filters of the body", async () => {
    const all = await ask<z.infer<typeof FoundPhotos>>("/search/hybrid", { dateRange: { from: "2024" } });
    expect(names(all.body)).toContain("green, wide.jpg");
    expect(names(all.body)).not.toContain("=1+1.jpg");
    const none = await ask<z.infer<typeof FoundPhotos>>("/search/hybrid", {
      textQuery: "exit",
      classes: ["dog"],
      minConfidence: 0.5,
    });
    expect(none.body.items).toEqual([]);
    const range = await ask<{ code: string }>("/search/hybrid", { dateRange: { from: "2024-02-30" } });
    expect(range).toMatchObject({ status: 400, body: { code: "bad_request" } });
  });
});

describe("GET /search/text", () => {
  it("says so where no model for meaning is installed, and finds by words where that is asked for", async () => {
    const { body } = await ask<z.infer<typeof FoundPhotos>>("/search/text?q=exit&k=5&mode=keyword");
    expect(names(body)).toEqual(["exit.png"]);
    const meaning = await ask<z.infer<typeof FoundPhotos>>("/search/text?q=exit&k=5");
    expect(meaning.status).toBe(200);
    if (meaning.body.items.length === 0) expect(meaning.body.notice).toBeTruthy();
  });
});

describe("POST /search/objects", () => {
  it("finds nothing where nobody saw such an object", async () => {
    const { status, body } = await ask<z.infer<typeof FoundPlaces>>("/search/objects", { query: "zeppelin" });
    expect(status).toBe(200);
    expect(body.items).toEqual([]);
  });
});

describe("GET /search/export", () => {
  it("writes rows that a spreadsheet reads as they are and does not run", async () => {
    const response = await fetch(`${test.url}/api/v1/search/export?as=csv`);
    expect(response.headers.get("content-type")).toContain("text/csv");
    const lines = (await response.text()).split("\r\n");
    expect(lines[0]).toBe("id,path,fileName,takenAt,width,height,latitude,longitude,score,foundBy");
    expect(lines).toHaveLength(5);
    expect(lines.find((line) => line.includes("1+1"))).toContain(",'=1+1.jpg,");
    expect(lines.find((line) => line.includes("green"))).toContain('"green, wide.jpg"');
    const json = (await (await fetch(`${test.url}/api/v1/search/export?as=json`)).json()) as object[];
    expect(json).toHaveLength(3);
    const none = await fetch(`${test.url}/api/v1/search/export?as=json&tag=none`);
    expect(await none.json()).toEqual([]);
    expect((await fetch(`${test.url}/api/v1/search/export?near=1`)).status).toBe(400);
  });
});
