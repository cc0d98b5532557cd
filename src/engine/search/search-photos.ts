import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { Section, Verdict } from "../../core/search-trust.ts";
import type { SearchChannel } from "../../core/search-vocabulary.ts";
import type { TextHit, TextIndex } from "../../database/text-index.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { Box } from "../../core/geometry.ts";
import { fuseRanks, type FusedRank } from "../../rank/reciprocal-rank-fusion.ts";
import { betterSection, inSections } from "../../rank/sections.ts";
import type { FindTaught, TaughtAnswer, TaughtHit } from "../concepts/find-taught.ts";
import { isEncoderFailure, isModelMissing, type QueryEncoder } from "./query-encoder.ts";
import type { PhotoVectors } from "./photo-vectors.ts";
import { searchWithin } from "./search-within.ts";
import { findMatchingBoxes } from "./matching-boxes.ts";
import type { JudgedMatch, Trust } from "./trust.ts";

/** Photos taken from the keyword channel before fusion: enough for many pages, few enough to fuse in milliseconds. */
const WORDS_DEPTH = 5000;

/** Photos that searching by meaning offers at most: the tail of an embedding's neighbours means nothing. */
const MEANING_DEPTH = 200;

export type SearchMode = "hybrid" | "keyword" | "semantic";

/** A question to the library. */
export interface PhotoQuery {
  /** What to look for; blank lists what the filter leaves, newest first. */
  readonly text: string;
  readonly mode: SearchMode;
  readonly filter: PhotoFilter;
  readonly limit: number;
  readonly offset: number;
}

/** Why a photo was found. */
export interface SearchReason {
  readonly channel: SearchChannel;
  /** Place in the channel's own list, from 1; undefined where the channel is only a part of the keyword list. */
  readonly rank?: number;
  /** Cosine similarity (meaning only). */
  readonly similarity?: number;
  /** How far the query stands out from unrelated texts, in standard deviations (meaning only). */
  readonly distinction?: number;
  readonly matches: readonly string[];
  /** Where in the photo, fractions of its size. */
  readonly normalizedBoxes: readonly Box[];
}

export interface SearchHit {
  readonly photo: Photo;
  readonly score: number;
  /** Undefined where nothing was looked for. */
  readonly section?: Section;
  readonly reasons: readonly SearchReason[];
}

export interface SearchAnswer {
  readonly hits: readonly SearchHit[];
  readonly total: number;
  /** How many hits are in each section; the strong ones come first. */
  readonly sections: Readonly<Record<Section, number>>;
  /** Undefined where nothing was looked for. */
  readonly verdict?: Verdict;
  /** The mode that really ran: hybrid becomes keyword where no text-image model is installed. */
  readonly mode: SearchMode;
  /** Something the user should know. */
  readonly notice?: string;
}

export interface SearchOptions {
  readonly photos: PhotoStore;
  readonly analyses: AnalysisStore;
  readonly textIndex: TextIndex;
  readonly vectors: PhotoVectors;
  readonly encoder: QueryEncoder;
  readonly trust: Pick<Trust, "judge">;
  readonly findTaught: FindTaught;
}

/** Finds photos by words, by meaning, or by both fused. */
export interface PhotoSearch {
  search(query: PhotoQuery): Promise<SearchAnswer>;
}

interface Meaning {
  /** Those that chance does not explain. */
  readonly matches: readonly JudgedMatch[];
  readonly notice?: string;
  readonly isAvailable: boolean;
}

