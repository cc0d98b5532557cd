import { type Candidate, findPlaces, type FoundCopy, verifyPlace } from "../src/duplicate/copy-index.ts";
import type { Picture } from "./read-picture.ts";

/** The copy that a candidate is, pixels and all; undefined where it is none. */
export function verifyCandidate(
  first: Picture,
  second: Picture,
  candidate: Candidate,
): FoundCopy | undefined {
  for (const place of findPlaces(first.features, second.features, candidate)) {
    const copy = verifyPlace(first.image, second.image, candidate, place);
    if (copy !== undefined) return copy;
  }
  return undefined;
}
