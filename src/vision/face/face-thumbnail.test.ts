import { describe, expect, it } from "vitest";
import type { Point } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { cropFaceThumbnail, FACE_THUMBNAIL_SIDE as SIDE } from "./face-thumbnail.ts";

const WHITE = [255, 255, 255];

/** A grey picture with white dots of 9 pixels. */
function drawDots(width: number, height: number, dots: readonly Point[]): RasterImage {
  const data = new Uint8Array(width * height * 3).fill(100);
  for (const { x, y } of dots) {
    for (let dy = -4; dy <= 4; dy++)
      for (let dx = -4; dx <= 4; dx++) data.set(WHITE, ((y + dy) * width + x + dx) * 3);
  }
  return { data, width, height };
}

/** Where the white dots lie: the middles of their halves of the picture. */
function findDots({ data, width, height }: RasterImage): Point[] {
  return [0, 1].map((half) => {
    let [x, y, count] = [0, 0, 0];
    for (let row = 0; row < height; row++)
      for (let column = half * (width / 2); column < (half + 1) * (width / 2); column++) {
        if (data[(row * width + column) * 3]! < 200) continue;
        [x, y, count] = [x + column, y + row, count + 1];
      }
    return { x: x / count, y: y / count };
  });
}

/** A face of 200 pixels round the middle of a photo, its eyes turned by an angle. */
function faceAt(image: { width: number; height: number }, angle: number, eyeDistance = 80) {
  const middle = { x: image.width / 2, y: image.height / 2 };
  const eyes = [-0.5, 0.5].map((share) => ({
    x: Math.round(middle.x + share * eyeDistance * Math.cos(angle)),
    y: Math.round(middle.y + share * eyeDistance * Math.sin(angle)),
  }));
  const box = { x: middle.x - 100, y: middle.y - 100, width: 200, height: 200 };
  return {
    eyes,
    place: {
      normalizedBox: {
        x: box.x / image.width,
        y: box.y / image.height,
        width: box.width / image.width,
        height: box.height / image.height,
      },
      landmarks: eyes.map(({ x, y }) => ({ x: x / image.width, y: y / image.height })),
    },
  };
}

describe("cropFaceThumbnail", () => {
  const size = { width: 1000, height: 700 };

  it.each([0, 0.4, -0.7, 1.2])("levels eyes that are turned by %f radians", (angle) => {
    const { eyes, place } = faceAt(size, angle);
    const thumbnail = cropFaceThumbnail(drawDots(size.width, size.height, eyes), place);
    expect([thumbnail.width, thumbnail.height]).toEqual([SIDE, SIDE]);
    const [left, right] = findDots(thumbnail);
    expect(Math.abs(left!.y - right!.y)).toBeLessThan(1.5);
    // 80 pixels of a square of 320.
    expect(right!.x - left!.x).toBeCloseTo(SIDE / 4, -0.5);
    expect((left!.x + right!.x) / 2).toBeCloseTo(SIDE / 2, -0.5);
  });

  it("stays inside the photo at its border", () => {
    const image = drawDots(400, 400, []);
    const place = { normalizedBox: { x: 0, y: 0, width: 0.25, height: 0.25 }, landmarks: [] };
    const { data } = cropFaceThumbnail(image, place);
    expect(data.every((level) => level === 100)).toBe(true);
  });

  it("enlarges a small face, and takes one larger than the photo", () => {
    const image = drawDots(60, 40, []);
    for (const side of [0.2, 1]) {
      const place = { normalizedBox: { x: 0.2, y: 0, width: side, height: side }, landmarks: [] };
      expect(cropFaceThumbnail(image, place)).toMatchObject({ width: SIDE, height: SIDE });
    }
  });
});
