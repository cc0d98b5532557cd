import type { Transaction } from "kysely";
import type { PhotoFilter } from "../core/photo-filter.ts";
import type { TextField } from "../core/search-vocabulary.ts";
import type { PhotoSet } from "./photo-set.ts";
import type { Schema } from "./schema.ts";

/** A photo found by its words. */
export interface TextHit {
  readonly photoId: number;
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
  /**
   * `words`: every word of the query is there; `part`: every one at least as part of a word, or run together; `similar`:
   * every one, some of them spelt a little differently; `some`: only some words of the query.
   */
  readonly match: "words" | "part" | "similar" | "some";
  /** The score by each field that holds a word of the query, higher is better; whole words only. */
  readonly fields?: Readonly<Partial<Record<TextField, number>>>;
}

/** Why a photo was found: a field, and its words (or the line, where words run together) that matched. */
export interface TextExplanation {
  readonly field: TextField;
  readonly words: readonly string[];
}

/** Full-text search over what is written in, on and about photos. It can be rebuilt from the tables at any time. */
export interface TextIndex {
  /**
   * Photos matching the query, best first: `words` before `part` before `similar` before `some`, the last only when there
   * is nothing else. Any string is a valid query; one without a letter or digit finds nothing.
   */
  search(
    query: string,
    options: {
      readonly limit: number;
      readonly filter?: PhotoFilter;
      /** The photos that pass the filter, where they are known. */
      readonly among?: PhotoSet | undefined;
    },
  ): Promise<readonly TextHit[]>;
  /**
   * Words of the index that start like `prefix`, most frequent first. In a large library those of a short prefix are the ones
   * of some minutes ago.
   */
  suggest(prefix: string, limit: number): Promise<readonly { word: string; photos: number }[]>;
  /** Counts the words of a large library beforehand: seconds for a million photos. */
  prepareSuggest(): Promise<void>;
  /** Which fields of these photos match the query, by photo id. Meant for one page of hits. */
  explain(
    photoIds: readonly number[],
    query: string,
  ): Promise<ReadonlyMap<number, readonly TextExplanation[]>>;
  /** Makes the rows of these photos anew from the tables, inside the caller's transaction. */
  update(transaction: Transaction<Schema>, photoIds: readonly number[]): Promise<void>;
  /**
   * Makes every row anew from the tables, page by page, while searches and writes go on. `progress` hears how many photos
   * are done.
   */
  rebuild(progress?: (done: number) => void): Promise<void>;
}
