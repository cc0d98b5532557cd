/**
 * Text-image models in the layouts in which the well-known ones are published (names, types and shapes of inputs and outputs,
 * tokenisers, normalisation), with the insides of {@link writeClipTowers}: the image tower measures red, green and blue, the
 * text tower looks for those words.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClipSettings } from "../src/onnx/model-settings.ts";
import { readTokenizer } from "../src/vision/clip/read-tokenizer.ts";
import { AttributeType, DataType, encodeGraph, floats, integers, valueInfo } from "./onnx-graph.ts";
import { writeClipTowers } from "./onnx-towers.ts";
import { writeGemmaTokenizer, writeUnigramTokenizer } from "./sentence-tokenizers.ts";

export const COLOURS = ["red", "green", "blue"] as const;

/** How a model is published. */
export interface TowerLayout {
  readonly title: string;
  readonly settings: ClipSettings;
  readonly imageInput: string;
  readonly imageOutputs: readonly string[];
  readonly textInput: string;
  readonly maskInput?: string;
  readonly textOutputs: readonly string[];
  /** Exports with a fixed batch take one at a time. */
  readonly batch: "N" | 1;
  /** Whether the graph itself makes embeddings of length 1. */
  readonly isNormalized: boolean;
  readonly tokenizer: "clip" | "gemma" | "unigram";
  /** Whether the image tower takes and gives half precision. */
  readonly isHalf?: boolean;
}

/** Files of a model; both towers are one where they are joined. */
export interface PublishedTowers {
  readonly imageEncoder: string;
  readonly textEncoder: string;
  readonly tokenizer: string;
}

const CLIP_TOKENS: ClipSettings["tokens"] = {
  cleaning: "clip",
  start: "<|startoftext|>",
  end: "<|endoftext|>",
  padding: 0,
};
const BARE_PIXELS: ClipSettings["pixels"] = {
  colourOrder: "rgb",
  scale: 1 / 255,
  mean: [0, 0, 0],
  std: [1, 1, 1],
};
const CLIP_PIXELS: ClipSettings["pixels"] = {
  ...BARE_PIXELS,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};
const SIGLIP_PIXELS: ClipSettings["pixels"] = {
  ...BARE_PIXELS,
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
};
const CLIP: ClipSettings = {
  task: "clip",
  inputSize: 224,
  resize: "bicubic",
  fit: "crop",
  pixels: CLIP_PIXELS,
  dimensions: 512,
  contextLength: 77,
  tokenType: "int64",
  tokens: CLIP_TOKENS,
};
const SIGLIP: ClipSettings = {
  ...CLIP,
  resize: "bilinear",
  fit: "squash",
  pixels: SIGLIP_PIXELS,
  dimensions: 768,
  contextLength: 64,
};

export const TOWER_LAYOUTS: readonly TowerLayout[] = [
  {
    title: "MobileCLIP",
    settings: { ...CLIP, inputSize: 256, resize: "bilinear", pixels: BARE_PIXELS },
    imageInput: "pixel_values",
    imageOutputs: ["image_embeds"],
    textInput: "input_ids",
    textOutputs: ["text_embeds"],
    batch: "N",
    isNormalized: false,
    tokenizer: "clip",
  },
  {
    title: "MobileCLIP in half precision",
    settings: { ...CLIP, inputSize: 256, resize: "bilinear", pixels: BARE_PIXELS },
    imageInput: "pixel_values",
    imageOutputs: ["image_embeds"],
    textInput: "input_ids",
    textOutputs: ["text_embeds"],
    batch: "N",
    isNormalized: false,
    tokenizer: "clip",
    isHalf: true,
  },
  {
    title: "OpenCLIP as rclip exports it",
    settings: { ...CLIP, inputSize: 256 },
    imageInput: "input",
    imageOutputs: ["output"],
    textInput: "input",
    textOutputs: ["output"],
    batch: "N",
    isNormalized: false,
    tokenizer: "clip",
  },
  {
    title: "OpenAI CLIP as Immich exports it",
    settings: { ...CLIP, tokenType: "int32" },
    imageInput: "image",
    imageOutputs: ["embedding"],
    textInput: "text",
    textOutputs: ["embedding"],
    batch: 1,
    isNormalized: true,
    tokenizer: "clip",
  },
  {
    title: "SigLIP 2 for transformers.js",
    settings: {
      ...SIGLIP,
      tokens: { cleaning: "lower-case", end: "<eos>", padding: "<pad>" },
      imageOutput: "pooler_output",
      textOutput: "pooler_output",
    },
    imageInput: "pixel_values",
    imageOutputs: ["last_hidden_state", "pooler_output"],
    textInput: "input_ids",
    textOutputs: ["last_hidden_state", "pooler_output"],
    batch: "N",
    isNormalized: false,
    tokenizer: "gemma",
  },
  {
    title: "SigLIP 2 as Immich exports it",
    settings: {
      ...SIGLIP,
      resize: "bicubic",
      tokenType: "int32",
      tokens: { cleaning: "canonical", end: "<eos>", padding: "<pad>" },
    },
    imageInput: "image",
    imageOutputs: ["embedding"],
    textInput: "text",
    textOutputs: ["embedding"],
    batch: "N",
    isNormalized: true,
    tokenizer: "gemma",
  },
  {
    title: "SigLIP",
    settings: {
      ...SIGLIP,
      tokens: { cleaning: "canonical", end: "</s>", padding: "</s>" },
      imageOutput: "pooler_output",
      textOutput: "pooler_output",
    },
    imageInput: "pixel_values",
    imageOutputs: ["last_hidden_state", "pooler_output"],
    textInput: "input_ids",
    textOutputs: ["last_hidden_state", "pooler_output"],
    batch: "N",
    isNormalized: false,
    tokenizer: "unigram",
  },
  {
    title: "CLIP with an attention mask, both towers in one graph",
    settings: {
      ...CLIP,
      towers: "joined",
      // A word that is looked for: only the mask tells padding from text.
      tokens: { ...CLIP_TOKENS, padding: "red</w>", paddingSide: "left" },
      imageOutput: "image_embeds",
      textOutput: "text_embeds",
    },
    imageInput: "pixel_values",
    imageOutputs: ["image_embeds"],
    textInput: "input_ids",
    maskInput: "attention_mask",
    textOutputs: ["text_embeds"],
    batch: "N",
    isNormalized: true,
    tokenizer: "clip",
  },
];

