import type { Section } from "../../core/search-trust.ts";
import type { SearchChannel, TextField } from "../../core/search-vocabulary.ts";
import type { Box } from "../../core/geometry.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import type { TextHit, TextIndex } from "../../database/text-index.ts";
import type { FusedRank } from "../../rank/reciprocal-rank-fusion.ts";
import { betterSection } from "../../rank/sections.ts";
import type { TaughtAnswer } from "../concepts/find-taught.ts";
import { findMatchingBoxes } from "./matching-boxes.ts";
import type { ObjectMatch } from "./object-meaning.ts";
import type { JudgedMatch } from "./trust.ts";

/** Why a photo was found. */
export interface SearchReason {
  readonly channel: SearchChannel;
  /** Place in the channel's own list, from 1. */
  readonly rank?: number;
  /** Cosine similarity (meaning only). */
  readonly similarity?: number;
  /** How far the query stands out from unrelated texts, in standard deviations (meaning only). */
  readonly distinction?: number;
  readonly matches: readonly string[];
  /** Where in the photo, fractions of its size. */
  readonly normalizedBoxes: readonly Box[];
}

/** A photo that was found, and why. */
export interface SearchHit {
  readonly photo: Photo;
  readonly score: number;
  /** Undefined where nothing was looked for. */
  readonly section?: Section;
  readonly reasons: readonly SearchReason[];
}

/** A photo with its place in the list of every channel that found it. */
export type HitRanks = FusedRank<number, SearchChannel>;

/** An object that a query may mean, with how far that can be trusted. */
export interface JudgedObject extends ObjectMatch {
  readonly distinction?: number;
  readonly section?: Section | undefined;
}

/** What the channels found, in the order of each. */
export interface FoundByChannel {
  readonly words: ReadonlyMap<number, TextHit>;
  readonly meaning: readonly JudgedMatch[];
  readonly objectMeaning: readonly JudgedObject[];
  readonly taught: Pick<TaughtAnswer, "hits">;
}

/** Words that are there as they were typed are sure; spelling that is only similar, or a part of the words, is not. */
function sectionOfWords({ match }: TextHit): Section {
  return match === "words" || match === "part" ? "strong" : "maybe";
}

const at = <T>(list: readonly T[], rank: number | undefined) =>
  rank === undefined ? undefined : list[rank - 1];

/** The section in which the best channel puts a hit. */
export function sectionOfHit(
  { id, ranks }: HitRanks,
  { words, meaning, objectMeaning, taught }: FoundByChannel,
): Section | undefined {
  const word = words.get(id);
  return [
    at(meaning, ranks.meaning)?.section,
    at(objectMeaning, ranks.objectMeaning)?.section,
    at(taught.hits, ranks.concept)?.section,
  ].reduce(betterSection, word && sectionOfWords(word));
}

export interface ExplainOptions {
  readonly photos: Pick<PhotoStore, "getMany">;
  readonly analyses: Pick<AnalysisStore, "getPlacedFindings">;
  readonly textIndex: Pick<TextIndex, "explain">;
}

/** One page of hits with their photos and what found them; photos that are gone meanwhile are left out. */
export async function explainHits(
  page: readonly HitRanks[],
  text: string,
  found: FoundByChannel,
  { photos, analyses, textIndex }: ExplainOptions,
): Promise<SearchHit[]> {
  const wordIds = page.filter(({ id }) => found.words.has(id)).map(({ id }) => id);
  const [shown, explanations, findings] = await Promise.all([
    photos.getMany(page.map(({ id }) => id)),
    textIndex.explain(wordIds, text),
    analyses.getPlacedFindings(wordIds),
  ]);
  const photoById = new Map(shown.map((photo) => [photo.id, photo]));
  return page.flatMap((entry) => {
    const { id, score } = entry;
    const photo = photoById.get(id);
    if (photo === undefined) return [];
    const section = sectionOfHit(entry, found);
    const reasons = [...explainWords(entry), ...explainMeaning(entry)];
    return [{ photo, score, ...(section === undefined ? {} : { section }), reasons }];
  });

  function explainWords({ id, ranks }: HitRanks): SearchReason[] {
    const hit = found.words.get(id);
    if (hit === undefined) return [];
    const fields = explanations.get(id) ?? [];
    const placed = findings.get(id);
    const toReason = (field: TextField, matches: readonly string[]): SearchReason => {
      // Words that run together are in a field too, though no word of the query is there as it was typed.
      const channel = hit.match === "similar" ? "fuzzy" : field;
      const rank = ranks[field] ?? ranks.fuzzy;
      return {
        channel,
        ...(rank === undefined ? {} : { rank }),
        matches,
        normalizedBoxes: placed === undefined ? [] : findMatchingBoxes(field, matches, placed),
      };
    };
    if (fields.length > 0) return fields.map(({ field, words }) => toReason(field, words));
    return ranks.fuzzy === undefined
      ? []
      : [{ channel: "fuzzy", rank: ranks.fuzzy, matches: [], normalizedBoxes: [] }];
  }

  function explainMeaning({ ranks }: HitRanks): SearchReason[] {
    const reasons: SearchReason[] = [];
    const meaning = at(found.meaning, ranks.meaning);
    if (meaning !== undefined) reasons.push(toMeaning("meaning", ranks.meaning!, meaning, [], []));
    const object = at(found.objectMeaning, ranks.objectMeaning);
    if (object !== undefined) {
      const { label, normalizedBox } = object.object;
      reasons.push(toMeaning("objectMeaning", ranks.objectMeaning!, object, [label], [normalizedBox]));
    }
    const taught = at(found.taught.hits, ranks.concept);
    if (taught !== undefined)
      reasons.push({ channel: "concept", rank: ranks.concept!, matches: taught.names, normalizedBoxes: [] });
    return reasons;
  }
}

function toMeaning(
  channel: "meaning" | "objectMeaning",
  rank: number,
  { similarity, distinction }: Pick<JudgedMatch, "similarity" | "distinction">,
  matches: readonly string[],
  normalizedBoxes: readonly Box[],
): SearchReason {
  const known = distinction === undefined ? {} : { distinction };
  return { channel, rank, similarity, ...known, matches, normalizedBoxes };
}
