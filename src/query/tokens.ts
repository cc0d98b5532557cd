/**
 * A query as words, phrases in quotation marks and operators (`name:value`), each with where it stands. Any string is a
 * query; offsets count UTF-16 units. O(n).
 */

/** One value of an operator: `person:Anna|"Bob Berg"` has two. */
export interface TokenValue {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

interface Place {
  readonly start: number;
  readonly end: number;
  /** A minus sign stands before it. */
  readonly isNegated: boolean;
}

/** A piece of a query. */
export type Token =
  | (Place & { readonly kind: "word"; readonly text: string })
  | (Place & { readonly kind: "phrase"; readonly text: string; readonly isClosed: boolean })
  | (Place & {
      readonly kind: "operator";
      /** As it was written. */
      readonly name: string;
      readonly values: readonly TokenValue[];
      readonly isClosed: boolean;
    });

/** Quotation marks of many languages, and what closes them. */
const CLOSING: Readonly<Record<string, string>> = {
  '"': '"',
  "“": "”",
  "„": "“”",
  "«": "»",
  "»": "«",
  "「": "」",
  "『": "』",
};

const OPERATOR = /\p{L}[\p{L}\p{N}_-]*(?=:)/uy;
const SPACE = /\s/u;

interface Quoted {
  readonly text: string;
  readonly end: number;
  readonly isClosed: boolean;
}

/** What stands in quotation marks that open at `start`; to the end of the query where nothing closes them. */
function readQuoted(query: string, start: number): Quoted {
  const closing = CLOSING[query[start]!]!;
  let end = start + 1;
  while (end < query.length && !closing.includes(query[end]!)) end++;
  const isClosed = end < query.length;
  return { text: query.slice(start + 1, end), end: isClosed ? end + 1 : end, isClosed };
}

function readBare(query: string, start: number, isEnd: (character: string) => boolean): number {
  let end = start;
  while (end < query.length && !isEnd(query[end]!)) end++;
  return end;
}

/** The values after a colon: bare ones end at white space or `|`, quoted ones at their mark. */
function readValues(query: string, start: number) {
  const values: TokenValue[] = [];
  let isClosed = true;
  for (let at = start; ;) {
    if (query[at] !== undefined && CLOSING[query[at]!] !== undefined) {
      const quoted = readQuoted(query, at);
      // What follows the closing mark belongs to the value: class:"traffic light">0.5.
      const end = readBare(query, quoted.end, (character) => SPACE.test(character) || character === "|");
      values.push({ text: quoted.text + query.slice(quoted.end, end), start: at, end });
      isClosed &&= quoted.isClosed;
    } else {
      const end = readBare(query, at, (character) => SPACE.test(character) || character === "|");
      values.push({ text: query.slice(at, end), start: at, end });
    }
    const { end } = values.at(-1)!;
    if (query[end] !== "|") return { values: values.filter(({ text }) => text.trim() !== ""), end, isClosed };
    at = end + 1;
  }
}

function readToken(query: string, start: number): Token {
  const isNegated = query[start] === "-" && start + 1 < query.length && !SPACE.test(query[start + 1]!);
  const at = isNegated ? start + 1 : start;
  if (CLOSING[query[at]!] !== undefined) {
    const { text, end, isClosed } = readQuoted(query, at);
    return { kind: "phrase", text, start, end, isNegated, isClosed };
  }
  OPERATOR.lastIndex = at;
  const [name] = OPERATOR.exec(query) ?? [];
  if (name !== undefined) {
    const { values, end, isClosed } = readValues(query, at + name.length + 1);
    return { kind: "operator", name, values, start, end, isNegated, isClosed };
  }
  const end = readBare(query, at, (character) => SPACE.test(character) || character === '"');
  return { kind: "word", text: query.slice(at, end), start, end, isNegated };
}

/** The pieces of a query in order. */
export function tokenize(query: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < query.length;) {
    if (SPACE.test(query[at]!)) at++;
    else {
      const token = readToken(query, at);
      tokens.push(token);
      at = Math.max(token.end, at + 1);
    }
  }
  return tokens;
}
