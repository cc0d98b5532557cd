import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { Section, Verdict } from "../../core/search-trust.ts";
import type { SearchChannel, SearchSort } from "../../core/search-vocabulary.ts";
import { isNarrowing, passedFilter } from "../../database/photo-filter.ts";
import type { PhotoPages } from "../../database/photo-pages.ts";
import { listPhotos } from "../../database/photo-set.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import type { TextHit, TextIndex } from "../../database/text-index.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import { fuseRanks } from "../../rank/reciprocal-rank-fusion.ts";
import { inSections } from "../../rank/sections.ts";
import type { FindTaught } from "../concepts/find-taught.ts";
import { collectChannelHits } from "./channel-hits.ts";
import {
  explainHits,
  type FoundByChannel,
  type HitRanks,
  type SearchHit,
  sectionOfHit,
} from "./explain-hits.ts";
import { formatCursor, parseCursor } from "./search-cursor.ts";
import {
  createSearchMeaning,
  type Passing,
  type SearchMeaningOptions,
  type SearchMode,
} from "./search-meaning.ts";
import { createSearchRuns } from "./search-runs.ts";
import { toWordChannels } from "./word-channels.ts";

/** Photos taken from the keyword channel before fusion: enough for many pages, few enough to fuse in milliseconds. */
const WORDS_DEPTH = 5000;

/** Channels that ask the tables get the ids of photos that pass where these are no more; else they ask the filter itself. */
const MAX_LISTED = 10_000;

/** A question to the library. */
export interface PhotoQuery {
  /** What to look for; blank lists what the filter leaves, newest first. */
  readonly text: string;
  /** The same for searching by words, where they differ. */
  readonly words?: string;
  readonly mode: SearchMode;
  readonly filter: PhotoFilter;
  /** Default `relevance`: the best first, and without a text the newest. */
  readonly sort?: SearchSort;
  readonly limit: number;
  readonly offset: number;
  /** `nextCursor` of the page before, in place of the offset. */
  readonly cursor?: string | undefined;
}

export interface SearchAnswer {
  readonly hits: readonly SearchHit[];
  readonly total: number;
  /** False where only the best matches of a frequent word were counted. */
  readonly isTotalExact: boolean;
  /** Where the next page begins; undefined on the last one. */
  readonly nextCursor?: string;
  /** How many hits are in each section; the strong ones come first. */
  readonly sections: Readonly<Record<Section, number>>;
  /** Undefined where nothing was looked for. */
  readonly verdict?: Verdict;
  /** The mode that really ran: hybrid becomes keyword where no text-image model is installed. */
  readonly mode: SearchMode;
  /** Something the user should know. */
  readonly notice?: string;
}

export interface SearchOptions extends SearchMeaningOptions {
  readonly photos: PhotoStore;
  readonly pages: PhotoPages;
  readonly analyses: AnalysisStore;
  readonly textIndex: TextIndex;
  readonly findTaught: FindTaught;
}

/** Hits of some channels, each with the reasons of these alone. */
export type ChannelAnswer = Pick<SearchAnswer, "hits" | "nextCursor" | "notice">;

/** Finds photos by words, by meaning, or by both fused. */
export interface PhotoSearch {
  /** `bad_request` for a cursor that is none. */
  search(query: PhotoQuery): Promise<SearchAnswer>;
  /** What some channels found, in the order of all. `bad_request` as for {@link PhotoSearch.search}. */
  searchChannels(query: PhotoQuery, channels: readonly SearchChannel[]): Promise<ChannelAnswer>;
  /**
   * Ids of everything that a query finds, best first; undefined where there is no text, so that the filter alone says it.
   * `isExact` as in {@link SearchAnswer}.
   */
  findIds(
    query: Pick<PhotoQuery, "text" | "words" | "mode" | "filter">,
  ): Promise<{ readonly ids: readonly number[]; readonly isExact: boolean } | undefined>;
}

/** Everything that a query found, in its order. */
interface SearchRun {
  readonly entries: readonly HitRanks[];
  readonly found: FoundByChannel;
  readonly sections: SearchAnswer["sections"];
  readonly verdict: Verdict;
  readonly isTotalExact: boolean;
  readonly mode: SearchMode;
  readonly notice?: string;
}

