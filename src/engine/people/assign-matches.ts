import type { FaceGuess } from "../../database/people/write-faces.ts";
import type { PersonMatch } from "../../cluster/match-persons.ts";

/** A face with whom it looks like, most alike first. */
export interface FaceCandidates {
  readonly faceId: number;
  readonly photoId: number;
  readonly matches: readonly PersonMatch[];
}

/**
 * Whom to take each face for: the person it looks most like, from `threshold` on, but nobody twice in one photo, for two faces
 * in a photo are two people unless a human says otherwise. The surest face of a photo chooses first.
 *
 * @param isTaken - Whether the person cannot be this face of the photo: a human said which one it is, or it was not born yet.
 * @param isRuledOut - Whether a human said that the face is not the person.
 */
export function assignMatches(
  faces: readonly FaceCandidates[],
  threshold: number,
  isTaken: (photoId: number, personId: string) => boolean,
  isRuledOut: (faceId: number, personId: string) => boolean,
): readonly FaceGuess[] {
  const pairs = faces.flatMap(({ faceId, photoId, matches }) =>
    matches
      .filter(({ score, personId }) => score >= threshold && !isRuledOut(faceId, personId))
      .map((match) => ({ faceId, photoId, ...match })),
  );
  const chosen = new Map<number, FaceGuess>();
  const taken = new Set<string>();
  for (const { faceId, photoId, personId, score } of pairs.toSorted(
    (a, b) => b.score - a.score || a.faceId - b.faceId,
  )) {
    const place = `${photoId} ${personId}`;
    if (chosen.has(faceId) || taken.has(place) || isTaken(photoId, personId)) continue;
    taken.add(place);
    chosen.set(faceId, { faceId, match: { personId, score, source: "prototype" } });
  }
  return faces.map(({ faceId }) => chosen.get(faceId) ?? { faceId });
}
