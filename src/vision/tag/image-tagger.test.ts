import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogSettings } from "../../../test/catalog-settings.ts";
import { hasShared, readSharedImage, sharedPath } from "../../../test/shared-files.ts";
import { createSession } from "../../onnx/create-session.ts";
import type { ImageTaggingSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession, Tensor } from "../../onnx/session.ts";
import { createImageTagger, postprocess, preprocess } from "./image-tagger.ts";
import { parseLabels, parseThresholds } from "./tag-lists.ts";

/** As Recognize Anything (RAM++) wants it: squashed to 384, ImageNet's mean and deviation, a threshold for each tag. */
const RAM: ImageTaggingSettings = {
  task: "image-tagging",
  scope: "general",
  inputSize: 384,
  resize: "bilinear",
  fit: "squash",
  pixels: {
    colourOrder: "rgb",
    scale: 1 / 255,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
  layout: "nchw",
  output: "logits",
  activation: "sigmoid",
  scoreThreshold: 0.68,
  maxTags: 40,
  labelFormat: "lines",
};
const LABELS = ["beach", "dog", "sunset", "car"];

function plainImage(colour: readonly number[], width: number, height: number) {
  return { data: Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3]!), width, height };
}

/** A session that remembers what it was fed and answers with the outputs of a published export. */
function recordedSession(
  outputs: Record<string, Tensor>,
  inputType = "float32",
): InferenceSession & { fed: Tensor[] } {
  const fed: Tensor[] = [];
  return {
    fed,
    inputNames: ["image"],
    inputTypes: { image: inputType },
    outputNames: Object.keys(outputs),
    run: async (feeds) => {
      fed.push(feeds["image"]!);
      return outputs;
    },
    release: async () => undefined,
  };
}

const logit = (probability: number) => Math.log(probability / (1 - probability));
const row = (values: readonly number[]): Tensor => ({
  type: "float32",
  data: Float32Array.from(values),
  dims: [1, values.length],
});

describe("createImageTagger", () => {
  const probabilities = [0.9, 0.6, 0.7, 0.99];
  const thresholds = [0.8, 0.5, 0.75, 0.9];

  it("gives the tags above their own thresholds, of logits or of probabilities", async () => {
    const exports_ = [
      {
        outputs: { probabilities: row(probabilities), logits: row(probabilities.map(logit)) },
        settings: RAM,
      },
      {
        outputs: { probabilities: row(probabilities), targets: row([0, 0, 0, 0]) },
        settings: { ...RAM, output: "probabilities", activation: "none" as const },
      },
      ...[probabilities, probabilities.map(logit).map((value) => value - 0.01)].map((values) => ({
        outputs: { unknown: row(values) },
        settings: { ...RAM, output: undefined, activation: "sigmoid-unless-probabilities" as const },
      })),
    ];
    for (const { outputs, settings } of exports_) {
      const session = recordedSession(outputs);
      const tags = await createImageTagger({ session, settings, labels: LABELS, thresholds }).tag(
        plainImage([0, 0, 0], 30, 20),
      );
      expect(tags.map(({ name }) => name)).toEqual(["car", "beach", "dog"]);
      expect(tags[1]!.score).toBeCloseTo(0.9, 2);
      expect(session.fed[0]!.dims).toEqual([1, 3, 384, 384]);
    }
  });

  it("reads an export in half precision", async () => {
    const half = (values: readonly number[]): Tensor => ({
      type: "float16",
      data: new Uint16Array(Float16Array.from(values).buffer),
      dims: [1, values.length],
    });
    const session = recordedSession({ logits: half(probabilities.map(logit)) }, "float16");
    const tagger = createImageTagger({ session, settings: RAM, labels: LABELS, thresholds });
    const tags = await tagger.tag(plainImage([255, 255, 255], 30, 20));
    expect(tags.map(({ name }) => name)).toEqual(["car", "beach", "dog"]);
    const { type, data } = session.fed[0]!;
    expect(type).toBe("float16");
    expect(new Float16Array(data.buffer)[0]).toBeCloseTo((1 - 0.485) / 0.229, 2);
  });

  it("refuses thresholds and outputs of another number than tags", async () => {
    const session = recordedSession({ logits: row([1, 2, 3]) });
    expect(() => createImageTagger({ session, settings: RAM, labels: LABELS, thresholds: [0.5] })).toThrow(
      /4 tags but 1 thresholds/,
    );
    const tagger = createImageTagger({ session, settings: RAM, labels: LABELS });
    await expect(tagger.tag(plainImage([0, 0, 0], 8, 8))).rejects.toMatchObject({ code: "model_invalid" });
    const other = { ...RAM, output: "scores" };
    await expect(
      createImageTagger({ session, settings: other, labels: LABELS }).tag(plainImage([0, 0, 0], 8, 8)),
    ).rejects.toThrow(/no output "scores", only logits/);
  });
});