/** A search over one library; see {@link PhotoSearch}. */
export function createPhotoSearch(options: SearchOptions): PhotoSearch {
  const { photos, analyses, textIndex, vectors, encoder, trust, findTaught } = options;

  async function search(query: PhotoQuery): Promise<SearchAnswer> {
    if (query.text.trim() === "") return listFiltered(query);
    const [allWords, allMeaning, taught] = await Promise.all([
      searchWords(query),
      searchMeaning(query),
      findTaught(query.text, query.filter),
    ]);
    const isRefused = (photoId: number) => taught.refused.has(photoId);
    const words = allWords.filter(({ photoId }) => !isRefused(photoId));
    // What the user said of the query counts, not what its words mean to the model.
    const matches = taught.isLearnt ? [] : allMeaning.matches.filter(({ id }) => !isRefused(id));
    const meaning = { ...allMeaning, matches };
    const found = { words, meaning: matches, taught };
    const ranked = fuseRanks({
      words: words.map(({ photoId }) => photoId),
      meaning: matches.map(({ id }) => id),
      concept: taught.hits.map(({ id }) => id),
    });
    const sections = inSections(ranked, (entry) => sectionOfHit(entry, found));
    const fused = sections.entries;
    const page = fused.slice(query.offset, query.offset + query.limit);
    const mode = meaning.isAvailable || query.mode === "semantic" ? query.mode : "keyword";
    return {
      hits: await explain(query, page, found),
      total: fused.length,
      sections: sections.counts,
      verdict: sections.verdict,
      mode,
      ...(meaning.notice === undefined ? {} : { notice: meaning.notice }),
    };
  }

  async function listFiltered({ filter, limit, offset, mode }: PhotoQuery): Promise<SearchAnswer> {
    const [found, total] = await Promise.all([
      photos.list(filter, { sort: "newest", limit, offset }),
      photos.count(filter),
    ]);
    const sections = { strong: 0, maybe: 0 };
    return { hits: found.map((photo) => ({ photo, score: 0, reasons: [] })), total, sections, mode };
  }

  async function searchWords({ text, mode, filter }: PhotoQuery): Promise<readonly TextHit[]> {
    if (mode === "semantic") return [];
    return textIndex.search(text, { limit: WORDS_DEPTH, filter });
  }

  async function searchMeaning({ text, mode, filter }: PhotoQuery): Promise<Meaning> {
    if (mode === "keyword") return { matches: [], isAvailable: true };
    try {
      const matches = await findNearest(text, filter);
      if (matches === undefined) return { matches: [], isAvailable: true, notice: NOTHING_EMBEDDED };
      return { matches, isAvailable: true, ...(vectors.isComplete() ? {} : { notice: STILL_LOADING }) };
    } catch (error) {
      const notice = explainAbsence(error, mode);
      if (notice === undefined) throw error;
      return { matches: [], isAvailable: false, notice };
    }
  }

  /** Undefined when no photo can be compared with the query. */
  async function findNearest(text: string, filter: PhotoFilter) {
    const first = await encoder.encode(text);
    return vectors.use(async (index) => {
      // Another model may have taken over while the text was encoded: embeddings of two models are never compared.
      const { modelId, embedding } = first.modelId === index?.modelId ? first : await encoder.encode(text);
      if (index?.modelId !== modelId) return undefined;
      const nearest = await searchWithin(embedding, { photos, index, filter, limit: MEANING_DEPTH });
      const judged = await trust.judge({ modelId, embedding }, nearest, index);
      return judged.filter(({ section }) => section !== undefined);
    });
  }

  /** Attaches to one page of hits what found them. */
  async function explain(
    query: PhotoQuery,
    page: readonly HitRanks[],
    found: FoundByChannel,
  ): Promise<SearchHit[]> {
    const { words, meaning, taught } = found;
    const ids = page.map(({ id }) => id);
    const photoById = new Map((await photos.getMany(ids)).map((photo) => [photo.id, photo]));
    const wordIds = page.filter(({ ranks }) => ranks.words !== undefined).map(({ id }) => id);
    const [explanations, findings] = await Promise.all([
      textIndex.explain(wordIds, query.text),
      analyses.getPlacedFindings(wordIds),
    ]);
    const hits: SearchHit[] = [];
    for (const entry of page) {
      const { id, score, ranks } = entry;
      const photo = photoById.get(id);
      // Removed between the search and now.
      if (photo === undefined) continue;
      const reasons: SearchReason[] = [];
      if (ranks.words !== undefined) reasons.push(...explainWords(id, ranks.words));
      if (ranks.meaning !== undefined) {
        const { similarity, distinction } = meaning[ranks.meaning - 1]!;
        reasons.push({
          channel: "meaning",
          rank: ranks.meaning,
          similarity,
          ...(distinction === undefined ? {} : { distinction }),
          matches: [],
          normalizedBoxes: [],
        });
      }
      if (ranks.concept !== undefined) {
        const { names } = taught.hits[ranks.concept - 1]!;
        reasons.push({ channel: "concept", rank: ranks.concept, matches: names, normalizedBoxes: [] });
      }
      const section = sectionOfHit(entry, found);
      hits.push({ photo, score, ...(section === undefined ? {} : { section }), reasons });
    }
    return hits;

    function explainWords(photoId: number, rank: number): SearchReason[] {
      const fields = explanations.get(photoId) ?? [];
      const isFuzzy = words[rank - 1]!.match === "similar";
      if (fields.length === 0) return [{ channel: "fuzzy", rank, matches: [], normalizedBoxes: [] }];
      const placed = findings.get(photoId);
      return fields.map(({ field, words: matches }) => ({
        channel: isFuzzy ? "fuzzy" : field,
        rank,
        matches,
        normalizedBoxes: placed === undefined ? [] : findMatchingBoxes(field, matches, placed),
      }));
    }
  }

  return { search };
}

type HitRanks = FusedRank<number, "words" | "meaning" | "concept">;

/** What each channel found, in its own order. */
interface FoundByChannel {
  readonly words: readonly TextHit[];
  readonly meaning: readonly JudgedMatch[];
  readonly taught: Pick<TaughtAnswer, "hits">;
}

/** Words that are there as they were typed are sure; spelling that is only similar, or a part of the words, is not. */
function sectionOfWords({ match }: TextHit): Section {
  return match === "words" || match === "part" ? "strong" : "maybe";
}

/** The section in which the best channel puts a hit. */
function sectionOfHit({ ranks }: HitRanks, { words, meaning, taught }: FoundByChannel): Section | undefined {
  const at = <T>(list: readonly T[], rank: number | undefined) =>
    rank === undefined ? undefined : list[rank - 1];
  const word = at(words, ranks.words);
  const concept: TaughtHit | undefined = at(taught.hits, ranks.concept);
  return betterSection(
    word && sectionOfWords(word),
    betterSection(at(meaning, ranks.meaning)?.section, concept?.section),
  );
}

const NO_MEANING = "so photos cannot be searched by meaning.";
const ONLY_WORDS = "so only words were searched.";
const ENCODER_FAILED = "The text-image model failed just now, so only words were searched.";
const NOTHING_EMBEDDED = "No photo has been analysed by the text-image model yet.";
const STILL_LOADING = "The index of meanings is still being loaded; more photos may match in a moment.";

/** What to tell when meaning could not be searched; undefined where that must be an error. */
function explainAbsence(error: unknown, mode: SearchMode): string | undefined {
  if (isModelMissing(error))
    return `${error.message.replace(/\.$/, ",")} ${mode === "semantic" ? NO_MEANING : ONLY_WORDS}`;
  return mode === "hybrid" && isEncoderFailure(error) ? ENCODER_FAILED : undefined;
}
