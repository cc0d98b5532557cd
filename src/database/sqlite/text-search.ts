import { expressionBuilder, type Kysely, sql } from "kysely";
import { type PhotoFilter, photoMatches } from "../photo-filter.ts";
import type { Schema } from "../schema.ts";
import type { TextHit } from "../text-index.ts";
import { editDistance } from "./edit-distance.ts";
import { type QueryTerm, quote, toWordExpression } from "./text-terms.ts";

/** Weights of bm25 by field (text, tags, people, file_name, caption): what people said of a photo counts more than OCR. */
const FIELD_WEIGHTS = [1, 2, 3, 1, 1.5] as const;
/**
 * A query that matches more photos ranks the most recently added of them by bm25: their words say little then, and ranking
 * 100,000 matches would take a hundred times as long.
 */
const MAX_RANKED = 2000;
/** Shorter words have too many neighbours one letter away. */
const MIN_SIMILAR_LENGTH = 4;
/** From this length on a neighbour one letter away is nearly always a misspelling or a misreading. */
const LONG_WORD_LENGTH = 8;
/** So many spellings of one word are tried, nearest first. */
const MAX_SPELLINGS = 20;
const MIN_TRIGRAM_LENGTH = 3;

/** A photo and its bm25, higher is better. */
interface RankedPhoto {
  readonly photoId: number;
  readonly score: number;
}

/** What every stage of a search shares. */
interface SearchScope {
  readonly reads: Kysely<Schema>;
  readonly filter: PhotoFilter;
  readonly limit: number;
}

const isInSight = (filter: PhotoFilter) => photoMatches(filter)(expressionBuilder<Schema, "photos">());

async function searchWords(
  { reads, filter, limit }: SearchScope,
  expression: string,
): Promise<RankedPhoto[]> {
  const { rows } = await sql<RankedPhoto>`
    select photo_id, score from (
      select text_words.rowid as photo_id, -bm25(text_words, ${sql.raw(FIELD_WEIGHTS.join(", "))}) as score
      from text_words cross join photos on photos.id = text_words.rowid
      where text_words match ${expression} and ${isInSight(filter)}
      order by text_words.rowid desc limit ${MAX_RANKED}
    ) order by score desc, photo_id desc limit ${limit}
  `.execute(reads);
  return rows;
}

async function searchParts(
  { reads, filter, limit }: SearchScope,
  expression: string,
  wordExpression: string,
): Promise<RankedPhoto[]> {
  const alsoWords =
    wordExpression === ""
      ? sql``
      : sql`and text_parts.rowid in (select rowid from text_words where text_words match ${wordExpression})`;
  const { rows } = await sql<RankedPhoto>`
    select photo_id, score from (
      select text_parts.rowid as photo_id, -bm25(text_parts) as score
      from text_parts cross join photos on photos.id = text_parts.rowid
      where text_parts match ${expression} ${alsoWords} and ${isInSight(filter)}
      order by text_parts.rowid desc limit ${MAX_RANKED}
    ) order by score desc, photo_id desc limit ${limit}
  `.execute(reads);
  return rows;
}

/** Every term as part of a word; what is too short for trigrams as the beginning of one. */
function searchPartsOfWords(scope: SearchScope, terms: readonly QueryTerm[]): Promise<RankedPhoto[]> {
  const hasTrigrams = ({ text, isUnspaced }: QueryTerm) => !isUnspaced && text.length >= MIN_TRIGRAM_LENGTH;
  const parts = terms.filter(hasTrigrams).map(({ text }) => quote(text));
  const words = terms
    .filter((term) => !hasTrigrams(term))
    .map((term) => (term.isUnspaced ? toWordExpression(term) : `${quote(term.text)} *`));
  if (parts.length === 0) return searchWords(scope, words.join(" AND "));
  return searchParts(scope, parts.join(" AND "), words.join(" AND "));
}

/** Words of the index near the term, nearest first. The first letter must be right: that is what makes it quick. */
async function findSpellings(
  reads: Kysely<Schema>,
  term: string,
  maxDistance: number,
): Promise<readonly string[]> {
  const [first = ""] = term;
  const { rows } = await sql<{ term: string }>`
    select term from text_vocabulary
    where term >= ${first} and term < ${`${first}\u{10ffff}`}
      and length(term) between ${term.length - maxDistance} and ${term.length + maxDistance}
  `.execute(reads);
  return rows
    .map((row) => ({ word: row.term, distance: editDistance(term, row.term, maxDistance) }))
    .filter(({ distance }) => distance > 0 && distance <= maxDistance)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, MAX_SPELLINGS)
    .map(({ word }) => word);
}

/** How many letters of a word may be wrong: fewer when the query has hits as it stands. */
function allowedDistance({ text, isUnspaced }: QueryTerm, hasHits: boolean): number {
  if (isUnspaced || text.length < MIN_SIMILAR_LENGTH) return 0;
  if (text.length >= LONG_WORD_LENGTH) return hasHits ? 1 : 2;
  return hasHits ? 0 : 1;
}

async function searchSimilar(
  scope: SearchScope,
  terms: readonly QueryTerm[],
  hasHits: boolean,
): Promise<RankedPhoto[]> {
  const spellings = await Promise.all(
    terms.map((term) => {
      const distance = allowedDistance(term, hasHits);
      return distance === 0 ? Promise.resolve([]) : findSpellings(scope.reads, term.text, distance);
    }),
  );
  if (spellings.every((words) => words.length === 0)) return [];
  const groups = terms.map((term, i) => {
    const words = [toWordExpression(term), ...(spellings[i] ?? []).map(quote)];
    return `(${words.join(" OR ")})`;
  });
  return searchWords(scope, groups.join(" AND "));
}

/** The stages of a search, best first; the score of a hit is its stage's base plus its bm25 brought below 1. */
const STAGE_BASES = { words: 3, part: 2, similar: 1, some: 0 } as const;

/** Runs one stage after the other until there are enough hits; see {@link TextHit} for what each finds. */
export async function searchText(
  scope: SearchScope,
  terms: readonly QueryTerm[],
): Promise<readonly TextHit[]> {
  const hits = new Map<number, TextHit>();
  const add = (photos: readonly RankedPhoto[], match: TextHit["match"]) => {
    for (const { photoId, score } of photos) {
      if (hits.size >= scope.limit || hits.has(photoId)) continue;
      const fraction = Math.max(0, score) / (1 + Math.max(0, score));
      hits.set(photoId, { photoId, score: STAGE_BASES[match] + fraction, match });
    }
  };
  if (terms.length === 0) return [];
  add(await searchWords(scope, terms.map(toWordExpression).join(" AND ")), "words");
  if (hits.size < scope.limit) add(await searchPartsOfWords(scope, terms), "part");
  if (hits.size < scope.limit) add(await searchSimilar(scope, terms, hits.size > 0), "similar");
  if (hits.size === 0 && terms.length > 1)
    add(await searchWords(scope, terms.map(toWordExpression).join(" OR ")), "some");
  return [...hits.values()];
}
