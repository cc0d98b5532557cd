import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import onnxProto from "onnx-proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  COLOURS,
  TOWER_LAYOUTS,
  type TowerLayout,
  writePublishedTowers,
} from "../../../test/published-towers.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { dotProduct, normalize } from "../../math/vector.ts";
import { createSession } from "../../onnx/create-session.ts";
import type { InferenceSession } from "../../onnx/session.ts";
import { createImageEncoder, preprocess } from "./image-encoder.ts";
import { readTokenizer } from "./read-tokenizer.ts";
import { createTextEncoder } from "./text-encoder.ts";
import { createTextTokenizer } from "./text-tokenizer.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "published-towers-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const LEVELS = { red: [230, 40, 30], green: [30, 200, 50], blue: [20, 50, 220] } as const;

/** A photo of one colour with a stripe of another, so that it is not all the same. */
function photoOf(colour: (typeof COLOURS)[number], width = 50, height = 40): RasterImage {
  const levels = LEVELS[colour];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    Math.floor(i / 3) % width < 5 ? 128 : levels[i % 3]!,
  );
  return { data, width, height };
}

async function open(layout: TowerLayout) {
  const { settings } = layout;
  const files = await writePublishedTowers(join(folder, layout.title), layout);
  const image = await createSession(files.imageEncoder);
  const text = settings.towers === "joined" ? image : await createSession(files.textEncoder);
  const tokenizer = createTextTokenizer(await readTokenizer(files.tokenizer), settings);
  return {
    image,
    imageEncoder: createImageEncoder({ session: image, settings }),
    textEncoder: createTextEncoder({ session: text, tokenizer, settings }),
  };
}

describe.each(TOWER_LAYOUTS)("the towers of $title", (layout) => {
  it("find photos by text", async () => {
    const { imageEncoder, textEncoder } = await open(layout);
    const photos = await Promise.all(COLOURS.map((colour) => imageEncoder.encode(photoOf(colour))));
    for (const [i, colour] of COLOURS.entries()) {
      const query = await textEncoder.encode(`A photo of a ${colour.toUpperCase()} dog`);
      expect(query).toHaveLength(layout.settings.dimensions);
      expect(dotProduct(query, query)).toBeCloseTo(1, 5);
      const similarities = photos.map((photo) => dotProduct(photo, query));
      expect(similarities.indexOf(Math.max(...similarities))).toBe(i);
      expect(similarities[i]).toBeGreaterThan(0.9);
    }
  });
});

/** Moves the weights of a model into a file beside it, as large models have them. */
function moveWeightsOut(path: string): void {
  const { ModelProto, TensorProto } = onnxProto.onnx;
  const model = ModelProto.decode(readFileSync(path));
  const weights = model.graph!.initializer!.find(({ floatData }) => (floatData?.length ?? 0) > 100)!;
  writeFileSync(`${path}_data`, Float32Array.from(weights.floatData!));
  weights.floatData = [];
  weights.dataLocation = TensorProto.DataLocation.EXTERNAL;
  weights.externalData = [{ key: "location", value: `${basename(path)}_data` }];
  writeFileSync(path, ModelProto.encode(model).finish());
}

describe("a tower whose weights lie in a file of their own", () => {
  const layout = TOWER_LAYOUTS[0]!;

  it("gives the same embeddings, and says so when that file is gone", async () => {
    const { imageEncoder: path } = await writePublishedTowers(join(folder, "split"), layout);
    const encode = async () => {
      const session = await createSession(path);
      return createImageEncoder({ session, settings: layout.settings }).encode(photoOf("red"));
    };
    const whole = await encode();
    moveWeightsOut(path);
    expect(await encode()).toEqual(whole);
    rmSync(`${path}_data`);
    await expect(encode()).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringContaining(path),
    });
  });
});

/** All of them in one run, each as it comes out of the batch. */
async function encodeBatch(session: InferenceSession, images: readonly RasterImage[], layout: TowerLayout) {
  const inputs = images.map((image) => preprocess(image, layout.settings));
  const data = Float32Array.from(inputs.flatMap((input) => [...(input.data as Float32Array)]));
  const dims = [images.length, ...inputs[0]!.dims.slice(1)];
  const outputs = await session.run({ [layout.imageInput]: { type: "float32", data, dims } });
  const output = outputs[layout.imageOutputs.at(-1)!]!.data as Float32Array;
  const { dimensions } = layout.settings;
  return images.map((_, i) => normalize(output.subarray(i * dimensions, (i + 1) * dimensions)));
}

describe("createImageEncoder", () => {
  it("gives a photo the same embedding alone, among others, and in any order", async () => {
    const layout = TOWER_LAYOUTS[0]!;
    const { image, imageEncoder } = await open(layout);
    const photos = [
      photoOf("red"),
      photoOf("blue", 30, 90),
      photoOf("green", 300, 200),
      photoOf("red", 7, 7),
    ];
    const alone: Float32Array[] = [];
    for (const photo of photos) alone.push(await imageEncoder.encode(photo));
    const backwards: Float32Array[] = [];
    for (const photo of photos.toReversed()) backwards.unshift(await imageEncoder.encode(photo));
    expect(backwards).toEqual(alone);
    expect(await Promise.all(photos.map((photo) => imageEncoder.encode(photo)))).toEqual(alone);
    expect(await encodeBatch(image, photos, layout)).toEqual(alone);
  });
});
