import { describe, expect, it } from "vitest";
import type { RasterImage } from "../../core/raster-image.ts";
import { resize } from "../../image/resize.ts";
import { hasShared, readSharedImage } from "../../../test/shared-files.ts";
import { loadTextModels, PP_OCR_V4 } from "../../../test/text-readers.ts";
import { createTextDetector } from "./text-detector.ts";

const LINE = "photos/text/en_rec.jpg";
const PAGE = { width: 1344, height: 1920 };

/** A white page with the same line of print so many times, one below the other. */
function pageOf(line: RasterImage, count: number): RasterImage {
  const data = new Uint8Array(PAGE.width * PAGE.height * 3).fill(255);
  for (let i = 0; i < count; i++) {
    const top = 10 + Math.floor((i * (PAGE.height - 20)) / count);
    for (let row = 0; row < line.height; row++) {
      const from = row * line.width * 3;
      data.set(line.data.subarray(from, from + line.width * 3), ((top + row) * PAGE.width + 20) * 3);
    }
  }
  return { data, ...PAGE };
}

describe.skipIf(!hasShared("finding small print", LINE))("createTextDetector", () => {
  it("sees a page of print so small that nothing of it is left at the first glance", async () => {
    const detector = createTextDetector((await loadTextModels(PP_OCR_V4)).detection);
    const line = resize(await readSharedImage(LINE), { width: 407, height: 17 }, "lanczos3");
    const boxes = await detector.detect(pageOf(line, 80));
    expect(boxes.length).toBeGreaterThan(70);
  });
});
