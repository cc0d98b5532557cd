import { foldText } from "../fold-text.ts";

/** Scripts written without spaces between words (or, for Hangul, with endings grown on): searched by pairs of characters. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u30fc\u3005]+/gu;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;
/** A query has at most so many different terms; the rest is ignored. */
const MAX_QUERY_TERMS = 32;
/** Longer words are cut; no tokenizer or person makes sense of them. */
const MAX_WORD_LENGTH = 64;
/** A query is read up to here, characters. */
const MAX_QUERY_LENGTH = 2000;

/** One word of a query, folded. */
export interface QueryTerm {
  readonly text: string;
  /** True for a run of characters of a script without spaces. */
  readonly isUnspaced: boolean;
}

/** Single characters and pairs of neighbours of a run of text. */
function toGrams(run: string): string[] {
  const characters = Array.from(run);
  return characters.flatMap((character, i) => {
    const next = characters[i + 1];
    return next === undefined ? [character] : [character, character + next];
  });
}

function splitWord(word: string): QueryTerm[] {
  const terms: QueryTerm[] = [];
  let end = 0;
  for (const { 0: run, index } of word.matchAll(UNSPACED)) {
    if (index > end) terms.push({ text: word.slice(end, index), isUnspaced: false });
    terms.push({ text: run, isUnspaced: true });
    end = index + run.length;
  }
  if (end < word.length) terms.push({ text: word.slice(end), isUnspaced: false });
  return terms;
}

/** The words of folded text in order, runs of unspaced scripts apart from the others. */
function splitTerms(foldedText: string): QueryTerm[] {
  return (foldedText.match(WORD) ?? []).flatMap(splitWord);
}

/** The different terms of what a person typed; none when it holds no letter or digit. */
export function parseQuery(query: string): readonly QueryTerm[] {
  const terms = new Map<string, QueryTerm>();
  for (const term of splitTerms(foldText(query.slice(0, MAX_QUERY_LENGTH)))) {
    const text = term.text.slice(0, MAX_WORD_LENGTH);
    if (terms.size < MAX_QUERY_TERMS) terms.set(text, { ...term, text });
  }
  return [...terms.values()];
}

/** Folded text as the index takes it: words, and runs of unspaced scripts as single characters and pairs. */
export function toIndexWords(foldedText: string): { readonly words: string[]; readonly grams: string[] } {
  const terms = splitTerms(foldedText);
  return {
    words: terms.filter(({ isUnspaced }) => !isUnspaced).map(({ text }) => text.slice(0, MAX_WORD_LENGTH)),
    grams: terms.filter(({ isUnspaced }) => isUnspaced).flatMap(({ text }) => toGrams(text)),
  };
}

/** A file name as words: as it is written, and split at changes of case and between letters and digits. */
export function splitFileName(fileName: string): string {
  const split = fileName
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{L})(\p{N})/gu, "$1 $2")
    .replace(/(\p{N})(\p{L})/gu, "$1 $2");
  return split === fileName ? fileName : `${fileName} ${split}`;
}

/** An FTS5 string that stands for itself, whatever it holds. */
export function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** FTS5 expression for a term as a whole word (or, unspaced, all its pairs, or the one character). */
export function toWordExpression({ text, isUnspaced }: QueryTerm): string {
  if (!isUnspaced) return quote(text);
  const characters = Array.from(text);
  if (characters.length === 1) return quote(text);
  const pairs = characters.slice(1).map((character, i) => quote(`${characters[i]}${character}`));
  return `(${[...new Set(pairs)].join(" AND ")})`;
}
