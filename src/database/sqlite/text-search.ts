import type { DatabaseSync } from "node:sqlite";
import { type RawBuilder, sql } from "kysely";
import { TEXT_FIELDS, type TextField } from "../../core/search-vocabulary.ts";
import { hasPhoto, type PhotoSet } from "../photo-set.ts";
import type { TextHit } from "../text-index.ts";
import { findSimilarTerms, findTermsHolding } from "./find-terms.ts";
import { type QueryTerm, quote, toWordExpression } from "./text-terms.ts";
import type { ReadRows } from "./thread-tasks.ts";

/** Weights of bm25 by field: what people said of a photo counts more than OCR. */
const FIELD_WEIGHTS: Readonly<Record<TextField, number>> = {
  text: 1,
  tags: 2,
  objects: 2,
  people: 3,
  fileName: 1,
  caption: 1.5,
  place: 2,
};
/**
 * A query that matches more photos ranks the most recently added of them by bm25: their words say little then, and ranking
 * 100,000 matches would take ten times as long.
 */
const MAX_RANKED = 1000;
/** Shorter words have too many neighbours one letter away. */
const MIN_SIMILAR_LENGTH = 4;
/** From this length on a neighbour one letter away is nearly always a misspelling or a misreading. */
const LONG_WORD_LENGTH = 8;
/** Whoever has so many hits as it stands did not misspell the query. */
const ENOUGH_HITS = 200;
/** Shorter words are not tried as two. */
const MIN_SPLIT_LENGTH = 4;
/** A photo and its bm25, higher is better. */
interface RankedPhoto {
  readonly photoId: number;
  readonly score: number;
  readonly fields?: TextHit["fields"];
}

/** bm25 of the words in one field alone (0 where it holds none of them), or of all by their weights. */
function scoreOf(field?: TextField): RawBuilder<number> {
  const weights = TEXT_FIELDS.map((each) =>
    field === undefined ? FIELD_WEIGHTS[each] : each === field ? 1 : 0,
  );
  return sql<number>`-bm25(text_words, ${sql.raw(weights.join(", "))})`;
}

const FIELD_SCORES = sql.join(
  TEXT_FIELDS.map((field) => sql`${scoreOf(field)} as ${sql.raw(`"${field}Score"`)}`),
);

/** What every stage of a search shares. */
interface SearchScope {
  readonly read: ReadRows;
  readonly limit: number;
}

const toGroup = (expressions: readonly string[]) => `(${expressions.join(" OR ")})`;

/** Rows of the index whose words match, of the photos that are asked about: see {@link createTextSearch}. */
function matchesOf(expression: string): RawBuilder<unknown> {
  return sql`from text_words where text_words match ${expression} and is_asked_about(text_words.rowid)`;
}

/** Photos that match, the most recently added first, all with the same score. */
function matchWords({ read, limit }: SearchScope, expression: string): readonly RankedPhoto[] {
  return read(sql<RankedPhoto>`
    select text_words.rowid as "photoId", 0 as score ${matchesOf(expression)}
    order by text_words.rowid desc limit ${limit}
  `);
}

function searchWords({ read, limit }: SearchScope, expression: string): readonly RankedPhoto[] {
  const rows = read(sql<RankedPhoto & Record<string, number>>`
    select * from (
      select text_words.rowid as "photoId", ${scoreOf()} as score, ${FIELD_SCORES} ${matchesOf(expression)}
      order by text_words.rowid desc limit ${MAX_RANKED}
    ) order by score desc, "photoId" desc limit ${limit}
  `);
  return rows.map((row) => ({
    photoId: row.photoId,
    score: row.score,
    fields: Object.fromEntries(
      TEXT_FIELDS.map((field) => [field, row[`${field}Score`]!] as const).filter(([, score]) => score > 0),
    ),
  }));
}

/** Neighbouring words that make up the term when written together: recognisers find spaces that are not there. */
function toSplitExpressions({ text, isUnspaced }: QueryTerm): string[] {
  if (isUnspaced || text.length < MIN_SPLIT_LENGTH) return [];
  const positions = Array.from({ length: text.length - 1 }, (_, i) => i + 1);
  return positions.map((position) => quote(`${text.slice(0, position)} ${text.slice(position)}`));
}

/**
 * Photos that match each term in one of these spellings beside its own. Where the term is the only one and all photos that
 * hold it are known, it is left out: going through them once more is most of the work when it is a frequent one.
 */