/** Writes the files of a model of this layout. */
export async function writePublishedTowers(folder: string, layout: TowerLayout): Promise<PublishedTowers> {
  mkdirSync(folder, { recursive: true });
  const tokenizer = writeTokenizer(folder, layout.tokenizer);
  const image = imageTower(layout);
  const text = textTower(layout, await findWords(tokenizer, layout));
  const write = (name: string, content: Uint8Array) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  if (layout.settings.towers === "joined") {
    const model = write("model.onnx", joinTowers(layout, image, text));
    return { imageEncoder: model, textEncoder: model, tokenizer };
  }
  return {
    imageEncoder: write("vision_model.onnx", encodeGraph(image)),
    textEncoder: write("text_model.onnx", encodeGraph(text)),
    tokenizer,
  };
}

function writeTokenizer(folder: string, kind: TowerLayout["tokenizer"]): string {
  if (kind === "gemma") return writeGemmaTokenizer(folder);
  return kind === "unigram" ? writeUnigramTokenizer(folder) : writeClipTowers(folder).tokenizer;
}

/** The ids of the words' pieces, alone or after a space, and which colour each is. */
async function findWords(tokenizer: string, layout: TowerLayout): Promise<{ id: number; colour: number }[]> {
  const vocabulary = await readTokenizer(tokenizer);
  const spellings = { clip: ["*</w>"], gemma: ["*", "\u2581*"], unigram: ["\u2581*"] }[layout.tokenizer];
  return COLOURS.flatMap((word, colour) =>
    spellings.map((spelling) => ({
      id: vocabulary.token_to_id(spelling.replace("*", word)) ?? Number.NaN,
      colour,
    })),
  );
}

type Graph = Parameters<typeof encodeGraph>[0];

/** Each channel less half of the others, averaged over the picture; the settings' normalisation is undone. */
function imageTower({ settings, imageInput, imageOutputs, batch, isNormalized, isHalf }: TowerLayout) {
  const { mean, std } = settings.pixels;
  const type = isHalf === true ? DataType.FLOAT16 : DataType.FLOAT;
  const cast = (from: string, to: string, toType: number) => ({
    opType: "Cast",
    input: [from],
    output: [to],
    attribute: [{ name: "to", type: AttributeType.INT, i: toType }],
  });
  const rows = COLOURS.map((_, colour) => [0, 1, 2].map((channel) => (channel === colour ? 1 : -0.5)));
  const pooled = imageOutputs.at(-1)!;
  const { inputSize: side, dimensions } = settings;
  return {
    node: [
      cast(imageInput, "image/pixels", DataType.FLOAT),
      { opType: "Conv", input: ["image/pixels", "image/weights", "image/bias"], output: ["image/measures"] },
      { opType: "Relu", input: ["image/measures"], output: ["image/rectified"] },
      { opType: "GlobalAveragePool", input: ["image/rectified"], output: ["image/pooled"] },
      { opType: "Flatten", input: ["image/pooled"], output: ["image/features"] },
      ...project("image/features", "image/projection", "image/embedding", isNormalized),
      cast("image/embedding", pooled, type),
      ...(imageOutputs.length > 1
        ? [{ opType: "Identity", input: ["image/rectified"], output: ["last_hidden_state"] }]
        : []),
    ],
    initializer: [
      floats(
        "image/weights",
        [4, 3, 1, 1],
        [...rows.flatMap((row) => row.map((w, i) => w * std[i]!)), 0, 0, 0],
      ),
      floats(
        "image/bias",
        [4],
        [...rows.map((row) => row.reduce((sum, w, i) => sum + w * mean[i]!, 0)), 0.05],
      ),
      projection("image/projection", [0, 1, 2, 3], dimensions),
    ],
    input: [valueInfo(imageInput, type, [batch, 3, side, side])],
    output: imageOutputs.map((name) =>
      valueInfo(
        name,
        name === pooled ? type : DataType.FLOAT,
        name === pooled ? [batch, dimensions] : [batch, 4, side, side],
      ),
    ),
  } satisfies Graph;
}

