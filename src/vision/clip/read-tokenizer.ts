/**
 * The tokenisers of text towers, in the forms in which they are published: Hugging Face's `tokenizer.json` (any model:
 * byte-pair encoding, Unigram, WordPiece), OpenAI's list of merges (`bpe_simple_vocab_16e6.txt`, also gzipped) and BERT's
 * list of tokens (`vocab.txt`). The latter two are put into the words of the first, so that one library reads them all.
 */
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { Tokenizer } from "@huggingface/tokenizers";
import { KeepsightError } from "../../core/errors.ts";

/** What of the library's tokeniser is used; its own types do not resolve under Node's rules for modules. */
export interface Vocabulary {
  /** Ids of the tokens of a text; undefined where the vocabulary has none. */
  encode(
    text: string,
    options: { add_special_tokens: boolean },
  ): { readonly ids: readonly (number | undefined)[] };
  token_to_id(token: string): number | undefined;
}

/** Tokens of OpenAI's vocabulary: 49,408 less 512 for single bytes, 2 special ones. */
const MERGE_COUNT = 49_152 - 256 - 2;
const START_TOKEN = "<|startoftext|>";
const END_TOKEN = "<|endoftext|>";
const BERT_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const GZIP_MAGIC = 0x1f;
/** The heading of OpenAI's list. */
const MERGE_LIST = /^"?(bpe_simple_vocab|#version)/;

/** Contractions, runs of letters, single digits, runs of anything else, as `simple_tokenizer.py` of openai/CLIP has them. */
const CLIP_WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;

/**
 * Reads a tokeniser in any of its forms. One with 256,000 tokens and 580,000 merges (Gemma) takes
 * 1.8 s of CPU and at its peak 470 MB, of which 300 MB stay.
 *
 * @throws KeepsightError `file_unreadable`, or `model_invalid` for anything else than a tokeniser.
 */
export async function readTokenizer(path: string): Promise<Vocabulary> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new KeepsightError("file_unreadable", `The tokeniser ${path} cannot be read.`, { cause });
  });
  try {
    return new Tokenizer(parseDefinition(bytes), {}) as Vocabulary;
  } catch (cause) {
    throw new KeepsightError(
      "model_invalid",
      `${path} is not a tokeniser. Fetch it again with "keepsight models pull".`,
      { cause },
    );
  }
}

function parseDefinition(bytes: Buffer): object {
  const text = (bytes[0] === GZIP_MAGIC ? gunzipSync(bytes) : bytes).toString("utf8");
  if (text.startsWith("{")) return JSON.parse(text) as object;
  return MERGE_LIST.test(text) ? defineMergeList(text) : defineTokenList(text);
}

/** OpenAI's list: a heading, then one merge a line. Throws where the list is too short. */
function defineMergeList(text: string): object {
  const merges = text.split("\n").slice(1, MERGE_COUNT + 1);
  if (merges.length < MERGE_COUNT || merges.some((merge) => !/^\S+ \S+$/.test(merge))) {
    throw new KeepsightError("model_invalid", `A CLIP vocabulary has ${MERGE_COUNT} merges, one a line.`);
  }
  const bytes = byteCharacters();
  const tokens = [
    ...bytes,
    ...bytes.map((byte) => `${byte}</w>`),
    ...merges.map((merge) => merge.replace(" ", "")),
    START_TOKEN,
    END_TOKEN,
  ];
  const vocab = numberTokens(tokens);
  return {
    added_tokens: specialTokens([START_TOKEN, END_TOKEN], vocab),
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: CLIP_WORDS }, behavior: "Removed", invert: true },
        { type: "ByteLevel", add_prefix_space: false, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: null,
    model: { type: "BPE", unk_token: END_TOKEN, end_of_word_suffix: "</w>", vocab, merges },
  };
}

/** BERT's list, one token a line. Throws where the tokens are missing that every such list has. */
function defineTokenList(text: string): object {
  const vocab = numberTokens(text.trimEnd().split(/\r?\n/));
  const missing = BERT_TOKENS.filter((token) => vocab[token] === undefined);
  if (missing.length > 0) {
    throw new KeepsightError("model_invalid", `A list of tokens has ${missing.join(", ")}.`);
  }
  return {
    added_tokens: specialTokens(BERT_TOKENS, vocab),
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, lowercase: false },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: null,
    decoder: null,
    model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", vocab },
  };
}

function numberTokens(tokens: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

function specialTokens(tokens: readonly string[], vocab: Readonly<Record<string, number>>): object[] {
  return tokens.map((content) => ({ id: vocab[content], content, special: true, normalized: false }));
}

/**
 * One printable character for each byte, so that a vocabulary holds no spaces or controls: those that are printable in
 * Latin-1 come first and stand for themselves, the others get the characters from U+0100 on.
 */
function byteCharacters(): string[] {
  const isPrintable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const printable = Array.from({ length: 256 }, (_, byte) => byte).filter(isPrintable);
  const others = Array.from({ length: 256 - printable.length }, (_, i) => 256 + i);
  return [...printable, ...others].map((codePoint) => String.fromCodePoint(codePoint));
}
