import type { PhotoFilter } from "../core/photo-filter.ts";
import type { ChipKind, QueryProblemCode } from "../core/search-vocabulary.ts";

/** A part of a query that became a filter. Offsets count UTF-16 units of the query. */
export interface QueryChip {
  readonly start: number;
  readonly end: number;
  readonly kind: ChipKind;
  /** The value in words. */
  readonly label: string;
  /** The value as the operator takes it. */
  readonly value: string;
  readonly isNegated: boolean;
  readonly source: "operator" | "sentence";
}

/** A mistake in a query. */
export interface QueryProblem {
  readonly start: number;
  readonly end: number;
  readonly code: QueryProblemCode;
  readonly message: string;
  /** What to write in its place. */
  readonly suggestion?: string;
}

/** A query, understood. */
export interface ParsedQuery {
  /** What is left to be searched by meaning. */
  readonly text: string;
  /** The same for searching by words: without those that say nothing (the, and, in), as long as there are others. */
  readonly words: string;
  readonly filter: PhotoFilter;
  readonly chips: readonly QueryChip[];
  readonly problems: readonly QueryProblem[];
}

/** A value as the query language writes it: in quotation marks where it needs them. */
export function quoteValue(value: string): string {
  return /^[^\s"“”„«»「」『』|:-][^\s"“”„«»「」『』|:]*$/u.test(value)
    ? value
    : `"${value.replaceAll('"', "”")}"`;
}

/** A chip as an operator of the query language. */
export function toOperator({
  kind,
  value,
  isNegated,
}: Pick<QueryChip, "kind" | "value" | "isNegated">): string {
  const sign = isNegated ? "-" : "";
  return kind === "word" ? `${sign}${quoteValue(value)}` : `${sign}${kind}:${value}`;
}