function matchSpellings(
  scope: SearchScope,
  terms: readonly QueryTerm[],
  spellings: readonly (readonly string[])[],
  areHitsKnown: boolean,
): readonly RankedPhoto[] {
  const isKnown = areHitsKnown && terms.length === 1;
  if (isKnown && spellings[0]!.length === 0) return [];
  const groups = terms.map((term, i) =>
    toGroup(isKnown ? spellings[i]! : [toWordExpression(term), ...spellings[i]!]),
  );
  return matchWords(scope, groups.join(" AND "));
}

/** Every term as a word, a part of a word, or a word that was torn in two. */
function searchParts(
  scope: SearchScope,
  terms: readonly QueryTerm[],
  areHitsKnown: boolean,
): readonly RankedPhoto[] {
  const spellings = terms.map((term) => {
    const holding = term.isUnspaced ? [] : findTermsHolding(scope.read, term.text);
    return [...holding.filter((word) => word !== term.text).map(quote), ...toSplitExpressions(term)];
  });
  return matchSpellings(scope, terms, spellings, areHitsKnown);
}

/** How many letters of a word may be wrong: fewer when the query has hits as it stands. */
function allowedDistance({ text, isUnspaced }: QueryTerm, hasHits: boolean): number {
  if (isUnspaced || text.length < MIN_SIMILAR_LENGTH) return 0;
  if (text.length >= LONG_WORD_LENGTH) return hasHits ? 1 : 2;
  return hasHits ? 0 : 1;
}

function searchSimilar(
  scope: SearchScope,
  terms: readonly QueryTerm[],
  hasHits: boolean,
  areHitsKnown: boolean,
): readonly RankedPhoto[] {
  const spellings = terms.map((term) => {
    const distance = allowedDistance(term, hasHits);
    return distance === 0 ? [] : findSimilarTerms(scope.read, term.text, distance);
  });
  if (spellings.every((words) => words.length === 0)) return [];
  const quoted = spellings.map((words) => words.map(quote));
  return matchSpellings(scope, terms, quoted, areHitsKnown);
}

/** The stages of a search, best first; the score of a hit is its stage's base plus its bm25 brought below 1. */
const STAGE_BASES = { words: 3, part: 2, similar: 1, some: 0 } as const;

/** Runs one stage after the other until there are enough hits; see {@link TextHit} for what each finds. */
function searchText(scope: SearchScope, terms: readonly QueryTerm[]): readonly TextHit[] {
  const hits = new Map<number, TextHit>();
  const add = (photos: readonly RankedPhoto[], match: TextHit["match"]) => {
    for (const { photoId, score, fields } of photos) {
      if (hits.size >= scope.limit || hits.has(photoId)) continue;
      const fraction = Math.max(0, score) / (1 + Math.max(0, score));
      const hit = { photoId, score: STAGE_BASES[match] + fraction, match };
      hits.set(photoId, fields === undefined ? hit : { ...hit, fields });
    }
  };
  if (terms.length === 0) return [];
  add(searchWords(scope, terms.map(toWordExpression).join(" AND ")), "words");
  const areHitsKnown = hits.size < Math.min(scope.limit, MAX_RANKED);
  // Later stages find what earlier ones found, too.
  const beyond = () => ({ ...scope, limit: scope.limit + hits.size });
  if (hits.size < scope.limit) add(searchParts(beyond(), terms, areHitsKnown), "part");
  if (hits.size < Math.min(scope.limit, ENOUGH_HITS))
    add(searchSimilar(beyond(), terms, hits.size > 0, areHitsKnown), "similar");
  if (hits.size === 0 && terms.length > 1)
    add(searchWords(scope, terms.map(toWordExpression).join(" OR ")), "some");
  return [...hits.values()];
}

/** A question to the full text. */
export interface TextQuestion {
  readonly terms: readonly QueryTerm[];
  /** The photos that may be found. */
  readonly among: PhotoSet;
  readonly limit: number;
}

/**
 * Searches on a connection. Which photos may be found is asked of a set in memory, by a function that SQL calls for each match
 * (0.1 µs): looking their rows up takes ten times as long.
 */
export function createTextSearch({
  read,
  connection,
}: {
  readonly read: ReadRows;
  readonly connection: Pick<DatabaseSync, "function">;
}): (question: TextQuestion) => readonly TextHit[] {
  let asked: PhotoSet | undefined;
  connection.function("is_asked_about", (id) => (hasPhoto(asked!, id as number) ? 1 : 0));
  return ({ terms, among, limit }) => {
    if (among.size === 0) return [];
    asked = among;
    return searchText({ read, limit }, terms);
  };
}
