import { describe, expect, it } from "vitest";
import { addStripMargin, withoutStripMargin } from "./strip-margin.ts";

describe("addStripMargin", () => {
  it("repeats the first and the last row of a strip", () => {
    const strip = {
      data: Uint8Array.from({ length: 8 * 2 * 3 }, (_, i) => (i < 24 ? 1 : 2)),
      width: 8,
      height: 2,
    };
    const { image, top } = addStripMargin(strip);
    expect([image.width, image.height, top]).toEqual([8, 4, 1]);
    expect([0, 1, 2, 3].map((y) => image.data[y * 24])).toEqual([1, 1, 2, 2]);
    expect(withoutStripMargin([0, 1, 8, 1, 8, 3, 0, 3], top)).toEqual([0, 0, 8, 0, 8, 2, 0, 2]);
  });

  it("leaves other images as they are", () => {
    const photo = { data: new Uint8Array(3 * 2 * 3), width: 3, height: 2 };
    expect(addStripMargin(photo)).toEqual({ image: photo, top: 0 });
  });
});
