import type { Quad } from "../../core/geometry.ts";

/**
 * The indices of `quads` in the order in which they are read: rows from the top, each from the left (RapidOCR's rule:
 * sorted by the y of the first corner, a new row begins where the next is at least `rowTolerance` pixels lower), or from
 * the right where the page's script runs that way. O(n log n).
 */
export function sortReadingOrder(quads: readonly Quad[], rowTolerance: number, fromRight = false): number[] {
  const sign = fromRight ? -1 : 1;
  const byTop = quads.map((_, index) => index).toSorted((a, b) => quads[a]![1] - quads[b]![1]);
  const rows: number[][] = [];
  for (const index of byTop) {
    const row = rows.at(-1);
    const isSameRow = row !== undefined && quads[index]![1] - quads[row.at(-1)!]![1] < rowTolerance;
    if (isSameRow) row.push(index);
    else rows.push([index]);
  }
  return rows.flatMap((row) => row.toSorted((a, b) => (quads[a]![0] - quads[b]![0]) * sign));
}
