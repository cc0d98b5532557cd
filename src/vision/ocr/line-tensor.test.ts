import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogSettings } from "../../../test/catalog-settings.ts";
import {
  hasShared,
  readSharedImage,
  readSharedJson,
  readSharedNumpy,
  sharedPath,
} from "../../../test/shared-files.ts";
import { scaleLine, toLineBatch } from "./line-tensor.ts";

const PIXELS = catalogSettings("pp-ocrv4-rec", "text-recognition").pixels;

describe("toLineBatch", () => {
  it("pads narrower lines with zeros on the right, each in its own place", () => {
    const lines = [1, 2].map((width) => ({ data: new Uint8Array(width * 3).fill(255), width, height: 1 }));
    const { data, dims } = toLineBatch(lines, 3, PIXELS);
    expect(dims).toEqual([2, 3, 1, 3]);
    expect([...data]).toEqual(
      [
        [1, 0, 0],
        [1, 0, 0],
        [1, 0, 0],
        [1, 1, 0],
        [1, 1, 0],
        [1, 1, 0],
      ].flat(),
    );
  });
});

const DATA = "conformance/ocr/rotate_crop.json";
const isHere = hasShared("input of text recognition against the reference", DATA);
interface Case {
  readonly file: string;
  readonly rec_input?: { readonly file: string; readonly resized_w: number };
}
/** Those whose values were kept. */
const cases = isHere
  ? readSharedJson<{ cases: Case[] }>(DATA).cases.filter(({ rec_input: kept }) => existsSync(pathOf(kept)))
  : [];

function pathOf(kept: Case["rec_input"]): string {
  return sharedPath(`conformance/ocr/${kept?.file}`);
}

describe.skipIf(!isHere)("scaleLine and toLineBatch against RapidOCR's resize_norm_img", () => {
  it.each(cases)("give the values of $file", async ({ file, rec_input: reference }) => {
    const { data: expected, shape } = readSharedNumpy(`conformance/ocr/${reference!.file}`);
    const [, height, width] = shape as [number, number, number];
    const line = scaleLine(await readSharedImage(`conformance/ocr/${file}`), height, width);
    expect(line.width).toBe(reference!.resized_w);
    const { data, dims } = toLineBatch([line], width, PIXELS);
    expect(dims.slice(1)).toEqual(shape);
    expect(data).toHaveLength(expected.length);
    const differences = Array.from(expected, (value, i) => Math.abs(value - Number(data[i])));
    // A level is 1 / 127.5; the reference is kept in 16 bits and scales with whole weights.
    expect(Math.max(...differences)).toBeLessThanOrEqual(2 / 127.5);
  });
});
