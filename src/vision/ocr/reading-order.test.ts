import { describe, expect, it } from "vitest";
import type { Quad } from "../../core/geometry.ts";
import { hasShared, readSharedJson } from "../../../test/shared-files.ts";
import { sortReadingOrder } from "./reading-order.ts";

function quadAt(x: number, y: number): Quad {
  return [x, y, x + 50, y, x + 50, y + 20, x, y + 20];
}

describe("sortReadingOrder", () => {
  it("reads rows from the top and each row from the left, though it may not be level", () => {
    const quads = [quadAt(100, 4), quadAt(0, 30), quadAt(0, 8), quadAt(200, 0)];
    expect(sortReadingOrder(quads, 10)).toEqual([2, 0, 3, 1]);
  });

  it("reads rows from the right where asked to", () => {
    expect(sortReadingOrder([quadAt(0, 0), quadAt(100, 2), quadAt(50, 40)], 10, true)).toEqual([1, 0, 2]);
  });

  it("has nothing to sort in an empty page", () => {
    expect(sortReadingOrder([], 10)).toEqual([]);
  });
});

const DATA = "conformance/ocr/reading_order.json";
const isHere = hasShared("reading order against the reference", DATA);
interface Page {
  readonly quads: readonly (readonly (readonly [number, number])[])[];
  readonly order_rapidocr: readonly number[];
}

describe.skipIf(!isHere)("sortReadingOrder against RapidOCR", () => {
  const pages = isHere ? readSharedJson<Page[]>(DATA).map((page, index) => ({ page, index })) : [];
  it.each(pages)("orders page $index alike", ({ page }) => {
    const quads = page.quads.map((quad) => quad.flat() as unknown as Quad);
    expect(sortReadingOrder(quads, 10)).toEqual(page.order_rapidocr);
  });
});
