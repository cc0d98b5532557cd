import { TEXT_FIELDS, type TextField } from "../../core/search-vocabulary.ts";
import type { TextHit } from "../../database/text-index.ts";

/** Ids of one page of a channel, best first, and at which rank they begin. */
export interface WordChannels {
  /** Photos by each field that holds words of the query, best first; photos that do not hold all of the query's words are in none. */
  readonly fields: Readonly<Record<TextField, readonly number[]>>;
  /** Photos that hold parts of the words, words spelt nearly so, or only some of the words: after all others. */
  readonly fuzzy: readonly number[];
  readonly fuzzyRank: number;
}

/**
 * The list of hits by words as one list a field: a photo that has a word in its tags and in its text was found twice, and is
 * better for it. O(n log n).
 */
export function toWordChannels(hits: readonly TextHit[]): WordChannels {
  const isWhole = ({ match, fields: scores }: TextHit) => match !== "some" && scores !== undefined;
  const whole = hits.filter(isWhole);
  const fields = Object.fromEntries(
    TEXT_FIELDS.map((field) => [field, rankByField(whole, field)] as const),
  ) as Record<TextField, readonly number[]>;
  const fuzzy = hits.filter((hit) => !isWhole(hit)).map(({ photoId }) => photoId);
  return { fields, fuzzy, fuzzyRank: hits.length - fuzzy.length + 1 };
}

function rankByField(hits: readonly TextHit[], field: TextField): readonly number[] {
  return hits
    .flatMap(({ photoId, fields, score }) => {
      const own = fields?.[field];
      return own === undefined ? [] : [{ photoId, own, score }];
    })
    .toSorted((a, b) => b.own - a.own || b.score - a.score || b.photoId - a.photoId)
    .map(({ photoId }) => photoId);
}
