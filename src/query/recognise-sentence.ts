import type { PhotoCondition } from "../core/photo-filter.ts";
import type { ChipKind } from "../core/search-vocabulary.ts";
import { dateChip } from "./operators.ts";
import { quoteValue } from "./parsed-query.ts";
import { isStopWord } from "./stop-words.ts";
import type { QueryVocabulary } from "./vocabulary.ts";

/** A part of a sentence that was recognised; offsets within the sentence. */
export interface Recognised {
  readonly start: number;
  readonly end: number;
  readonly kind: ChipKind;
  readonly label: string;
  readonly value: string;
  readonly isNegated: boolean;
  readonly condition: PhotoCondition;
}

/** Names have so many words at most. */
const MAX_NAME_WORDS = 4;

const wordSet = (words: string) => new Set(words.split(" "));
/** Words before a place. */
const BEFORE_PLACES = wordSet(
  "in near at around from im bei aus nahe um à en près dans vers chez de a cerca da presso vicino perto em te bij i nära в около из",
);
/** Words before a place or a person that may stand between: "near to", "près de". */
const ARTICLES = wordSet("the of to de la le du del dem der a");
/** Words before a person. */
const BEFORE_PERSONS = wordSet("with of mit von avec de con di com van met med с");
/** Words that leave a person out. */
const WITHOUT = wordSet("without not no ohne nicht sans sin senza sem zonder utan без");
const AND = wordSet("and & und et y e i och en и");
const OR = wordSet("or oder ou o of eller или");

interface Word {
  readonly start: number;
  readonly end: number;
  /** Without punctuation at its ends. */
  readonly text: string;
  readonly key: string;
}

const WORD = /\S+/gu;