/** A search over one library; see {@link PhotoSearch}. */
export function createPhotoSearch(options: SearchOptions): PhotoSearch {
  const { photos, pages, textIndex, findTaught } = options;
  const searchMeaning = createSearchMeaning(options);
  const runs = createSearchRuns<SearchRun>();

  /** What a question found, anew or as the page before had it, with the place of its page and a cursor for further ones. */
  async function openRun(query: PhotoQuery) {
    const question = JSON.stringify([query.text, query.words, query.mode, query.sort, query.filter]);
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    const offset = cursor?.kind === "list" ? cursor.offset : query.offset;
    let name = cursor?.kind === "list" ? cursor.run : undefined;
    let run = name === undefined ? undefined : runs.recall(name, question);
    if (run === undefined) {
      run = await findAll(query);
      name = undefined;
    }
    const known = run;
    const cursorAt = (next: number) =>
      formatCursor({ kind: "list", run: (name ??= runs.remember(question, known)), offset: next });
    return { run, offset, cursorAt };
  }

  async function search(query: PhotoQuery): Promise<SearchAnswer> {
    if (query.text.trim() === "") return listFiltered(query);
    const { run, offset, cursorAt } = await openRun(query);
    const { entries, found, isTotalExact, sections, verdict, mode, notice } = run;
    const end = offset + query.limit;
    return {
      hits: await explainHits(entries.slice(offset, end), wordsOf(query), found, options),
      total: entries.length,
      isTotalExact,
      ...(end < entries.length ? { nextCursor: cursorAt(end) } : {}),
      sections,
      verdict,
      mode,
      ...(notice === undefined ? {} : { notice }),
    };
  }

  async function searchChannels(
    query: PhotoQuery,
    channels: readonly SearchChannel[],
  ): Promise<ChannelAnswer> {
    if (query.text.trim() === "") return { hits: [] };
    const { run, offset, cursorAt } = await openRun(query);
    const { hits, next } = await collectChannelHits(run.entries, {
      channels,
      offset,
      limit: query.limit,
      explain: (page) => explainHits(page, wordsOf(query), run.found, options),
    });
    return {
      hits,
      ...(next === undefined ? {} : { nextCursor: cursorAt(next) }),
      ...(run.notice === undefined ? {} : { notice: run.notice }),
    };
  }

  /** What a query may find, told to each channel in the way that it asks for. */
  async function pass(filter: PhotoFilter): Promise<Passing> {
    const among = await photos.findPassing(filter);
    const isFew = isNarrowing(filter) && among.size <= MAX_LISTED;
    return { among, filter: isFew ? passedFilter([...listPhotos(among)]) : filter };
  }

  /** Asks every channel, side by side, and fuses their lists. */
  async function findAll(query: PhotoQuery): Promise<SearchRun> {
    const passing = pass(query.filter);
    const [allWords, meaning, taught] = await Promise.all([
      searchWords(query, passing),
      searchMeaning(query, passing),
      passing.then(({ filter }) => findTaught(query.text, filter)),
    ]);
    const isRefused = (photoId: number) => taught.refused.has(photoId);
    const words = allWords.filter(({ photoId }) => !isRefused(photoId));
    // What the user said of the query counts, not what its words mean to the model.
    const found: FoundByChannel = {
      words: new Map(words.map((hit) => [hit.photoId, hit])),
      meaning: taught.isLearnt ? [] : meaning.matches.filter(({ id }) => !isRefused(id)),
      objectMeaning: taught.isLearnt ? [] : meaning.objects.filter(({ photoId }) => !isRefused(photoId)),
      taught,
    };
    const ranked = inSections(fuse(words, found), (entry) => sectionOfHit(entry, found));
    const mode = meaning.isAvailable || query.mode === "semantic" ? query.mode : "keyword";
    return {
      entries: await sortEntries(ranked.entries, query.sort),
      found,
      sections: ranked.counts,
      verdict: ranked.verdict,
      isTotalExact: allWords.length < WORDS_DEPTH,
      mode,
      ...(meaning.notice === undefined ? {} : { notice: meaning.notice }),
    };
  }

  async function sortEntries(
    entries: readonly HitRanks[],
    sort: SearchSort = "relevance",
  ): Promise<readonly HitRanks[]> {
    if (sort === "relevance") return entries;
    const byId = new Map(entries.map((entry) => [entry.id, entry]));
    return Array.from(await pages.sortIds([...byId.keys()], sort), (id) => byId.get(id)!);
  }

  async function listFiltered(query: PhotoQuery): Promise<SearchAnswer> {
    const { limit, offset, mode } = query;
    const sort = query.sort === "oldest" ? "oldest" : "newest";
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    const after = cursor?.kind === "time" ? cursor.after : undefined;
    const { among, filter } = await pass(query.filter);
    const found = await (after === undefined
      ? photos.list(filter, { sort, limit, offset })
      : pages.list(filter, { sort, limit, after }));
    const last = found.length < limit ? undefined : found.at(-1);
    return {
      hits: found.map((photo) => ({ photo, score: 0, reasons: [] })),
      total: among.size,
      isTotalExact: true,
      ...(last === undefined ? {} : { nextCursor: formatCursor({ kind: "time", after: last }) }),
      sections: { strong: 0, maybe: 0 },
      mode,
    };
  }

  async function searchWords(query: PhotoQuery, passing: Promise<Passing>): Promise<readonly TextHit[]> {
    if (query.mode === "semantic") return [];
    const { among } = await passing;
    return textIndex.search(wordsOf(query), { limit: WORDS_DEPTH, among });
  }

  return {
    search,
    searchChannels,
    async findIds(query) {
      if (query.text.trim() === "") return undefined;
      const { entries, isTotalExact } = await findAll({ ...query, limit: 0, offset: 0 });
      return { ids: entries.map(({ id }) => id), isExact: isTotalExact };
    },
  };
}

const wordsOf = ({ text, words }: Pick<PhotoQuery, "text" | "words">) => words ?? text;

/** One list out of the lists of all channels. */
function fuse(
  words: readonly TextHit[],
  { meaning, objectMeaning, taught }: FoundByChannel,
): readonly HitRanks[] {
  const { fields, fuzzy, fuzzyRank } = toWordChannels(words);
  return fuseRanks(
    {
      ...fields,
      fuzzy,
      meaning: meaning.map(({ id }) => id),
      objectMeaning: objectMeaning.map(({ photoId }) => photoId),
      concept: taught.hits.map(({ id }) => id),
    },
    { firstRanks: { fuzzy: fuzzyRank } },
  );
}
