/**
 * CLIP's tokenizer: byte-pair encoding (Sennrich et al. 2016) of cleaned lower-case text, after `simple_tokenizer.py` of
 * openai/CLIP. O(length²) of a word, O(words) of a text.
 *
 * - A text becomes start, tokens, end; longer ones are cut so that the end stays last.
 * - The rest of the context is zeros, as OpenCLIP and MobileCLIP have it. Towers that pool at the end token read the same
 *   with any other padding.
 */
import { cleanText } from "./clean-text.ts";
import type { ClipVocabulary } from "./clip-vocabulary.ts";

/** Turns text into what a text encoder reads. */
export interface ClipTokenizer {
  /** `contextLength` token ids. */
  encode(text: string): Int32Array;
}

/** Special tokens, contractions, runs of letters, single digits, runs of anything else. */
const WORDS = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu;

const utf8 = new TextEncoder();

/** A tokenizer with this vocabulary for encoders that read `contextLength` tokens. */
export function createClipTokenizer(vocabulary: ClipVocabulary, contextLength: number): ClipTokenizer {
  const { ids, startId, endId } = vocabulary;
  return {
    encode(text) {
      const words = cleanText(text).match(WORDS) ?? [];
      const tokens = words.flatMap((word) => tokenizeWord(word, vocabulary));
      const tokenIds = tokens.flatMap((token) => ids.get(token) ?? []).slice(0, contextLength - 2);
      const encoded = new Int32Array(contextLength);
      encoded.set([startId, ...tokenIds, endId]);
      return encoded;
    },
  };
}

/** The tokens of one word: its bytes, merged by rank until no known pair is left. */
function tokenizeWord(word: string, { ids, mergeRanks, byteCharacters }: ClipVocabulary): string[] {
  if (word.startsWith("<|") && ids.has(word)) return [word];
  let parts = Array.from(utf8.encode(word), (byte) => byteCharacters[byte]!);
  parts[parts.length - 1] += "</w>";
  for (let pair = bestPair(parts, mergeRanks); pair !== undefined; pair = bestPair(parts, mergeRanks)) {
    parts = mergePair(parts, pair);
  }
  return parts;
}

/** The neighbours that are merged first, joined by a space; undefined when none are. */
function bestPair(parts: readonly string[], mergeRanks: ReadonlyMap<string, number>): string | undefined {
  let best: string | undefined;
  let bestRank = Infinity;
  for (let i = 0; i + 1 < parts.length; i++) {
    const pair = `${parts[i]} ${parts[i + 1]}`;
    const rank = mergeRanks.get(pair) ?? Infinity;
    if (rank < bestRank) [best, bestRank] = [pair, rank];
  }
  return best;
}

function mergePair(parts: readonly string[], pair: string): string[] {
  const merged: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    const isPair = `${parts[i]} ${parts[i + 1]}` === pair;
    merged.push(isPair ? `${parts[i]}${parts[++i]}` : parts[i]!);
  }
  return merged;
}
