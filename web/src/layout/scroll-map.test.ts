import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementHeight, toContent, toElement } from "./scroll-map.ts";

const contents = fc.double({ min: 1000, max: 2e9, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe("toElement and toContent", () => {
  it("leave content alone that every browser can show", () => {
    expect(elementHeight(9_000_000)).toBe(9_000_000);
    expect(toElement(8_765_432, 9_000_000)).toBe(8_765_432);
  });

  it("are each other's inverse", () => {
    fc.assert(
      fc.property(contents, share, (content, part) => {
        const y = part * content;
        expect(Math.abs(toContent(toElement(y, content), content) - y)).toBeLessThan(1e-5 * Math.max(1, y));
      }),
    );
  });

  it("never turn round, and stay inside an element that every browser can lay out", () => {
    fc.assert(
      fc.property(contents, share, share, (content, a, b) => {
        const [low, high] = [Math.min(a, b) * content, Math.max(a, b) * content];
        expect(toElement(low, content)).toBeLessThanOrEqual(toElement(high, content) + 1e-6);
        expect(toElement(high, content)).toBeLessThanOrEqual(elementHeight(content) + 1e-6);
        expect(elementHeight(content)).toBeLessThan(17_000_000);
      }),
    );
  });

  it("keep both ends as they are, however tall the content is", () => {
    const content = 60_000_000;
    expect(toElement(12_345, content)).toBe(12_345);
    expect(elementHeight(content) - toElement(content - 12_345, content)).toBe(12_345);
  });
});
