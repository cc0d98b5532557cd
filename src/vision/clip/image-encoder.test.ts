import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { type ClipTowers, writeClipTowers } from "../../../test/onnx-towers.ts";
import { hasShared, readSharedImage, readSharedJson, readSharedNumpy } from "../../../test/shared-files.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { dotProduct } from "../../math/vector.ts";
import { createSession } from "../../onnx/create-session.ts";
import type { ClipSettings } from "../../onnx/model-settings.ts";
import { centerOffset, coveringSize } from "../square-input.ts";
import { createImageEncoder, preprocess } from "./image-encoder.ts";
import { readTokenizer } from "./read-tokenizer.ts";
import { createTextEncoder } from "./text-encoder.ts";
import { createTextTokenizer } from "./text-tokenizer.ts";

const CLIP_224: ClipSettings = {
  task: "clip",
  inputSize: 224,
  resize: "bicubic",
  fit: "crop",
  pixels: {
    colourOrder: "rgb",
    scale: 1 / 255,
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
  },
  dimensions: 512,
  contextLength: 77,
  tokenType: "int32",
  tokens: { cleaning: "clip", start: "<|startoftext|>", end: "<|endoftext|>", padding: 0 },
};

function plainImage(colour: readonly [number, number, number], width = 40, height = 30): RasterImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3]!);
  return { data, width, height };
}

let folder: string;
let towers: ClipTowers;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "clip-towers-"));
  towers = writeClipTowers(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("createImageEncoder", () => {
  it("gives normalised embeddings that text embeddings find by meaning", async () => {
    const imageEncoder = createImageEncoder({
      session: await createSession(towers.imageEncoder),
      settings: towers.settings,
    });
    const textEncoder = createTextEncoder({
      session: await createSession(towers.textEncoder),
      tokenizer: createTextTokenizer(await readTokenizer(towers.tokenizer), towers.settings),
      settings: towers.settings,
    });
    const photos = {
      red: await imageEncoder.encode(plainImage([220, 30, 20])),
      green: await imageEncoder.encode(plainImage([20, 180, 40], 30, 90)),
      blue: await imageEncoder.encode(plainImage([10, 40, 200])),
      white: await imageEncoder.encode(plainImage([250, 250, 250])),
      black: await imageEncoder.encode(plainImage([0, 0, 0])),
    };
    for (const word of Object.keys(photos)) {
      const query = await textEncoder.encode(`a ${word} photo`);
      expect(dotProduct(query, query)).toBeCloseTo(1, 5);
      const ranked = Object.entries(photos).toSorted(
        ([, a], [, b]) => dotProduct(b, query) - dotProduct(a, query),
      );
      expect(ranked[0]![0]).toBe(word);
    }
  });

  it("refuses a tower of other dimensions than its settings say", async () => {
    const encoder = createImageEncoder({
      session: await createSession(towers.imageEncoder),
      settings: { ...towers.settings, dimensions: 768 },
    });
    await expect(encoder.encode(plainImage([1, 2, 3]))).rejects.toMatchObject({ code: "model_invalid" });
  });
});

describe("preprocess", () => {
  it("squashes the whole photo where the model wants it so", () => {
    const image = plainImage([255, 0, 0], 10, 300);
    image.data.fill(0, 0, 10 * 3 * 20);
    const squashed = preprocess(image, { ...CLIP_224, fit: "squash" });
    const cropped = preprocess(image, CLIP_224);
    expect(squashed.dims).toEqual([1, 3, 224, 224]);
    expect(squashed.data[0]).toBeLessThan(0);
    expect(cropped.data[0]).toBeGreaterThan(0);
  });
});

const DATA = "conformance/clip/image.json";
const isHere = hasShared("CLIP preprocessing against the reference", DATA);
const geometry = isHere
  ? readSharedJson<{
      resize_sizes: { wh: [number, number]; resized: [number, number]; crop_left_top: [number, number] }[];
    }>(DATA).resize_sizes
  : [];

describe.skipIf(!isHere)("preprocess against torchvision", () => {
  test.each(geometry)("places $wh alike", ({ wh: [width, height], resized, crop_left_top: corner }) => {
    const size = coveringSize({ width, height }, 224);
    expect([size.width, size.height]).toEqual(resized);
    expect([centerOffset(size.width - 224), centerOffset(size.height - 224)]).toEqual(corner);
  });

  test.each(
    isHere
      ? readSharedJson<{ images: { name: string; mean: number[]; std: number[] }[] }>(DATA).images.filter(
          ({ name }) => hasShared(`the picture ${name}`, `conformance/clip/${name}.png`),
        )
      : [],
  )("gives channels of $name the mean and deviation of the reference", async ({ name, mean, std }) => {
    const { data } = preprocess(await readSharedImage(`conformance/clip/${name}.png`), CLIP_224);
    for (const channel of [0, 1, 2]) {
      const values = Array.from(data.slice(channel * 224 * 224, (channel + 1) * 224 * 224), Number);
      const average = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
      expect(average).toBeCloseTo(mean[channel]!, 2);
      expect(Math.sqrt(variance)).toBeCloseTo(std[channel]!, 2);
    }
  });

  it("normalises as the reference does", () => {
    const { norm } = readSharedJson<{ norm: { mean: number[]; std: number[] } }>(DATA);
    expect([CLIP_224.pixels.mean, CLIP_224.pixels.std]).toEqual([norm.mean, norm.std]);
  });

  test.each(["zoneplate", "upscale150x97"])("gives the pixel values of %s", async (name) => {
    const image = await readSharedImage(`conformance/clip/${name}.png`);
    const { data } = preprocess(image, CLIP_224);
    const expected = readSharedNumpy(`conformance/clip/${name}.clip224.f16.npy`).data;
    expect(expected).toHaveLength(data.length);
    let levels = 0;
    for (let i = 0; i < data.length; i++) {
      const std = CLIP_224.pixels.std[Math.floor(i / (224 * 224))]!;
      levels += Math.abs(Number(data[i]) - expected[i]!) * std * 255;
    }
    expect(levels / data.length).toBeLessThanOrEqual(0.5);
  });
});