describe("preprocess", () => {
  it("puts channels side by side or in planes", () => {
    const image = plainImage([10, 20, 30], 12, 8);
    const settings: ImageTaggingSettings = {
      ...RAM,
      inputSize: 4,
      pixels: { colourOrder: "rgb", scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
    };
    const planes = preprocess(image, settings);
    expect([planes.dims, planes.data[0], planes.data[16], planes.data[32]]).toEqual([
      [1, 3, 4, 4],
      10,
      20,
      30,
    ]);
    const pixels = preprocess(image, { ...settings, layout: "nhwc" });
    expect([pixels.dims, ...pixels.data.slice(0, 4)]).toEqual([[1, 4, 4, 3], 10, 20, 30, 10]);
  });

  it("cuts the centre out of what is larger than the input", () => {
    const image = plainImage([200, 200, 200], 20, 10);
    for (let x = 0; x < 20; x++) image.data.fill(0, x * 3, x * 3 + 3);
    const settings: ImageTaggingSettings = {
      ...RAM,
      inputSize: 8,
      resizeSide: 10,
      fit: "crop",
      pixels: { colourOrder: "rgb", scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
    };
    // The dark row at the upper edge is outside of the centre.
    expect([...preprocess(image, settings).data].every((level) => level === 200)).toBe(true);
  });
});

describe("postprocess", () => {
  const settings: ImageTaggingSettings = { ...RAM, activation: "softmax", scoreThreshold: 0.1, maxTags: 2 };

  it("makes probabilities of a classifier's numbers, keeps the strongest, and each name once", () => {
    const labels = ["crane", "heron", "crane", "tractor"];
    const tags = postprocess(Float32Array.of(1000, 999, 1001, 999.5), { settings, labels });
    expect(tags.map(({ name }) => name)).toEqual(["crane", "tractor"]);
    expect(tags[0]!.score).toBeCloseTo(1 / (1 + Math.exp(-1) + Math.exp(-2) + Math.exp(-1.5)), 5);
  });
});

describe("parseLabels and parseThresholds", () => {
  it("reads one a line, with or without a newline at the end", () => {
    expect(parseLabels("3D CG rendering\r\nbeach, sand\n", "lines")).toEqual([
      "3D CG rendering",
      "beach, sand",
    ]);
    expect(parseLabels("n01440764 tench, Tinca tinca\nn02012849 crane", "synsets")).toEqual([
      "tench",
      "crane",
    ]);
    expect(parseThresholds("0.65\n0.7\n")).toEqual([0.65, 0.7]);
  });

  it("names the line that is no number", () => {
    expect(() => parseThresholds("0.65\n\n0.7")).toThrow(/Line 2/);
    expect(() => parseThresholds("0.65\nx")).toThrow(/Line 2 of the thresholds is no number: "x"/);
  });
});

const MODEL = "models/image-classification/mobilenetv2_float32.onnx";
const SYNSET = "models/image-classification/synset.txt";
const isHere = hasShared("tags of real photos by MobileNetV2", MODEL, SYNSET, "photos/scenes/bus.jpg");

describe.skipIf(!isHere)("createImageTagger with MobileNetV2", () => {
  it("says what real photos show", async () => {
    const tagger = createImageTagger({
      session: await createSession(sharedPath(MODEL)),
      settings: catalogSettings("mobilenetv2-imagenet", "image-tagging"),
      labels: parseLabels(readFileSync(sharedPath(SYNSET), "utf8"), "synsets"),
    });
    const strongest = async (file: string) => (await tagger.tag(await readSharedImage(file)))[0]?.name;
    expect(await strongest("photos/scenes/bus.jpg")).toBe("minibus");
    expect(await strongest("photos/scenes/zidane.jpg")).toBe("suit");
    expect(await tagger.tag(plainImage([128, 128, 128], 300, 200))).toEqual([]);
  });
});
