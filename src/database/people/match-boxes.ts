import type { Box } from "../../core/geometry.ts";
import { intersectionOverUnion } from "../../math/intersection-over-union.ts";

/**
 * Overlap from which two boxes are the same face. Detectors frame a face differently (with or without forehead and chin:
 * .4–.7 between SCRFD, YuNet and SSD on our group photos), while two people side by side hardly overlap at all.
 */
const MIN_SAME_FACE_IOU = 0.3;

/**
 * Which of the new boxes are which of the old: pairs by overlap, the best first, each box once. The answer has for each new
 * box the index of its old one, or undefined. O(n·m), for the faces of one photo.
 */
export function matchBoxes(
  newBoxes: readonly Box[],
  oldBoxes: readonly Box[],
): readonly (number | undefined)[] {
  const pairs = newBoxes.flatMap((box, i) =>
    oldBoxes.map((old, j) => ({ i, j, iou: intersectionOverUnion(box, old) })),
  );
  const matches = newBoxes.map((): number | undefined => undefined);
  const taken = new Set<number>();
  for (const { i, j, iou } of pairs.toSorted((a, b) => b.iou - a.iou)) {
    if (iou < MIN_SAME_FACE_IOU) break;
    if (matches[i] !== undefined || taken.has(j)) continue;
    matches[i] = j;
    taken.add(j);
  }
  return matches;
}