/** Which of the words occur among the tokens that are not masked. */
function textTower(layout: TowerLayout, words: readonly { id: number; colour: number }[]) {
  const { settings, textInput, maskInput, textOutputs, batch, isNormalized } = layout;
  const type = settings.tokenType === "int32" ? DataType.INT32 : DataType.INT64;
  const ids = words.map(({ id }) => id);
  const pooled = textOutputs.at(-1)!;
  const length = maskInput === undefined ? settings.contextLength : "S";
  const matches = maskInput === undefined ? "text/matches" : "text/read";
  const toFloat = { name: "to", type: AttributeType.INT, i: DataType.FLOAT };
  return {
    node: [
      { opType: "Unsqueeze", input: [textInput, "text/last"], output: ["text/columns"] },
      { opType: "Equal", input: ["text/columns", "text/words"], output: ["text/equal"] },
      { opType: "Cast", input: ["text/equal"], output: ["text/matches"], attribute: [toFloat] },
      ...(maskInput === undefined
        ? []
        : [
            { opType: "Cast", input: [maskInput], output: ["text/mask"], attribute: [toFloat] },
            { opType: "Unsqueeze", input: ["text/mask", "text/last"], output: ["text/shown"] },
            { opType: "Mul", input: ["text/matches", "text/shown"], output: ["text/read"] },
          ]),
      {
        opType: "ReduceMax",
        input: [matches],
        output: ["text/present"],
        attribute: [
          { name: "axes", type: AttributeType.INTS, ints: [1] },
          { name: "keepdims", type: AttributeType.INT, i: 0 },
        ],
      },
      { opType: "Add", input: ["text/present", "text/something"], output: ["text/features"] },
      ...project("text/features", "text/projection", pooled, isNormalized),
      ...(textOutputs.length > 1
        ? [{ opType: "Identity", input: ["text/matches"], output: ["last_hidden_state"] }]
        : []),
    ],
    initializer: [
      integers("text/last", [1], [2]),
      type === DataType.INT64
        ? integers("text/words", [ids.length + 1], [...ids, -1])
        : { name: "text/words", dims: [ids.length + 1], dataType: type, int32Data: [...ids, -1] },
      floats("text/something", [ids.length + 1], [...ids.map(() => 0), 0.05]),
      projection("text/projection", [...words.map(({ colour }) => colour), 3], settings.dimensions),
    ],
    input: [textInput, ...(maskInput === undefined ? [] : [maskInput])].map((name) =>
      valueInfo(name, type, [batch, length]),
    ),
    output: textOutputs.map((name) =>
      valueInfo(name, DataType.FLOAT, name === pooled ? [batch, settings.dimensions] : [batch, length, "W"]),
    ),
  } satisfies Graph;
}

/** One graph with the inputs of both and, first of all, what transformers.js calls `logits_per_image`. */
function joinTowers({ batch }: TowerLayout, image: Graph & object, text: Graph & object): Uint8Array {
  const join = (key: "node" | "initializer" | "input" | "output") => [
    ...((text[key] ?? []) as object[]),
    ...((image[key] ?? []) as object[]),
  ];
  const similarity = [
    { opType: "Transpose", input: ["text_embeds"], output: ["transposed"] },
    { opType: "MatMul", input: ["image_embeds", "transposed"], output: ["logits_per_image"] },
  ];
  return encodeGraph({
    node: [...join("node"), ...similarity],
    initializer: join("initializer"),
    input: join("input"),
    output: [valueInfo("logits_per_image", DataType.FLOAT, [batch, batch]), ...join("output")],
  } as Graph);
}

function project(from: string, matrix: string, to: string, isNormalized: boolean) {
  if (!isNormalized) return [{ opType: "MatMul", input: [from, matrix], output: [to] }];
  return [
    { opType: "MatMul", input: [from, matrix], output: [`${to}/long`] },
    { opType: "LpNormalization", input: [`${to}/long`], output: [to] },
  ];
}

/** One row for each feature, which may share a direction; directions are orthogonal. */
function projection(name: string, directions: readonly number[], dimensions: number) {
  const rows = directions.flatMap((direction) =>
    Array.from({ length: dimensions }, (_, i) => (i % 4 === direction ? 1 : 0)),
  );
  return floats(name, [directions.length, dimensions], rows);
}
