import { describe, expect, it, test } from "vitest";
import type { Quad } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { hasShared, readSharedImage, readSharedJson } from "../../../test/shared-files.ts";
import { cropLine, isTall, turnHalf, turnQuarter } from "./line-crop.ts";

/** Pixels a, b, c in a row of three, as their red values. */
function imageOf(rows: readonly (readonly number[])[]): RasterImage {
  const data = Uint8Array.from(rows.flat().flatMap((red) => [red, 0, 0]));
  return { data, width: rows[0]!.length, height: rows.length };
}

function redsOf({ data, width, height }: RasterImage): number[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[(y * width + x) * 3]!),
  );
}

describe("turnQuarter", () => {
  it("turns anticlockwise: the right column becomes the top row", () => {
    expect(
      redsOf(
        turnQuarter(
          imageOf([
            [1, 2, 3],
            [4, 5, 6],
          ]),
        ),
      ),
    ).toEqual([
      [3, 6],
      [2, 5],
      [1, 4],
    ]);
  });
});

describe("turnHalf", () => {
  it("puts the last pixel first", () => {
    expect(
      redsOf(
        turnHalf(
          imageOf([
            [1, 2, 3],
            [4, 5, 6],
          ]),
        ),
      ),
    ).toEqual([
      [6, 5, 4],
      [3, 2, 1],
    ]);
  });
});

describe("cropLine", () => {
  it("lays a tall line down", () => {
    const image = imageOf(Array.from({ length: 40 }, (_, y) => Array.from({ length: 10 }, () => y)));
    const line = cropLine(image, [0, 0, 10, 0, 10, 40, 0, 40]);
    expect([line.width, line.height]).toEqual([40, 10]);
    expect(isTall([0, 0, 10, 0, 10, 40, 0, 40])).toBe(true);
    expect(redsOf(line)[0]!.slice(0, 3)).toEqual([0, 1, 2]);
  });
});

const DATA = "conformance/ocr/rotate_crop.json";
const isHere = hasShared("line crops against the reference", DATA);
interface Case {
  readonly file: string;
  readonly quad: readonly (readonly [number, number])[];
}
const cases = isHere ? readSharedJson<{ cases: Case[] }>(DATA).cases : [];

describe.skipIf(!isHere)("cropLine against get_rotate_crop_image", () => {
  test.each(cases)("gives the pixels of $file", async ({ file, quad }) => {
    const scene = await readSharedImage("conformance/ocr/scene.png");
    const expected = await readSharedImage(`conformance/ocr/${file}`);
    const line = cropLine(scene, quad.flat() as unknown as Quad);
    expect([line.width, line.height]).toEqual([expected.width, expected.height]);
    let difference = 0;
    for (let i = 0; i < line.data.length; i++) difference += Math.abs(line.data[i]! - expected.data[i]!);
    expect(difference / line.data.length).toBeLessThanOrEqual(2);
  });
});
