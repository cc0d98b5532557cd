import fc from "fast-check";
import { describe, expect, it, test } from "vitest";

import { hasShared, readSharedImage, readSharedJson } from "../../test/shared-files.ts";
import { fromLetterboxedBox, fromLetterboxedPoint, letterbox, placeInFrame } from "./letterbox.ts";

interface GeometryCase {
  readonly wh: [number, number];
  readonly scaleup: boolean;
  readonly scale: number;
  readonly unpad_wh: [number, number];
  readonly left_top: [number, number];
}

interface PictureCase extends Omit<GeometryCase, "wh" | "scaleup"> {
  readonly name: string;
  readonly size: number;
}

const hasConformance = hasShared("letterbox against its reference", "conformance/clip/image.json");
const conformance: { letterbox_geometry: GeometryCase[]; letterbox: PictureCase[] } = hasConformance
  ? readSharedJson("conformance/clip/image.json")
  : { letterbox_geometry: [], letterbox: [] };

describe("placeInFrame", () => {
  test.skipIf(!hasConformance).each(conformance.letterbox_geometry)(
    "places $wh in the centre of 640 × 640 as the reference",
    ({ wh: [width, height], ...expected }) => {
      const placed = placeInFrame({ width, height }, { width: 640, height: 640 }, "center");
      expect(placed.scale).toBeCloseTo(expected.scale, 12);
      expect([placed.inner.width, placed.inner.height]).toEqual(expected.unpad_wh);
      expect([placed.offsetX, placed.offsetY]).toEqual(expected.left_top);
    },
  );

  it("rounds a picture in the corner down, as the models that want it there", () => {
    const placed = placeInFrame({ width: 800, height: 1200 }, { width: 640, height: 640 }, "top-left");
    expect(placed).toMatchObject({ inner: { width: 426, height: 640 }, offsetX: 0, offsetY: 0 });
  });

  it("keeps at least one pixel of an extreme panorama, inside the frame", () => {
    const frame = { width: 640, height: 640 };
    for (const anchor of ["center", "top-left"] as const) {
      expect(placeInFrame({ width: 20_000, height: 3 }, frame, anchor).inner).toEqual({
        width: 640,
        height: 1,
      });
    }
  });

  it("fills the frame on one side exactly and never leaves it", () => {
    const side = fc.integer({ min: 1, max: 5000 });
    const frameSide = fc.integer({ min: 1, max: 40 }).map((n) => n * 32);
    fc.assert(
      fc.property(side, side, frameSide, frameSide, (width, height, frameWidth, frameHeight) => {
        for (const anchor of ["center", "top-left"] as const) {
          const { inner, offsetX, offsetY } = placeInFrame(
            { width, height },
            { width: frameWidth, height: frameHeight },
            anchor,
          );
          expect(inner.width === frameWidth || inner.height === frameHeight).toBe(true);
          expect(offsetX).toBeGreaterThanOrEqual(0);
          expect(offsetX + inner.width).toBeLessThanOrEqual(frameWidth);
          expect(offsetY).toBeGreaterThanOrEqual(0);
          expect(offsetY + inner.height).toBeLessThanOrEqual(frameHeight);
        }
      }),
    );
  });
});

describe("letterbox", () => {
  it("enlarges no more than it may, and shrinks whatever does not fit", () => {
    const options = { anchor: "top-left", padValue: 9, maxEnlargement: 1.5 } as const;
    const picture = (side: number) => ({ data: new Uint8Array(side * side * 3), width: side, height: side });
    const small = letterbox(picture(20), { width: 64, height: 64 }, options);
    expect(small.scale).toBe(1.5);
    expect([small.image.data[29 * 3], small.image.data[30 * 3]]).toEqual([0, 9]);
    expect(letterbox(picture(50), { width: 64, height: 64 }, options).scale).toBe(1.28);
    expect(letterbox(picture(128), { width: 64, height: 64 }, options).scale).toBe(0.5);
  });

  it.skipIf(!hasConformance)("differs from the reference picture by at most one level", async () => {
    const image = await readSharedImage("conformance/clip/zoneplate.png");
    const expected = await readSharedImage("conformance/clip/zoneplate.letterbox320.png");
    const framed = letterbox(image, { width: 320, height: 320 }, { anchor: "center", padValue: 114 });
    const tooFar = framed.image.data.filter((level, i) => Math.abs(level - expected.data[i]!) > 1);
    expect(framed.image.data.length).toBe(expected.data.length);
    expect(tooFar.length).toBe(0);
  });

  it("surrounds the untouched picture with the pad value", () => {
    const image = { data: Uint8Array.from([1, 2, 3, 4, 5, 6]), width: 2, height: 1 };
    const { image: framed } = letterbox(image, { width: 2, height: 3 }, { anchor: "center", padValue: 9 });
    expect([...framed.data]).toEqual([9, 9, 9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 9, 9, 9, 9, 9, 9]);
  });
});

describe("fromLetterboxedBox and fromLetterboxedPoint", () => {
  it("lead back to where a point and a box came from", () => {
    const coordinate = fc.double({ min: -500, max: 5000, noNaN: true });
    fc.assert(
      fc.property(coordinate, coordinate, fc.constantFrom("center", "top-left"), (x, y, anchor) => {
        const transform = placeInFrame({ width: 1237, height: 811 }, { width: 640, height: 640 }, anchor);
        const { scale, offsetX, offsetY } = transform;
        const framed = { x: x * scale + offsetX, y: y * scale + offsetY };
        const point = fromLetterboxedPoint(framed, transform);
        const box = fromLetterboxedBox({ ...framed, width: 10 * scale, height: 20 * scale }, transform);
        expect(point.x).toBeCloseTo(x, 8);
        expect(point.y).toBeCloseTo(y, 8);
        expect(box.x).toBeCloseTo(x, 8);
        expect(box.y).toBeCloseTo(y, 8);
        expect(box.width).toBeCloseTo(10, 8);
        expect(box.height).toBeCloseTo(20, 8);
      }),
    );
  });
});
