import { TEXT_FIELDS, type TextField } from "../../core/search-vocabulary.ts";
import { foldText } from "../fold-text.ts";
import type { TextExplanation } from "../text-index.ts";
import { editDistance } from "./edit-distance.ts";
import { holdsPart } from "./find-terms.ts";
import type { TextDocument } from "./text-documents.ts";
import type { QueryTerm } from "./text-terms.ts";

/** A word further from a query's than this is no reason for a hit. */
const MAX_DISTANCE = 2;
/** A shorter part is not looked for across spaces. */
const MIN_TORN_LENGTH = 3;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

/** A piece of text with its words as they are written and as they are compared. */
interface Piece {
  readonly text: string;
  readonly folded: string;
  readonly words: readonly { readonly word: string; readonly folded: string }[];
}

/** Reads pieces once, though names of tags, places and objects are on many photos of a page. */
function createPieces(): (text: string) => Piece {
  const known = new Map<string, Piece>();
  return (text) => {
    let piece = known.get(text);
    if (piece === undefined) {
      const words = (text.match(WORD) ?? []).map((word) => ({ word, folded: foldText(word) }));
      piece = { text, folded: foldText(text), words };
      known.set(text, piece);
    }
    return piece;
  };
}

/** The words of a piece that match the term: whole words, else words that hold it, else all of it that does without its spaces. */
type Find = (pieces: readonly Piece[], term: QueryTerm) => readonly string[];

const findWords: Find = (pieces, { text, isUnspaced }) => {
  if (isUnspaced) return pieces.some(({ folded }) => folded.includes(text)) ? [text] : [];
  const wordsThat = (matches: (folded: string) => boolean) =>
    pieces.flatMap(({ words }) => words.filter(({ folded }) => matches(folded)).map(({ word }) => word));
  const same = wordsThat((folded) => folded === text);
  if (same.length > 0) return same;
  const holding = wordsThat((folded) => holdsPart(folded, text));
  // Characters that two words share by chance are no reason.
  if (holding.length > 0 || text.length < MIN_TORN_LENGTH) return holding;
  return pieces.filter(({ folded }) => folded.replace(/\s+/g, "").includes(text)).map((piece) => piece.text);
};

/** Words that are spelt nearly like the term. */
const findSimilarWords: Find = (pieces, { text, isUnspaced }) => {
  if (isUnspaced) return [];
  const limit = Math.min(MAX_DISTANCE, Math.floor(text.length / 4));
  const isNear = (folded: string) => editDistance(folded, text, limit) <= limit;
  return pieces.flatMap(({ words }) => words.filter(({ folded }) => isNear(folded)).map(({ word }) => word));
};

/** Which fields of each document match the terms, and with which of their words; similar words only where nothing else does. */
export function explainText(
  documents: readonly TextDocument[],
  terms: readonly QueryTerm[],
): readonly (readonly TextExplanation[])[] {
  const toPiece = createPieces();
  return documents.map(({ fields }) => {
    const pieces = TEXT_FIELDS.map((field) => ({ field, pieces: fields[field].map(toPiece) }));
    const found = new Map<TextField, Set<string>>();
    for (const term of terms) {
      for (const find of [findWords, findSimilarWords]) {
        const matches = pieces.map((own) => ({ field: own.field, words: find(own.pieces, term) }));
        for (const { field, words } of matches.filter((match) => match.words.length > 0)) {
          found.set(field, new Set([...(found.get(field) ?? []), ...words]));
        }
        if (matches.some(({ words }) => words.length > 0)) break;
      }
    }
    return [...found].map(([field, words]) => ({ field, words: [...words] }));
  });
}
