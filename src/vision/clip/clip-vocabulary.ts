/**
 * Vocabularies of CLIP's byte-pair encoding, in the two forms in which they are published: OpenAI's list of merges
 * (`bpe_simple_vocab_16e6.txt`, also gzipped) and Hugging Face's `tokenizer.json`.
 */
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { KeepsightError } from "../../core/errors.ts";

/** What a tokenizer needs to know of its vocabulary. */
export interface ClipVocabulary {
  /** Id of each token; the last part of a word ends in `</w>`. */
  readonly ids: ReadonlyMap<string, number>;
  /** Rank of each merge, keyed by its two parts with a space between; lower ranks are merged first. */
  readonly mergeRanks: ReadonlyMap<string, number>;
  /** One printable character for each byte, as the vocabulary writes them. */
  readonly byteCharacters: readonly string[];
  readonly startId: number;
  readonly endId: number;
}

/** Tokens of OpenAI's vocabulary: 49,408 less 512 for single bytes, 2 special ones. */
const MERGE_COUNT = 49_152 - 256 - 2;
const START_TOKEN = "<|startoftext|>";
const END_TOKEN = "<|endoftext|>";
const GZIP_MAGIC = 0x1f;

const TokenizerJson = z.object({
  model: z.object({
    vocab: z.record(z.string(), z.number().int()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
});

/** Reads either form. Throws `file_unreadable` or, for anything else than a vocabulary, `model_invalid`. */
export async function readClipVocabulary(path: string): Promise<ClipVocabulary> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new KeepsightError("file_unreadable", `The vocabulary ${path} cannot be read.`, { cause });
  });
  try {
    const text = (bytes[0] === GZIP_MAGIC ? gunzipSync(bytes) : bytes).toString("utf8");
    return text.startsWith("{") ? parseTokenizerJson(text) : parseMergeList(text);
  } catch (cause) {
    throw new KeepsightError(
      "model_invalid",
      `${path} is not a CLIP vocabulary. Fetch it again with "keepsight models pull".`,
      { cause },
    );
  }
}

/** The vocabulary of OpenAI's list: a heading, then one merge a line. Throws where the list is too short. */
export function parseMergeList(text: string): ClipVocabulary {
  const merges = text.split("\n").slice(1, MERGE_COUNT + 1);
  if (merges.length < MERGE_COUNT || merges.some((merge) => !/^\S+ \S+$/.test(merge))) {
    throw new KeepsightError("model_invalid", `A CLIP vocabulary has ${MERGE_COUNT} merges, one a line.`);
  }
  const byteCharacters = createByteCharacters();
  const tokens = [
    ...byteTokenOrder().map((byte) => byteCharacters[byte]!),
    ...byteTokenOrder().map((byte) => `${byteCharacters[byte]!}</w>`),
    ...merges.map((merge) => merge.replace(" ", "")),
    START_TOKEN,
    END_TOKEN,
  ];
  return createVocabulary(new Map(tokens.map((token, id) => [token, id])), merges);
}

/** The vocabulary of a `tokenizer.json`. Throws where it is none, or not CLIP's. */
export function parseTokenizerJson(text: string): ClipVocabulary {
  const { model } = TokenizerJson.parse(JSON.parse(text));
  const merges = model.merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" ")));
  return createVocabulary(new Map(Object.entries(model.vocab)), merges);
}

function createVocabulary(ids: ReadonlyMap<string, number>, merges: readonly string[]): ClipVocabulary {
  const startId = ids.get(START_TOKEN);
  const endId = ids.get(END_TOKEN);
  if (startId === undefined || endId === undefined) {
    throw new KeepsightError("model_invalid", `A CLIP vocabulary has ${START_TOKEN} and ${END_TOKEN}.`);
  }
  const mergeRanks = new Map(merges.map((merge, rank) => [merge, rank]));
  return { ids, mergeRanks, byteCharacters: createByteCharacters(), startId, endId };
}

/** Bytes that are printable in Latin-1 and stand for themselves. */
function isPrintable(byte: number): boolean {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

/** The other bytes get the characters from U+0100 on, so that a vocabulary holds no spaces or controls. */
function createByteCharacters(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
}

/** Ids of single bytes: the printable ones first. */
function byteTokenOrder(): number[] {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  return [...bytes.filter(isPrintable), ...bytes.filter((byte) => !isPrintable(byte))];
}
