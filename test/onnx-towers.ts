/**
 * A tiny pair of CLIP towers in the layout of the published MobileCLIP and OpenCLIP exports, for tests: the image tower
 * measures how red, green, blue, bright and dark a photo is, the text tower looks for those words, and both speak of them
 * in the same 512 dimensions. So "red" finds red photos first.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClipSettings } from "../src/onnx/model-settings.ts";
import { AttributeType, DataType, encodeGraph, floats, integers, valueInfo } from "./onnx-graph.ts";

const DIMENSIONS = 512;
const CONTEXT_LENGTH = 77;
/** What each direction of the shared space is about, and the weights of r, g, b and a constant that measure it. */
const COLOURS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  red: [1, -0.5, -0.5, 0],
  green: [-0.5, 1, -0.5, 0],
  blue: [-0.5, -0.5, 1, 0],
  white: [0.33, 0.33, 0.33, -0.6],
  black: [-0.33, -0.33, -0.33, 0.4],
};
const WORDS = Object.keys(COLOURS);
/** The last direction is a little of everything, so that no text or image is without direction. */
const FEATURES = WORDS.length + 1;

/** Settings that fit the towers. */
const TOWER_SETTINGS: ClipSettings = {
  task: "clip",
  inputSize: 256,
  resize: "bilinear",
  fit: "crop",
  pixels: { colourOrder: "rgb", scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
  dimensions: DIMENSIONS,
  contextLength: CONTEXT_LENGTH,
  tokenType: "int64",
  tokens: { cleaning: "clip", start: "<|startoftext|>", end: "<|endoftext|>", padding: 0 },
};

/** Makes towers of which a test needs several. */
export interface TowerOptions {
  readonly modelId?: string;
  readonly preference?: number;
  /**
   * Towers of another turn have the same dimensions and another space: what one calls red the other calls green, and so
   * on, so that comparing embeddings of both gives plainly wrong answers.
   */
  readonly turn?: number;
}

/** The files of the towers and how to run them. */
export interface ClipTowers {
  readonly modelId: string;
  readonly imageEncoder: string;
  readonly textEncoder: string;
  readonly tokenizer: string;
  readonly settings: ClipSettings;
}

/**
 * Writes both towers, their vocabulary (a `tokenizer.json` that knows the words red, green, blue, white and black) and a
 * description with which a model store takes them for the user's own model, into `directory`, which is made when needed.
 */
export function writeClipTowers(
  directory: string,
  { modelId = "test-colours", preference = 1000, turn = 0 }: TowerOptions = {},
): ClipTowers {
  mkdirSync(directory, { recursive: true });
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
  const vocabulary = createVocabulary();
  const name = modelId.replace("test-", "");
  const towers = {
    modelId,
    imageEncoder: write(`${name}_vision.onnx`, createImageTower(turn)),
    textEncoder: write(`${name}_text.onnx`, createTextTower(vocabulary.wordIds, turn)),
    tokenizer: write(`${name}_tokenizer.json`, vocabulary.json),
    settings: TOWER_SETTINGS,
  };
  write(`${name}.keepsight-model.json`, describe(towers, preference));
  return towers;
}

function describe(towers: ClipTowers, preference: number): string {
  const file = (role: string, path: string) => {
    const bytes = readFileSync(path);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { role, name: path.split(/[\\/]/).at(-1), byteSize: bytes.byteLength, sha256 };
  };
  return JSON.stringify({
    id: towers.modelId,
    title: "Colours, for tests",
    licence: { name: "Apache-2.0", commercial: true },
    preference,
    files: [
      file("image-encoder", towers.imageEncoder),
      file("text-encoder", towers.textEncoder),
      file("tokenizer", towers.tokenizer),
    ],
    settings: towers.settings,
  });
}

/** Single bytes, the words built letter by letter, and the special tokens, numbered in this order. */
function createVocabulary(): { json: string; wordIds: number[] } {
  const letters = Array.from({ length: 94 }, (_, i) => String.fromCodePoint(33 + i));
  const merges = [...new Set(WORDS.flatMap(mergesOf))];
  const specials = ["<|startoftext|>", "<|endoftext|>"];
  const tokens = [
    ...letters,
    ...letters.map((letter) => `${letter}</w>`),
    ...merges.map((merge) => merge.replace(" ", "")),
    ...specials,
  ];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return {
    json: JSON.stringify({
      added_tokens: specials.map((content) => ({ id: vocab[content], content, special: true })),
      normalizer: { type: "Lowercase" },
      pre_tokenizer: { type: "WhitespaceSplit" },
      post_processor: null,
      decoder: null,
      model: { type: "BPE", end_of_word_suffix: "</w>", vocab, merges },
    }),
    wordIds: WORDS.map((word) => vocab[`${word}</w>`]!),
  };
}

/** "red" → "e d</w>", "r ed</w>": from the end, so that no word's merges get into another's way. */
function mergesOf(word: string): string[] {
  return Array.from({ length: word.length - 1 }, (_, i) => {
    const cut = word.length - 1 - i;
    return `${word[cut - 1]} ${word.slice(cut)}</w>`;
  });
}

/** Per-pixel colour measures (1×1 convolution, rectified), averaged over the photo, projected. */
function createImageTower(turn: number): Uint8Array {
  const weights = [...Object.values(COLOURS).map(([r, g, b]) => [r, g, b]), [0, 0, 0]];
  const bias = [...Object.values(COLOURS).map(([, , , constant]) => constant), 0.05];
  return encodeGraph({
    node: [
      { opType: "Conv", input: ["pixel_values", "weights", "bias"], output: ["measures"] },
      { opType: "Relu", input: ["measures"], output: ["rectified"] },
      { opType: "GlobalAveragePool", input: ["rectified"], output: ["pooled"] },
      { opType: "Flatten", input: ["pooled"], output: ["features"] },
      { opType: "MatMul", input: ["features", "projection"], output: ["image_embeds"] },
    ],
    initializer: [
      floats("weights", [FEATURES, 3, 1, 1], weights.flat()),
      floats("bias", [FEATURES], bias),
      projection(turn),
    ],
    input: [valueInfo("pixel_values", DataType.FLOAT, ["batch", 3, 256, 256])],
    output: [valueInfo("image_embeds", DataType.FLOAT, ["batch", DIMENSIONS])],
  });
}

/** Which of the words occur among the tokens, projected. */
function createTextTower(wordIds: readonly number[], turn: number): Uint8Array {
  return encodeGraph({
    node: [
      { opType: "Unsqueeze", input: ["input_ids", "last"], output: ["columns"] },
      { opType: "Equal", input: ["columns", "words"], output: ["matches"] },
      {
        opType: "Cast",
        input: ["matches"],
        output: ["ones"],
        attribute: [{ name: "to", type: AttributeType.INT, i: DataType.FLOAT }],
      },
      {
        opType: "ReduceMax",
        input: ["ones"],
        output: ["present"],
        attribute: [
          { name: "axes", type: AttributeType.INTS, ints: [1] },
          { name: "keepdims", type: AttributeType.INT, i: 0 },
        ],
      },
      { opType: "Add", input: ["present", "something"], output: ["features"] },
      { opType: "MatMul", input: ["features", "projection"], output: ["text_embeds"] },
    ],
    initializer: [
      integers("last", [1], [2]),
      // The start token never equals −1, so the last direction comes from the constant alone.
      integers("words", [FEATURES], [...wordIds, -1]),
      floats("something", [FEATURES], [...WORDS.map(() => 0), 0.05]),
      projection(turn),
    ],
    input: [valueInfo("input_ids", DataType.INT64, ["batch", CONTEXT_LENGTH])],
    output: [valueInfo("text_embeds", DataType.FLOAT, ["batch", DIMENSIONS])],
  });
}

/** Spreads each feature over its own dimensions, so that features stay orthogonal. */
function projection(turn: number) {
  const matrix = Array.from({ length: FEATURES * DIMENSIONS }, (_, i) =>
    (i % DIMENSIONS) % FEATURES === (Math.floor(i / DIMENSIONS) + turn) % FEATURES ? 1 : 0,
  );
  return floats("projection", [FEATURES, DIMENSIONS], matrix);
}
