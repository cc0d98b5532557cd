import { setTimeout as sleep } from "node:timers/promises";

/** Beginnings up to this length have a list; words that begin with a longer one are few enough to be counted at once. */
const LONGEST_START = 4;

/** Words listed for each beginning. */
const LISTED = 20;

/** With fewer words in the index any beginning is counted in a millisecond or two. */
const FEW_WORDS = 20_000;

/** Words read at a time, so that a reader is never kept for long. */
const PAGE = 500;

/** Of the time that counting takes, so many times as much is left to others. */
const REST_BETWEEN_PAGES = 2;

/** Words are counted anew so long after they were, milliseconds, or so many times what counting took. */
const MIN_REST_MS = 60_000;
const REST_FACTOR = 20;

/** A word and on how many photos it is. */
export interface WordCount {
  readonly word: string;
  readonly photos: number;
}

export interface WordCountsOptions {
  /** How many different words there are, or more. */
  readonly countWords: () => Promise<number>;
  /** Words after this one in the order of their code units. */
  readonly readPage: (after: string, limit: number) => Promise<readonly WordCount[]>;
  readonly now?: () => number;
}

/** The most frequent words by how they begin. */
export interface WordCounts {
  /** Words that begin so, most frequent first; undefined where they are not known and are to be counted. */
  find(start: string, limit: number): readonly WordCount[] | undefined;
  /** Counts all words where these are many, unless it is being done; fails as reading does. */
  count(): Promise<void>;
}

type Lists = Map<string, WordCount[]>;

const compare = (a: WordCount, b: WordCount) => b.photos - a.photos || (a.word < b.word ? -1 : 1);

/**
 * Lists of words for short beginnings, made by going through the whole vocabulary from time to time: the photos of some
 * thousand words take a tenth of a second to count in a large library, and people type faster than that.
 */
export function createWordCounts({
  countWords,
  readPage,
  now = () => performance.now(),
}: WordCountsOptions): WordCounts {
  let known: Lists | undefined;
  let staleAt = -Infinity;
  let counting: Promise<void> | undefined;

  async function countAll(): Promise<void> {
    const startedAt = now();
    const lists: Lists = new Map();
    if ((await countWords()) > FEW_WORDS) {
      await readInto(lists);
      for (const list of lists.values()) shorten(list);
      known = lists;
    } else known = undefined;
    staleAt = now() + Math.max(MIN_REST_MS, (now() - startedAt) * REST_FACTOR);
  }

  async function readInto(lists: Lists): Promise<void> {
    for (let after = ""; ;) {
      const startedAt = performance.now();
      const page = await readPage(after, PAGE);
      for (const word of page) list(lists, word);
      if (page.length < PAGE) return;
      after = page.at(-1)!.word;
      await sleep((performance.now() - startedAt) * REST_BETWEEN_PAGES, undefined, { ref: false });
    }
  }

  function count(): Promise<void> {
    counting ??= countAll().finally(() => {
      counting = undefined;
    });
    return counting;
  }

  return {
    find(start, limit) {
      // What goes wrong is found out by whoever asks the index itself.
      if (now() >= staleAt) count().catch(() => {});
      if (known === undefined || start.length > LONGEST_START || limit > LISTED) return undefined;
      return (known.get(start) ?? []).slice(0, limit);
    },
    count,
  };
}

function list(lists: Lists, word: WordCount): void {
  const longest = Math.min(LONGEST_START, word.word.length);
  for (let length = 1; length <= longest; length++) {
    const start = word.word.slice(0, length);
    const words = lists.get(start);
    if (words === undefined) lists.set(start, [word]);
    else {
      words.push(word);
      if (words.length >= LISTED * 4) shorten(words);
    }
  }
}

/** Leaves the most frequent ones, in order. */
function shorten(words: WordCount[]): void {
  words.sort(compare);
  words.length = Math.min(words.length, LISTED);
}