function wordsOf(sentence: string): readonly Word[] {
  return Array.from(sentence.matchAll(WORD), ({ 0: piece, index }) => {
    const text = piece.replace(/^[^\p{L}\p{N}&]+|[^\p{L}\p{N}&]+$/gu, "").replace(/['’]s$/u, "");
    const start = index + Math.max(0, piece.indexOf(text));
    return { start: text === "" ? index : start, end: index + piece.length, text, key: text.toLowerCase() };
  });
}

interface Match {
  /** Words, the end not among them. */
  readonly from: number;
  readonly to: number;
  readonly kind: "person" | "near" | "category" | "concept";
  readonly label: string;
  readonly value: string;
  readonly isNegated: boolean;
  readonly condition: PhotoCondition;
  readonly persons?: readonly string[];
  /** Its words are searched too, so that what shows it best comes first. */
  readonly isSearchedToo?: boolean;
}

const phraseOf = (words: readonly Word[], from: number, to: number) =>
  words
    .slice(from, to)
    .map(({ text }) => text)
    .join(" ");

/** The index of the first word of what leads to the words at `at`: a preposition with its articles; `at` where there is none. */
function leadOf(words: readonly Word[], at: number, leads: ReadonlySet<string>): number {
  let first = at;
  while (
    first > 0 &&
    at - first < 2 &&
    ARTICLES.has(words[first - 1]!.key) &&
    !leads.has(words[first - 1]!.key)
  )
    first--;
  return first > 0 && leads.has(words[first - 1]!.key) ? first - 1 : at;
}

function matchPerson(
  words: readonly Word[],
  at: number,
  length: number,
  vocabulary: QueryVocabulary,
): Match | undefined {
  const name = phraseOf(words, at, at + length);
  if (length === 1 && (isStopWord(name) || name.length < 2)) return undefined;
  const persons = vocabulary.persons(name);
  if (persons.length === 0) return undefined;
  const without = leadOf(words, at, WITHOUT);
  const isNegated = without < at;
  return {
    from: isNegated ? without : leadOf(words, at, BEFORE_PERSONS),
    to: at + length,
    kind: "person",
    label: persons.join(" / "),
    value: persons.map(quoteValue).join("|"),
    isNegated,
    condition: { persons: persons.length === 1 ? { all: persons } : { any: persons } },
    persons,
  };
}

function matchPlace(
  words: readonly Word[],
  at: number,
  length: number,
  vocabulary: QueryVocabulary,
): Match | undefined {
  const from = leadOf(words, at, BEFORE_PLACES);
  if (from === at) return undefined;
  const place = vocabulary.place(phraseOf(words, at, at + length));
  if (place === undefined) return undefined;
  const { label, filter } = place;
  return {
    from,
    to: at + length,
    kind: "near",
    label,
    value: quoteValue(label),
    isNegated: false,
    condition: filter,
  };
}

function matchCategory(words: readonly Word[], at: number, vocabulary: QueryVocabulary): Match | undefined {
  const name = vocabulary.category(words[at]!.text);
  if (name === undefined) return undefined;
  const condition = { categories: [name] };
  return {
    from: at,
    to: at + 1,
    kind: "category",
    label: name,
    value: quoteValue(name),
    isNegated: false,
    condition,
  };
}

/** What the user taught, by its whole name; photos that surely show it, or with "without" before it those that do not. */
function matchConcept(
  words: readonly Word[],
  at: number,
  length: number,
  vocabulary: QueryVocabulary,
): Match | undefined {
  const name = phraseOf(words, at, at + length);
  if (name === "" || (length === 1 && isStopWord(name))) return undefined;
  const concept = vocabulary.concept(name);
  if (concept?.isFound !== true) return undefined;
  const from = leadOf(words, at, WITHOUT);
  const isNegated = from < at;
  return {
    from,
    to: at + length,
    kind: "concept",
    label: concept.name,
    value: quoteValue(concept.name),
    isNegated,
    condition: { concepts: [concept.name] },
    isSearchedToo: !isNegated,
  };
}

function matchAt(words: readonly Word[], at: number, vocabulary: QueryVocabulary): Match | undefined {
  for (let length = Math.min(MAX_NAME_WORDS, words.length - at); length > 0; length--) {
    const match =
      matchPerson(words, at, length, vocabulary) ??
      matchPlace(words, at, length, vocabulary) ??
      matchConcept(words, at, length, vocabulary);
    if (match !== undefined) return match;
  }
  return matchCategory(words, at, vocabulary);
}

/** Persons with "or" between them are one choice. */
function joinChoices(matches: readonly Match[], words: readonly Word[]): Match[] {
  const joined: Match[] = [];
  for (const match of matches) {
    const last = joined.at(-1);
    const between = last === undefined ? [] : words.slice(last.to, match.from).map(({ key }) => key);
    const isChoice = between.length === 1 && OR.has(between[0]!) && last?.persons !== undefined;
    if (!isChoice || match.persons === undefined || last.isNegated !== match.isNegated) {
      joined.push(match);
      continue;
    }
    const persons = [...new Set([...last.persons!, ...match.persons])];
    joined[joined.length - 1] = {
      ...last,
      to: match.to,
      label: persons.join(" / "),
      value: persons.map(quoteValue).join("|"),
      condition: { persons: { any: persons } },
      persons,
    };
  }
  return joined;
}

/** Conjunctions that stand alone between, before or after what was recognised. */
function isLoose(words: readonly Word[], i: number, isTaken: (i: number) => boolean): boolean {
  const { key } = words[i]!;
  if (key === "") return true;
  return (AND.has(key) || OR.has(key)) && (isTaken(i - 1) || isTaken(i + 1));
}

/**
 * What a sentence names: dates, persons, places after a preposition, concepts, categories; the longest names first, from
 * left to right. `rest` is what is left, and the names of concepts: by them the photos that show one best come first.
 */
export function recogniseSentence(
  sentence: string,
  vocabulary: QueryVocabulary,
): { readonly parts: readonly Recognised[]; readonly rest: string } {
  const words = wordsOf(sentence);
  const dates = vocabulary.dates(sentence);
  const isDate = (word: Word | undefined) =>
    word !== undefined && dates.some(({ start, end }) => word.start < end && word.end > start);
  const matches: Match[] = [];
  let free: Word[] = [];
  /** Names do not reach across dates. */
  const flush = (base: number) => {
    for (let at = 0; at < free.length;) {
      const match = matchAt(free, at, vocabulary);
      if (match !== undefined) matches.push({ ...match, from: match.from + base, to: match.to + base });
      at = match === undefined ? at + 1 : match.to;
    }
    free = [];
  };
  let base = 0;
  words.forEach((word, i) => {
    if (free.length === 0) base = i;
    if (isDate(word)) flush(base);
    else free.push(word);
  });
  flush(base);
  const joined = joinChoices(matches, words);
  const isTaken = (i: number) =>
    i >= 0 && i < words.length && (isDate(words[i]) || joined.some(({ from, to }) => i >= from && i < to));
  const isSearchedToo = (i: number) =>
    joined.some((match) => match.isSearchedToo === true && i >= match.from && i < match.to);
  const rest = words.filter((_, i) => isSearchedToo(i) || (!isTaken(i) && !isLoose(words, i, isTaken)));
  const names = joined.map(({ from, to, kind, label, value, isNegated, condition }) => ({
    start: words[from]!.start,
    end: words[to - 1]!.end,
    kind,
    label,
    value,
    isNegated,
    condition,
  }));
  const days = dates.map(({ start, end, from, to }) => ({
    start,
    end,
    isNegated: false,
    ...dateChip({ from, to }),
  }));
  return {
    parts: [...names, ...days].toSorted((a, b) => a.start - b.start),
    rest: rest.map(({ start, end }) => sentence.slice(start, end)).join(" "),
  };
}
