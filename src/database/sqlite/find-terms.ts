import { type RawBuilder, sql } from "kysely";
import { editDistance } from "./edit-distance.ts";
import { quote } from "./text-terms.ts";
import type { ReadRows } from "./thread-tasks.ts";

/** Words tried in place of one, nearest first. */
const MAX_TERMS = 40;
/** Characters from which on a part is found anywhere in a word; of a shorter one see {@link holdsPart}. */
const TRIGRAM = 3;
/** Letters that a number may stand behind, and digits that a unit may, in the trigrams of words. */
const LETTERS = Array.from("abcdefghijklmnopqrstuvwxyz");
const DIGITS = Array.from("0123456789");
const ONLY_DIGITS = /^\p{N}+$/u;
const ONLY_LETTERS = /^[\p{L}\p{M}]+$/u;
/** Words in which a short part is looked for behind the other kind of characters. */
const MAX_BEHIND = 1000;
/** Words so short have no half that trigrams could find. */
const MAX_SHORT_LENGTH = 5;
/** Letters swapped in the middle of a word of six spare neither half and no trigram at an end. */
const MAX_SAME_ENDS_LENGTH = 6;
/** Sorts after every string with the same beginning. */
const LAST_CHARACTER = "\u{10ffff}";

/**
 * Whether a word holds the part: anywhere, but one of a letter or two only at its beginning, or as a number behind letters or a
 * unit behind a number, which are often written, or read, without the space between them (`IBU12`, `250ml`).
 */
export function holdsPart(word: string, part: string): boolean {
  if (part.length >= TRIGRAM) return word.includes(part);
  return word.startsWith(part) || standsBehind(part)?.test(word) === true;
}

/** Matches words that hold a short part behind the other kind of characters; undefined for parts that are found otherwise. */
function standsBehind(part: string): RegExp | undefined {
  if (part.length !== TRIGRAM - 1) return undefined;
  if (ONLY_DIGITS.test(part)) return new RegExp(`[\\p{L}\\p{M}]${part}(?!\\p{N})`, "u");
  return ONLY_LETTERS.test(part) ? new RegExp(`\\p{N}${part}(?![\\p{L}\\p{M}])`, "u") : undefined;
}

/** Words of the index that hold the part as {@link holdsPart} has it, shortest first. */
export function findTermsHolding(read: ReadRows, part: string): readonly string[] {
  if (part.length < TRIGRAM) return [...findTermsBeginning(read, part), ...findTermsBehind(read, part)];
  const rows = read(sql<{ term: string }>`
    select term from text_terms
    where id in (select rowid from text_term_parts where text_term_parts match ${quote(part)})
    order by length(term), term limit ${MAX_TERMS}
  `);
  return rows.map(({ term }) => term);
}

function findTermsBeginning(read: ReadRows, part: string): readonly string[] {
  const rows = read(sql<{ term: string }>`
    select term from text_terms where term > ${part} and term < ${part + LAST_CHARACTER}
    order by length(term), term limit ${MAX_TERMS}
  `);
  return rows.map(({ term }) => term);
}

function findTermsBehind(read: ReadRows, part: string): readonly string[] {
  const pattern = standsBehind(part);
  if (pattern === undefined) return [];
  const before = ONLY_DIGITS.test(part) ? LETTERS : DIGITS;
  const expression = before.map((character) => quote(character + part)).join(" OR ");
  const rows = read(sql<{ term: string }>`
    select term from text_terms
    where id in (select rowid from text_term_parts where text_term_parts match ${expression})
    order by length(term), term limit ${MAX_BEHIND}
  `);
  return rows
    .map(({ term }) => term)
    .filter((term) => pattern.test(term))
    .slice(0, MAX_TERMS);
}

/**
 * FTS5 expression for words that share enough with the term to be one or two edits away: an edit spares one half, and one in
 * the middle spares both ends.
 */
function toNeighbourExpression(term: string): string {
  if (term.length <= MAX_SHORT_LENGTH) {
    const trigrams = Array.from({ length: term.length - TRIGRAM + 1 }, (_, i) => term.slice(i, i + TRIGRAM));
    return trigrams.map(quote).join(" OR ");
  }
  const half = Math.floor(term.length / 2);
  const ends = `(${quote(term.slice(0, TRIGRAM))} AND ${quote(term.slice(-TRIGRAM))})`;
  return `${quote(term.slice(0, half))} OR ${quote(term.slice(-half))} OR ${ends}`;
}

/** Short words with an edit in the middle share no trigram: compare their first and last letters. */
function hasSameEnds(term: string): RawBuilder<boolean> {
  const [first = ""] = term;
  return sql`(term >= ${first} and term < ${first + LAST_CHARACTER} and substr(term, -1) = ${term.slice(-1)})`;
}

/** Other words of the index at most `maxDistance` edits from the term (at least 4 letters), nearest first. */
export function findSimilarTerms(read: ReadRows, term: string, maxDistance: number): readonly string[] {
  const neighbours = sql`id in (select rowid from text_term_parts where text_term_parts match ${toNeighbourExpression(term)})`;
  const condition =
    term.length > MAX_SAME_ENDS_LENGTH ? neighbours : sql`(${neighbours} or ${hasSameEnds(term)})`;
  const rows = read(sql<{ term: string }>`
    select term from text_terms
    where ${condition} and length(term) between ${term.length - maxDistance} and ${term.length + maxDistance}
  `);
  return rows
    .map((row) => ({ word: row.term, distance: editDistance(term, row.term, maxDistance) }))
    .filter(({ distance }) => distance > 0 && distance <= maxDistance)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, MAX_TERMS)
    .map(({ word }) => word);
}
