import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { gridAspectRatio, isShownWhole, justifyRows, rowHeight } from "./justify.ts";

const geometry = { width: 1000, targetHeight: 200, gap: 4 };

describe("justifyRows", () => {
  it("gives no rows for no photos", () => {
    expect(justifyRows([], geometry)).toEqual([]);
  });

  it("leaves a lonely photo at the target height instead of blowing it up", () => {
    expect(justifyRows([1.5], geometry)).toEqual([{ start: 0, end: 1, height: 200, isFull: false }]);
  });

  it("stretches a last row that is almost full", () => {
    const [row] = justifyRows([1.5, 1.5, 1.6], geometry);
    expect(row).toMatchObject({ start: 0, end: 3, isFull: true });
    expect(row!.height).toBeGreaterThan(200);
  });

  it("ends a row before a photo that would make it too low", () => {
    const rows = justifyRows([1.6, 1.6, 1.5, 3], geometry);
    expect(rows[0]).toMatchObject({ start: 0, end: 3 });
  });

  it("puts every photo into exactly one row, in order, and fills full rows exactly", () => {
    const aspectRatio = fc.double({ min: 0.5, max: 3, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(aspectRatio, { maxLength: 60 }),
        fc.integer({ min: 320, max: 2600 }),
        (ratios, width) => {
          let next = 0;
          for (const row of justifyRows(ratios, { ...geometry, width })) {
            expect(row.start).toBe(next);
            expect(row.end).toBeGreaterThan(row.start);
            next = row.end;
            const sum = ratios.slice(row.start, row.end).reduce((total, ratio) => total + ratio, 0);
            const used = sum * row.height + (row.end - row.start - 1) * geometry.gap;
            if (row.isFull) expect(used).toBeCloseTo(width, 6);
            else expect(used).toBeLessThan(width);
          }
          expect(next).toBe(ratios.length);
        },
      ),
    );
  });
});

describe("row heights", () => {
  it.each([
    ["a phone", 390, 116, 0.7, 1.43],
    ["a desktop", 1352, 216, 0.82, 1.23],
  ])("stay near the target on %s, whatever the shapes", (_device, width, targetHeight, least, most) => {
    const shape = fc.record({
      width: fc.integer({ min: 1, max: 9000 }),
      height: fc.integer({ min: 1, max: 9000 }),
    });
    fc.assert(
      fc.property(fc.array(shape, { maxLength: 80 }), (shapes) => {
        const rows = justifyRows(shapes.map(gridAspectRatio), { width, targetHeight, gap: 0 });
        for (const row of rows) {
          expect(row.height / targetHeight).toBeGreaterThan(least);
          expect(row.height / targetHeight).toBeLessThan(most);
        }
      }),
    );
  });
});

describe("rowHeight", () => {
  it("leaves room for the gaps", () => {
    expect(rowHeight(4, 3, 1008, 4)).toBe(250);
  });
});

describe("gridAspectRatio", () => {
  test.each([
    [{ width: 4000, height: 3000 }, 4 / 3],
    [{ width: 12_000, height: 1000 }, 2.4],
    [{ width: 100, height: 9000 }, 0.5],
    [{ width: 1080, height: 1920 }, 9 / 16],
    [{ width: null, height: null }, 4 / 3],
    [{ width: 100, height: 0 }, 4 / 3],
  ])("of %o is %f", (photo, expected) => {
    expect(gridAspectRatio(photo)).toBe(expected);
  });
});

describe("isShownWhole", () => {
  test.each([
    ["a strip of text", { width: 1200, height: 48 }, true],
    ["a till receipt", { width: 300, height: 2400 }, true],
    ["a panorama", { width: 8000, height: 3000 }, false],
    ["a strip of three squares", { width: 9000, height: 3000 }, true],
    ["a long screenshot of a phone", { width: 1080, height: 2400 }, false],
    ["a photo not decoded yet", { width: null, height: null }, false],
  ])("of %s", (_what, size, expected) => {
    expect(isShownWhole(size)).toBe(expected);
  });
});
