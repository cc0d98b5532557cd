import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OcrBatchResult, OcrResult, PhotoText } from "../../src/api/ocr.ts";
import { drawWord, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let test: TestLibrary;
beforeAll(async () => {
  test = await openTestLibrary({ files: { "exit.png": await drawWord("EXIT") } });
});
afterAll(() => test.close());

type Part = readonly [name: string, value: string | Buffer, fileName?: string];

async function send(path: string, parts: readonly Part[]): Promise<Response> {
  const form = new FormData();
  for (const [name, value, fileName = "picture.png"] of parts) {
    if (typeof value === "string") form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)]), fileName);
  }
  return fetch(`${test.url}/api/v1${path}`, { method: "POST", body: form });
}

const leftBehind = () => readdir(join(test.dataDirectory, "uploads", "incoming")).catch(() => []);

describe("POST /ocr/predict", () => {
  it("gives the lines of a picture with where they are, and keeps nothing", async () => {
    const response = await send("/ocr/predict", [["file", await drawWord("HILL")]]);
    expect(response.status).toBe(200);
    const result = (await response.json()) as OcrResult;
    expect(result).toMatchObject({ text: "HILL", lineCount: 1, height: 260 });
    const [{ quad, normalizedQuad, confidence }] = result.lines as [OcrResult["lines"][number]];
    expect(confidence).toBeGreaterThan(0.5);
    expect(quad[1]).toBeCloseTo(normalizedQuad[1]! * 260, 0);
    expect(quad.every((value, i) => value >= 0 && value <= (i % 2 === 0 ? result.width : 260))).toBe(true);
    expect(await leftBehind()).toEqual([]);
    expect((await test.library.photos.list({}, { sort: "newest", limit: 9, offset: 0 })).total).toBe(1);
  });

  it("leaves out lines of which the reader is less sure than asked for, also where that is said after the file", async () => {
    const response = await send("/ocr/predict", [
      ["file", await drawWord("HILL")],
      ["minConfidence", "1"],
    ]);
    expect(await response.json()).toMatchObject({ lineCount: 0, text: "" });
  });

  it("refuses what is no picture, none at all and wrong fields, and keeps nothing", async () => {
    const picture = await drawWord("HILL");
    const refused: readonly (readonly [parts: readonly Part[], status: number])[] = [
      [[["file", Buffer.from("no picture")]], 415],
      [[["file", picture.subarray(0, 60)]], 422],
      [[["minConfidence", "0.5"]], 400],
      [
        [
          ["minConfidence", "7"],
          ["file", picture],
        ],
        400,
      ],
    ];
    for (const [parts, status] of refused) {
      const response = await send("/ocr/predict", parts);
      expect(response.status, parts[0]![0]).toBe(status);
      expect(await response.text()).not.toContain(test.dataDirectory);
    }
    expect(await leftBehind()).toEqual([]);
  });
});

describe("POST /ocr/predict_batch", () => {
  it("gives one line a picture, a bad one among good ones too", async () => {
    const response = await send("/ocr/predict_batch", [
      ["file", await drawWord("EXIT"), "one.png"],
      ["file", Buffer.from("broken"), "two.png"],
      ["file", await drawWord("HILL"), "three.png"],
    ]);
    const text = await response.text();
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as OcrBatchResult);
    expect(lines.map(({ fileName, status, result }) => [fileName, status, result?.text ?? null])).toEqual([
      ["one.png", "done", "EXIT"],
      ["two.png", "failed", null],
      ["three.png", "done", "HILL"],
    ]);
    expect(lines[1]!.reason).toContain("two.png");
    expect(await leftBehind()).toEqual([]);
  });
});

describe("GET /ocr/{photoId}", () => {
  it("gives the text that was read when the photo was taken in", async () => {
    const response = await fetch(`${test.url}/api/v1/ocr/${test.idOf("exit.png")}`);
    const result = (await response.json()) as PhotoText;
    expect(result).toMatchObject({ text: "EXIT", status: "done", reason: null, lineCount: 1 });
    expect(result.modelId).toBeTruthy();
    expect((await fetch(`${test.url}/api/v1/ocr/987654`)).status).toBe(404);
  });
});
