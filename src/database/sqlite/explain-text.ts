import { TEXT_FIELDS, type TextField } from "../../core/search-vocabulary.ts";
import { foldText } from "../fold-text.ts";
import type { TextExplanation } from "../text-index.ts";
import { editDistance } from "./edit-distance.ts";
import { TRIGRAM } from "./find-terms.ts";
import type { TextDocument } from "./text-documents.ts";
import type { QueryTerm } from "./text-terms.ts";

/** A word further from a query's than this is no reason for a hit. */
const MAX_DISTANCE = 2;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

/** Pieces of text that match the term: whole words, else words that hold it, else lines that do without their spaces. */
function findWords(pieces: readonly string[], { text, isUnspaced }: QueryTerm): readonly string[] {
  if (isUnspaced) return pieces.some((piece) => foldText(piece).includes(text)) ? [text] : [];
  const words = pieces.flatMap((piece) => piece.match(WORD) ?? []);
  const same = words.filter((word) => foldText(word) === text);
  if (same.length > 0) return same;
  const isPart = text.length < TRIGRAM ? "startsWith" : "includes";
  const holding = words.filter((word) => foldText(word)[isPart](text));
  if (holding.length > 0) return holding;
  if (text.length < TRIGRAM) return [];
  return pieces.filter((piece) => foldText(piece).replace(/\s+/g, "").includes(text));
}

function findSimilarWords(pieces: readonly string[], { text, isUnspaced }: QueryTerm): readonly string[] {
  if (isUnspaced) return [];
  const limit = Math.min(MAX_DISTANCE, Math.floor(text.length / 4));
  const words = pieces.flatMap((piece) => piece.match(WORD) ?? []);
  return words.filter((word) => editDistance(foldText(word), text, limit) <= limit);
}

/** Which fields of the document match the terms, and with which of their words; similar words only where nothing else does. */
export function explainText(document: TextDocument, terms: readonly QueryTerm[]): readonly TextExplanation[] {
  const found = new Map<TextField, Set<string>>();
  for (const term of terms) {
    for (const find of [findWords, findSimilarWords]) {
      const matches = TEXT_FIELDS.map((field) => ({ field, words: find(document.fields[field], term) }));
      for (const { field, words } of matches.filter((match) => match.words.length > 0)) {
        found.set(field, new Set([...(found.get(field) ?? []), ...words]));
      }
      if (matches.some(({ words }) => words.length > 0)) break;
    }
  }
  return [...found].map(([field, words]) => ({ field, words: [...words] }));
}
