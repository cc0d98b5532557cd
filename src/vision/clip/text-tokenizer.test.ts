import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeClipTowers } from "../../../test/onnx-towers.ts";
import { writeGemmaTokenizer, writeUnigramTokenizer } from "../../../test/sentence-tokenizers.ts";
import { hasShared, readSharedJson, sharedPath } from "../../../test/shared-files.ts";
import type { TokenSettings } from "../../onnx/model-settings.ts";
import { readTokenizer, type Vocabulary } from "./read-tokenizer.ts";
import { createTextTokenizer } from "./text-tokenizer.ts";

const CLIP: TokenSettings = {
  cleaning: "clip",
  start: "<|startoftext|>",
  end: "<|endoftext|>",
  padding: 0,
};

let folder: string;
let colours: Vocabulary;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "text-tokenizer-"));
  colours = await readTokenizer(writeClipTowers(folder).tokenizer);
});
afterAll(() => rmSync(folder, { recursive: true }));

function idsOf(vocabulary: Vocabulary, ...tokens: string[]): (number | undefined)[] {
  return tokens.map((token) => vocabulary.token_to_id(token));
}

describe("createTextTokenizer", () => {
  it("frames the text with start and end and fills the context with zeros", () => {
    const { tokenIds, mask } = createTextTokenizer(colours, { contextLength: 8, tokens: CLIP }).encode(
      "RED  blue",
    );
    const framed = idsOf(colours, "<|startoftext|>", "red</w>", "blue</w>", "<|endoftext|>");
    expect([...tokenIds]).toEqual([...framed, 0, 0, 0, 0]);
    expect([...mask]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  });

  it("cuts a long text so that the end stays last", () => {
    const { tokenIds } = createTextTokenizer(colours, { contextLength: 4, tokens: CLIP }).encode(
      "red red red red red",
    );
    expect([...tokenIds]).toEqual(idsOf(colours, "<|startoftext|>", "red</w>", "red</w>", "<|endoftext|>"));
  });

  it("pads in front where the tower wants it so, and not at all where it does not", () => {
    const encode = (tokens: TokenSettings) =>
      createTextTokenizer(colours, { contextLength: 5, tokens }).encode("red");
    const [red, end] = idsOf(colours, "red</w>", "<|endoftext|>");
    const left = encode({ cleaning: "none", end: "<|endoftext|>", padding: 7, paddingSide: "left" });
    expect([...left.tokenIds]).toEqual([7, 7, 7, red, end]);
    expect([...left.mask]).toEqual([0, 0, 0, 1, 1]);
    expect([...encode({ cleaning: "none" }).tokenIds]).toEqual([red]);
  });

  it("leaves out what the vocabulary does not know", () => {
    const { tokenIds } = createTextTokenizer(colours, {
      contextLength: 9,
      tokens: { cleaning: "none" },
    }).encode("red 狗");
    expect([...tokenIds]).toEqual(idsOf(colours, "red</w>"));
  });

  it("names a token that its vocabulary lacks", () => {
    const tokens: TokenSettings = { cleaning: "none", end: "</s>" };
    expect(() => createTextTokenizer(colours, { contextLength: 9, tokens })).toThrow(/no token "<\/s>"/);
  });
});

describe("createTextTokenizer for SigLIP 2 (Gemma's byte-pair encoding)", () => {
  const tokens: TokenSettings = { cleaning: "lower-case", end: "<eos>", padding: "<pad>" };

  it("spells what it does not know in bytes, marks spaces, ends with <eos> and fills 64 tokens", async () => {
    const vocabulary = await readTokenizer(writeGemmaTokenizer(folder));
    const { tokenIds } = createTextTokenizer(vocabulary, { contextLength: 64, tokens }).encode("Red dog é");
    expect(tokenIds).toHaveLength(64);
    const expected = idsOf(vocabulary, "red", "▁dog", "▁", "<0xC3>", "<0xA9>", "<eos>");
    expect([...tokenIds.subarray(0, 6)]).toEqual(expected);
    expect(new Set(tokenIds.subarray(6))).toEqual(new Set(idsOf(vocabulary, "<pad>")));
  });

  it("adds no token of the file's own", async () => {
    const vocabulary = await readTokenizer(writeGemmaTokenizer(folder));
    const bare = createTextTokenizer(vocabulary, { contextLength: 64, tokens: { cleaning: "none" } });
    expect([...bare.encode("red").tokenIds]).toEqual(idsOf(vocabulary, "red"));
  });
});

describe("createTextTokenizer for SigLIP (T5's Unigram)", () => {
  it("makes of a text of which nothing is left an end and padding", async () => {
    const tokens: TokenSettings = { cleaning: "canonical", end: "</s>", padding: "<pad>" };
    const unigram = await readTokenizer(writeUnigramTokenizer(folder));
    for (const text of ["", "  ", "?!"]) {
      const { tokenIds, mask } = createTextTokenizer(unigram, { contextLength: 4, tokens }).encode(text);
      expect([[...tokenIds], [...mask]]).toEqual([
        [1, 0, 0, 0],
        [1, 0, 0, 0],
      ]);
    }
  });

  it("takes the likeliest pieces and pads with the end token", async () => {
    const vocabulary = await readTokenizer(writeUnigramTokenizer(folder));
    const tokens: TokenSettings = { cleaning: "canonical", end: "</s>", padding: "</s>" };
    const { tokenIds } = createTextTokenizer(vocabulary, { contextLength: 8, tokens }).encode(
      "A red, red dog!",
    );
    const framed = idsOf(vocabulary, "▁a", "▁red", "▁red", "▁do", "g", "</s>");
    expect([...tokenIds]).toEqual([...framed, 1, 1]);
  });
});

const VOCABULARY = "models/clip/bpe_simple_vocab_16e6.txt.gz";
const DATA = "conformance/clip/tokens.json";
const isHere = hasShared("CLIP tokens against openai/CLIP", VOCABULARY, DATA);
interface Row {
  readonly text: string;
  readonly ids: readonly number[];
  /** What comes out when the text is not repaired first. */
  readonly ids_without_ftfy_and_html?: readonly number[];
}
const rows = isHere ? readSharedJson<{ rows: Row[] }>(DATA).rows : [];

describe.skipIf(!isHere)("createTextTokenizer against openai/CLIP", () => {
  let vocabulary: Vocabulary;
  beforeAll(async () => {
    vocabulary = await readTokenizer(sharedPath(VOCABULARY));
  });

  it.each(rows)("tokenizes $text alike", (row) => {
    const { tokenIds } = createTextTokenizer(vocabulary, { contextLength: 77, tokens: CLIP }).encode(
      row.text,
    );
    const padded = (ids: readonly number[]) => Array.from({ length: 77 }, (_, i) => ids[i] ?? 0);
    const accepted = [row.ids, row.ids_without_ftfy_and_html ?? row.ids].map(padded);
    expect(accepted).toContainEqual([...tokenIds]);
  });

  it("reads the same vocabulary as a tokenizer.json alike", async () => {
    const path = join(folder, "clip-tokenizer.json");
    writeFileSync(path, JSON.stringify(describeClip(vocabulary)));
    const other = await readTokenizer(path);
    const [ours, theirs] = [vocabulary, other].map((words) =>
      createTextTokenizer(words, { contextLength: 77, tokens: CLIP }),
    );
    for (const { text } of rows) expect(theirs!.encode(text)).toEqual(ours!.encode(text));
  });
});

/** The vocabulary in the words of the `tokenizer.json` that OpenAI's model comes with on the Hugging Face hub. */
function describeClip(vocabulary: Vocabulary): object {
  const { vocab, merges } = (vocabulary as unknown as { tokenizer: { model: Record<string, unknown> } })
    .tokenizer.model;
  return {
    added_tokens: ["<|startoftext|>", "<|endoftext|>"].map((content, i) => ({
      id: 49_406 + i,
      content,
      special: true,
      normalized: i === 0,
    })),
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: String.raw`\s+` }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+` },
          behavior: "Removed",
          invert: true,
        },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
      ],
    },
    post_processor: {
      type: "RobertaProcessing",
      sep: ["<|endoftext|>", 49_407],
      cls: ["<|startoftext|>", 49_406],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: "<|endoftext|>",
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}
