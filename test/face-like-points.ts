import { createRandom, shuffle } from "../src/math/random.ts";

/** Made-up embeddings of people with many and with few faces, and of strangers. */
export interface FaceLikePoints {
  /** Row-major, L2 length about 1. */
  readonly embeddings: Float32Array;
  readonly dimensions: number;
  /** Who each is; strangers have a number of their own. */
  readonly people: Int32Array;
}

/**
 * So many embeddings that are as similar as faces are: about .6 within a person, about 0 between people. Groups have 1 to
 * `largest` faces, small ones being more frequent, and stand in no order. The same seed gives the same ones.
 */
export function createFaceLikePoints(
  count: number,
  { dimensions = 64, largest = 30, seed = 1 }: { dimensions?: number; largest?: number; seed?: number } = {},
): FaceLikePoints {
  const random = createRandom(seed);
  const drawDirection = (): Float64Array => {
    const draws = Float64Array.from({ length: dimensions }, () => drawNormal(random));
    const length = Math.hypot(...draws);
    return draws.map((value) => value / length);
  };
  const embeddings = new Float32Array(count * dimensions);
  const people = new Int32Array(count);
  const places = shuffle([...Array(count).keys()], random);
  for (let person = 0, next = 0; next < count; person++) {
    const centre = drawDirection();
    const size = Math.ceil(largest ** random());
    for (let face = 0; face < size && next < count; face++, next++) {
      const own = drawDirection();
      const place = places[next]!;
      people[place] = person;
      embeddings.set(
        centre.map((value, k) => value * Math.sqrt(0.6) + own[k]! * Math.sqrt(0.4)),
        place * dimensions,
      );
    }
  }
  return { embeddings, dimensions, people };
}

/** A normally distributed number (Box, Muller, 1958). */
function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
