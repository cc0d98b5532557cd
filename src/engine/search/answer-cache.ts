/**
 * Remembers what searches found until something is written. Every answer is kept with the number of changes that had been made
 * before it was looked for, and is given again only while that number stands: a change that comes while the search runs makes
 * the answer useless at once, never wrong.
 */
import { LRUCache } from "lru-cache";
import type { CacheUse } from "./cache-use.ts";
import type { PhotoQuery, PhotoSearch, SearchAnswer } from "./search-photos.ts";

/** Pages of answers kept: 100 hits of a page take about 60 KB. */
const MAX_ANSWERS = 300;

/** Words such as "yesterday" mean another day tomorrow, milliseconds. */
const MAX_AGE_MS = 5 * 60_000;

/** A search that remembers. */
export interface CachedSearch extends PhotoSearch {
  use(): CacheUse;
}

export interface AnswerCacheOptions {
  /** Changes when anything was written; undefined where nobody says so, and nothing can be remembered. */
  readonly changes: (() => number) | undefined;
}

/** The same search, asked only for what is not known. What comes with a notice is passing, and is asked for again. */
export function cacheAnswers(search: PhotoSearch, { changes }: AnswerCacheOptions): CachedSearch {
  const answers = new LRUCache<string, { readonly at: number; readonly answer: SearchAnswer }>({
    max: MAX_ANSWERS,
    ttl: MAX_AGE_MS,
  });
  let hits = 0;
  let misses = 0;

  async function find(query: PhotoQuery): Promise<SearchAnswer> {
    // A cursor has a memory of its own, which is to outlast what is written.
    if (query.cursor !== undefined || changes === undefined) return search.search(query);
    const key = JSON.stringify(query);
    const known = answers.get(key);
    const at = changes();
    if (known?.at === at) {
      hits++;
      return known.answer;
    }
    misses++;
    const answer = await search.search(query);
    if (answer.notice === undefined) answers.set(key, { at, answer });
    return answer;
  }

  return {
    search: find,
    searchChannels: (query, channels) => search.searchChannels(query, channels),
    findIds: (query) => search.findIds(query),
    use: () => ({ hits, misses, entries: answers.size }),
  };
}
