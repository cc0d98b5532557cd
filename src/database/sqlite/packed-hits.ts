import { TEXT_FIELDS } from "../../core/search-vocabulary.ts";
import type { TextHit } from "../text-index.ts";

const MATCHES: readonly TextHit["match"][] = ["words", "part", "similar", "some"];

/** Hits as arrays of numbers, which travel between threads at no cost; thousands of objects take milliseconds each way. */
export interface PackedHits {
  readonly photoIds: Uint32Array<ArrayBuffer>;
  readonly scores: Float64Array<ArrayBuffer>;
  /** Places in {@link MATCHES}, with {@link HAS_FIELDS} where the fields are known. */
  readonly matches: Uint8Array<ArrayBuffer>;
  /** Of the hits whose fields are known: their score in each field, 0 where it has no word. */
  readonly fieldScores: Float64Array<ArrayBuffer>;
}

const HAS_FIELDS = 128;

/** The hits in their order; ids are below 2^32. */
export function packHits(hits: readonly TextHit[]): PackedHits {
  const withFields = hits.filter(({ fields }) => fields !== undefined);
  return {
    photoIds: Uint32Array.from(hits, ({ photoId }) => photoId),
    scores: Float64Array.from(hits, ({ score }) => score),
    matches: Uint8Array.from(
      hits,
      ({ match, fields }) => MATCHES.indexOf(match) + (fields === undefined ? 0 : HAS_FIELDS),
    ),
    fieldScores: Float64Array.from(
      withFields.flatMap(({ fields }) => TEXT_FIELDS.map((field) => fields?.[field] ?? 0)),
    ),
  };
}

/** What {@link packHits} was given. */
export function unpackHits({ photoIds, scores, matches, fieldScores }: PackedHits): readonly TextHit[] {
  let next = 0;
  return Array.from(photoIds, (photoId, i): TextHit => {
    const hit = { photoId, score: scores[i]!, match: MATCHES[matches[i]! % HAS_FIELDS]! };
    if (matches[i]! < HAS_FIELDS) return hit;
    const fields: { -readonly [Field in keyof NonNullable<TextHit["fields"]>]: number } = {};
    for (const field of TEXT_FIELDS) {
      const score = fieldScores[next++]!;
      if (score > 0) fields[field] = score;
    }
    return { ...hit, fields };
  });
}
