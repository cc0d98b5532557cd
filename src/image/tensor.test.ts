import { describe, expect, it } from "vitest";

import { toPixelValues } from "./tensor.ts";

const IMAGE = { data: Uint8Array.from([0, 51, 255, 102, 204, 153]), width: 2, height: 1 };

describe("toPixelValues", () => {
  it("puts each channel in a plane of its own, in the order asked for", () => {
    const plain = { scale: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const;
    expect([...toPixelValues(IMAGE, { colourOrder: "rgb", ...plain })]).toEqual([0, 102, 51, 204, 255, 153]);
    expect([...toPixelValues(IMAGE, { colourOrder: "bgr", ...plain })]).toEqual([255, 153, 51, 204, 0, 102]);
  });

  it("scales, then subtracts the mean and divides by the deviation of its plane", () => {
    const values = toPixelValues(IMAGE, {
      colourOrder: "bgr",
      scale: 1 / 255,
      mean: [0.5, 0.25, 0],
      std: [0.5, 0.25, 0.1],
    });
    const expected = [1, 0.2, -0.2, 2.2, 0, 4];
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  });

  it("treats every pixel of a large image alike, also where it writes into floats of the caller", () => {
    const [width, height] = [203, 101];
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
    const floats = new Float32Array(3 * width * height);
    const settings = { colourOrder: "rgb", scale: 2, mean: [1, 2, 3], std: [1, 1, 1] } as const;
    expect(toPixelValues({ data, width, height }, settings, floats)).toBe(floats);
    const expected = Float32Array.from(floats, (_, i) => {
      const plane = Math.floor(i / (width * height));
      return data[(i % (width * height)) * 3 + plane]! * 2 - (plane + 1);
    });
    expect(floats).toEqual(expected);
  });
});
