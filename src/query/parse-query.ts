import type { PhotoCondition, PhotoFilter } from "../core/photo-filter.ts";
import { ALIASES, OPERATORS } from "./operators.ts";
import type { ParsedQuery, QueryChip, QueryProblem } from "./parsed-query.ts";
import { type Recognised, recogniseSentence } from "./recognise-sentence.ts";
import { keepTellingWords, saysSomething } from "./stop-words.ts";
import { type Token, tokenize } from "./tokens.ts";
import type { QueryVocabulary } from "./vocabulary.ts";

/**
 * The query language: operators (`person:Anna`, `-tag:screenshot`, `class:dog>0.6`), phrases in quotation marks, words that
 * must not be there (`-word`), and plain sentences, in which names, dates, places and categories are recognised. What is
 * recognised becomes a filter and a chip that says which part of the text it was; the rest is searched by words and meaning.
 * Any string is a query: mistakes are pointed at and the rest is searched. O(n) but for the dates, read from at most 1,000
 * characters.
 */

export interface ParseOptions {
  readonly vocabulary: QueryVocabulary;
  readonly now: Date;
}

/** What the tokens have come to so far. */
interface Understanding {
  readonly chips: QueryChip[];
  readonly problems: QueryProblem[];
  readonly all: PhotoCondition[];
  readonly none: PhotoCondition[];
  outer: Pick<PhotoFilter, "duplicates">;
  /** What is searched by words and meaning. */
  readonly rest: string[];
}

/** Understands a query; see {@link ParsedQuery}. Never throws. */
export function parseSearchQuery(query: string, options: ParseOptions): ParsedQuery {
  const known: Understanding = { chips: [], problems: [], all: [], none: [], outer: {}, rest: [] };
  const tokens = tokenize(query);
  for (let i = 0; i < tokens.length;) {
    const run = plainRun(tokens, i);
    if (run.length > 0) {
      understandSentence(query, run, options, known);
      i += run.length;
    } else {
      const token = tokens[i]!;
      if (token.kind === "operator") understandOperator(query, token, options, known);
      else understandWord(token, known);
      i++;
    }
  }
  const rest = known.rest.join(" ").trim();
  // "Photos from Italy" asks for no word: all of the library are photos.
  const text = known.chips.length > 0 && !saysSomething(rest) ? "" : rest;
  const { all, none } = known;
  const filter: PhotoFilter = {
    ...known.outer,
    ...(all.length === 0 ? {} : { all }),
    ...(none.length === 0 ? {} : { none }),
  };
  return { text, words: keepTellingWords(text), filter, chips: known.chips, problems: known.problems };
}

/** Words from here on that make a sentence. */
function plainRun(tokens: readonly Token[], start: number): readonly Token[] {
  let end = start;
  while (tokens[end]?.kind === "word" && tokens[end]?.isNegated === false) end++;
  return tokens.slice(start, end);
}

function understandSentence(
  query: string,
  run: readonly Token[],
  options: ParseOptions,
  known: Understanding,
): void {
  const offset = run[0]!.start;
  const sentence = query.slice(offset, run.at(-1)!.end);
  const { parts, rest } = recogniseSentence(sentence, options.vocabulary);
  for (const part of parts) addChip(known, toChip(part, offset), part.condition);
  if (rest !== "") known.rest.push(rest);
}

function toChip({ start, end, kind, label, value, isNegated }: Recognised, offset: number): QueryChip {
  return { start: start + offset, end: end + offset, kind, label, value, isNegated, source: "sentence" };
}

function addChip(known: Understanding, chip: QueryChip, condition: PhotoCondition): void {
  known.chips.push(chip);
  if (Object.keys(condition).length > 0) (chip.isNegated ? known.none : known.all).push(condition);
}

function understandWord(token: Extract<Token, { kind: "word" | "phrase" }>, known: Understanding): void {
  const { start, end, text, isNegated } = token;
  if (token.kind === "phrase" && !token.isClosed)
    known.problems.push({
      start,
      end,
      code: "unclosed-quote",
      message: "The quotation mark is not closed; everything after it was taken for one phrase.",
      suggestion: `${isNegated ? "-" : ""}"${text.trim()}"`,
    });
  if (text.trim() === "") return;
  if (!isNegated) known.rest.push(text.trim());
  else
    addChip(
      known,
      { start, end, kind: "word", label: text.trim(), value: text.trim(), isNegated, source: "operator" },
      { words: text },
    );
}

function understandOperator(
  query: string,
  token: Extract<Token, { kind: "operator" }>,
  { vocabulary, now }: ParseOptions,
  known: Understanding,
): void {
  const { start, end, isNegated, values } = token;
  const written = token.name.toLowerCase();
  const name = Object.hasOwn(ALIASES, written) ? ALIASES[written]! : written;
  const source = query.slice(start, end);
  if (!Object.hasOwn(OPERATORS, name)) return understandUnknown(token, source, known);
  const sign = isNegated ? "-" : "";
  if (values.length === 0) {
    known.problems.push({
      start,
      end,
      code: "missing-value",
      message: `Something is missing after "${token.name}:".`,
    });
    return;
  }
  if (!token.isClosed)
    known.problems.push({
      start,
      end,
      code: "unclosed-quote",
      message: "The quotation mark is not closed; everything after it was taken for one value.",
      suggestion: `${source}"`,
    });
  const { chip, problem } = OPERATORS[name]!(
    values.map(({ text }) => text.trim()),
    { vocabulary, now },
  );
  if (problem !== undefined) {
    const { suggestion, ...what } = problem;
    known.problems.push({
      start,
      end,
      ...what,
      ...(suggestion === undefined ? {} : { suggestion: `${sign}${token.name}:${suggestion}` }),
    });
  }
  if (chip === undefined) return;
  const { kind, label, value, condition, outer } = chip;
  known.outer = { ...known.outer, ...outer };
  addChip(known, { start, end, kind, label, value, isNegated, source: "operator" }, condition);
}

/** A word with a colon in it that is no operator: said so where it looks like one, and searched as words. */
function understandUnknown(
  { name, start, end, values, isNegated }: Extract<Token, { kind: "operator" }>,
  source: string,
  known: Understanding,
): void {
  const closest = closestOperator(name.toLowerCase());
  const words = isNegated ? source.slice(1) : source;
  if (closest !== undefined && values.length > 0)
    known.problems.push({
      start,
      end,
      code: "unknown-operator",
      message: `There is no operator "${name}:"; it was searched as words.`,
      suggestion: source.replace(name, closest),
    });
  known.rest.push(words);
}

/** The operator whose name is one letter away. */
function closestOperator(name: string): string | undefined {
  if (name.length < 3) return undefined;
  return [...Object.keys(OPERATORS), ...Object.keys(ALIASES)].find((known) => isOneEditAway(name, known));
}

/** Whether one letter more, less, different, or two swapped make one of the words the other. */
function isOneEditAway(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  if (restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1)) return true;
  return (
    restA.length === restB.length &&
    restA[0] === restB[1] &&
    restA[1] === restB[0] &&
    restA.slice(2) === restB.slice(2)
  );
}
