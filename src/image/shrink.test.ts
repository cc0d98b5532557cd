import { describe, expect, it } from "vitest";
import { resize } from "./resize.ts";
import { shrink } from "./shrink.ts";

/** Soft waves, which any antialiasing filter keeps. */
function drawWaves(width: number, height: number) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    return 128 + 100 * Math.sin(x / 20 + (i % 3)) * Math.cos(y / 30);
  });
  return { data, width, height };
}

describe("shrink", () => {
  it("gives what our own kernels give, to a level", async () => {
    const image = drawWaves(480, 300);
    const shrunk = await shrink(image, 336);
    expect([shrunk.width, shrunk.height]).toEqual([336, 210]);
    const expected = resize(image, shrunk, "lanczos3").data;
    expect(shrunk.data.every((level, i) => Math.abs(level - expected[i]!) <= 2)).toBe(true);
  });

  it("leaves an image that is small enough as it is", async () => {
    const image = drawWaves(300, 336);
    expect(await shrink(image, 336)).toBe(image);
  });

  it("keeps at least a pixel of a narrow image", async () => {
    expect(await shrink(drawWaves(2, 900), 100)).toMatchObject({ width: 1, height: 100 });
  });
});
