/**
 * Two looks at the same page become one: where lines of both cover the same spot, those are kept that read more text more
 * surely. O(n · m) overlaps for n and m lines.
 */
import { overlapOfSmaller } from "./quad-overlap.ts";
import type { ReadBox } from "./read-lines.ts";

/** Lines that share this part of the smaller are of one spot. */
const SAME_SPOT = 0.4;
/**
 * The exponent that weighs sureness against length: a line of 20 characters read at .8 is worth 8 that are certain. At 2,
 * garbled long lines win; at 8, fragments (words found on the sample texts: .818, .820 at 4, .814).
 */
const SURENESS_WEIGHT = 4;
/** How much more the second look must be worth: each look has its own accidents. */
const SECOND_LOOK_GAIN = 1.05;
/** Less sure lines are worth nothing. */
const MIN_SCORE = 0.6;

/** The lines of `first`, with those of `second` where these say more. */
export function mergeLooks(first: readonly ReadBox[], second: readonly ReadBox[]): ReadBox[] {
  return groupBySpot(first, second).flatMap((spot) =>
    worthOf(spot.second) > worthOf(spot.first) * SECOND_LOOK_GAIN ? spot.second : spot.first,
  );
}

interface Spot {
  readonly first: ReadBox[];
  readonly second: ReadBox[];
}

/** Boxes that lie on each other, directly or through others; in the order of the first box of each. */
function groupBySpot(first: readonly ReadBox[], second: readonly ReadBox[]): Spot[] {
  let spots: Spot[] = first.map((box) => ({ first: [box], second: [] }));
  for (const box of second) {
    const touches = ({ quad }: ReadBox): boolean => overlapOfSmaller(quad, box.quad) > SAME_SPOT;
    const touched = spots.filter((spot) => spot.first.some(touches));
    const joined: Spot = {
      first: touched.flatMap((spot) => spot.first),
      second: [...touched.flatMap((spot) => spot.second), box],
    };
    const [home] = touched;
    spots =
      home === undefined
        ? [...spots, joined]
        : spots.flatMap((spot) => (spot === home ? joined : touched.includes(spot) ? [] : spot));
  }
  return spots;
}

/** How many certain characters the lines are worth. */
function worthOf(boxes: readonly ReadBox[]): number {
  return boxes.reduce((sum, { line: { text, score } }) => {
    return score < MIN_SCORE ? sum : sum + score ** SURENESS_WEIGHT * text.replaceAll(" ", "").length;
  }, 0);
}
