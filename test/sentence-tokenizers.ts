/**
 * Tiny tokenisers of the SentencePiece families, laid out as the published files are: Gemma's byte-pair encoding with
 * byte fallback (SigLIP 2) and T5's Unigram (SigLIP).
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const SPACE = "\u2581";
const COLOURS = ["red", "green", "blue", "white", "black"];
const WORDS = [...COLOURS, "dog", "photo", "of", "a"];

/** Special tokens, the 256 bytes, letters, and the words with and without a space before them. */
export function writeGemmaTokenizer(folder: string): string {
  const specials = ["<pad>", "<eos>", "<bos>", "<unk>"];
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const spelled = WORDS.flatMap((word) => [word, SPACE + word]);
  const merges = new Map(spelled.flatMap(mergesOf).map((merge) => [merge.join(" "), merge]));
  const letters = new Set(spelled.flatMap((word) => Array.from(word)));
  const pieces = new Set([...letters, ...[...merges.values()].map((merge) => merge.join(""))]);
  return writeJson(join(folder, "gemma_tokenizer.json"), {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({ id, content, special: true, normalized: false })),
    normalizer: { type: "Replace", pattern: { String: " " }, content: SPACE },
    pre_tokenizer: {
      type: "Split",
      pattern: { String: " " },
      behavior: "MergedWithPrevious",
      invert: false,
    },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<bos>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [],
      special_tokens: { "<bos>": { id: "<bos>", ids: [2], tokens: ["<bos>"] } },
    },
    decoder: { type: "Sequence", decoders: [{ type: "ByteFallback" }, { type: "Fuse" }] },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: "<unk>",
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries([...specials, ...bytes, ...pieces].map((token, id) => [token, id])),
      merges: [...merges.values()],
    },
  });
}

/** "▁red" → "e d", "r ed", "▁ red": from the end, so that a word is merged alike with a space before it or not. */
function mergesOf(word: string): [string, string][] {
  const letters = Array.from(word);
  return Array.from({ length: letters.length - 1 }, (_, i) => {
    const cut = letters.length - 1 - i;
    return [letters[cut - 1]!, letters.slice(cut).join("")];
  });
}

/** Special tokens, the words with a space before them, and pieces of which "▁dog" must be made. */
export function writeUnigramTokenizer(folder: string): string {
  const whole = WORDS.filter((word) => word !== "dog");
  const vocab: [string, number][] = [
    ["<pad>", 0],
    ["</s>", 0],
    ["<unk>", 0],
    [SPACE, -2],
    ...whole.map((word): [string, number] => [SPACE + word, -5]),
    [`${SPACE}do`, -6],
    [`${SPACE}d`, -8],
    ["og", -9],
    ["o", -10],
    ["g", -7],
    ...Array.from("abcefhiklnprtuw", (letter): [string, number] => [letter, -11]),
  ];
  return writeJson(join(folder, "unigram_tokenizer.json"), {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: ["<pad>", "</s>", "<unk>"].map((content, id) => ({
      id,
      content,
      special: true,
      normalized: false,
    })),
    normalizer: { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
    pre_tokenizer: {
      type: "Metaspace",
      replacement: SPACE,
      prepend_scheme: "always",
      split: true,
    },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "</s>", type_id: 0 } }],
      pair: [],
      special_tokens: { "</s>": { id: "</s>", ids: [1], tokens: ["</s>"] } },
    },
    decoder: { type: "Metaspace", replacement: SPACE, prepend_scheme: "always", split: true },
    model: { type: "Unigram", unk_id: 2, vocab, byte_fallback: false },
  });
}

function writeJson(path: string, content: object): string {
  writeFileSync(path, JSON.stringify(content));
  return path;
}
