import { describe, expect, it } from "vitest";
import { KeepsightError } from "../core/errors.ts";
import type { Step } from "../core/photo-analysis.ts";
import {
  analysePhoto,
  type EmbeddingRunner,
  type Runner,
  type TagRunner,
  type VisionRunners,
} from "./analyse-photo.ts";

const IMAGE = { data: new Uint8Array(12), width: 2, height: 2 };
const PHOTO = { preview: IMAGE, detail: IMAGE, originalSize: { width: 200, height: 200 } };
const ALL: ReadonlySet<Step> = new Set([
  "preprocessing",
  "objects",
  "embeddings",
  "tags",
  "ocr",
  "faces",
  "hash",
]);

function runner<T>(modelId: string, value: T): Runner<T> {
  return { modelId, run: async () => value };
}

/** Embeds the first object only. */
function encoder(modelId: string, value: Float32Array): EmbeddingRunner {
  return {
    ...runner(`${modelId}+objects-1`, value),
    embeddingModelId: modelId,
    runOnObjects: async (_, objects) => objects.map((_object, i) => (i === 0 ? value : undefined)),
  };
}

const CAT = { label: "cat", score: 0.9, normalizedBox: { x: 0, y: 0, width: 1, height: 1 } };
const LINE = { text: "TEST", score: 0.99, normalizedQuad: [0, 0, 1, 0, 1, 1, 0, 1] as const };

describe("analysePhoto", () => {
  it("gives what every runner found, with the models that found it", async () => {
    const embedding = Float32Array.of(1, 0);
    const runners: VisionRunners = {
      objects: runner("detector", [CAT]),
      embeddings: encoder("towers", embedding),
      ocr: runner("boxes+characters", [LINE]),
      faces: { ...runner("faces+embeddings", []), embeddingModelId: "embeddings" },
    };
    const analysis = await analysePhoto(PHOTO, runners, { steps: ALL });
    expect(analysis).toMatchObject({
      objects: [CAT],
      textLines: [LINE],
      faces: [],
      embedding: { modelId: "towers", embedding },
      faceEmbeddingModelId: "embeddings",
    });
    expect(Object.keys(analysis.steps)).toEqual(["objects", "embeddings", "tags", "ocr", "faces"]);
    expect(analysis.steps.ocr).toMatchObject({ status: "done", modelId: "boxes+characters" });
  });

  it("gives each object its embedding, where it has one", async () => {
    const embedding = Float32Array.of(1, 0);
    const runners = { objects: runner("detector", [CAT, CAT]), embeddings: encoder("towers", embedding) };
    const { objects, steps } = await analysePhoto(PHOTO, runners, { steps: ALL });
    expect(objects).toEqual([{ ...CAT, embedding }, CAT]);
    expect(steps.embeddings).toMatchObject({ status: "done", modelId: "towers+objects-1" });
  });

  it("keeps the results of the others when one step fails, and says why it failed", async () => {
    const broken: Runner<never> = {
      modelId: "broken",
      run: async () => {
        throw new KeepsightError("model_invalid", "The model is broken.");
      },
    };
    const runners: VisionRunners = { objects: broken, ocr: runner("reader", [LINE]) };
    const analysis = await analysePhoto(PHOTO, runners, { steps: ALL });
    expect(analysis.objects).toEqual([]);
    expect(analysis.textLines).toEqual([LINE]);
    expect(analysis.steps.objects).toMatchObject({
      status: "failed",
      modelId: "broken",
      errorCode: "model_invalid",
      reason: "The model is broken.",
    });
  });

  it("skips a step without a model and says what to do", async () => {
    const analysis = await analysePhoto(PHOTO, {}, { steps: ALL });
    expect(analysis.embedding).toBeUndefined();
    expect(analysis.steps.embeddings).toMatchObject({ status: "skipped", durationMs: 0 });
    expect(analysis.steps.embeddings!.reason).toContain("keepsight models");
  });

  it("gives the embedding to what makes tags of it, and makes one where only tags are wanted", async () => {
    let encoded = 0;
    const embeddings = {
      ...encoder("towers", Float32Array.of()),
      run: async () => Float32Array.of(++encoded, 0),
    };
    const tags: TagRunner = {
      modelId: "towers+words-1",
      needsEmbedding: true,
      run: async (_, embedding) => [{ name: `tag ${embedding?.[0]}`, score: 1 }],
    };
    const both = await analysePhoto(PHOTO, { embeddings, tags }, { steps: ALL });
    expect(both.tags).toEqual([{ name: "tag 1", score: 1 }]);
    expect(both.steps.tags).toMatchObject({ status: "done", modelId: "towers+words-1" });
    const alone = await analysePhoto(PHOTO, { embeddings, tags }, { steps: new Set(["tags"]) });
    expect(alone).toMatchObject({ tags: [{ name: "tag 2" }], steps: { tags: { status: "done" } } });
    expect(alone.embedding).toBeUndefined();
    expect(Object.keys(alone.steps)).toEqual(["tags"]);
  });

  it("runs only the steps asked for and tells of each as it begins", async () => {
    const begun: string[] = [];
    const runners: VisionRunners = { objects: runner("detector", [CAT]), ocr: runner("reader", [LINE]) };
    const analysis = await analysePhoto(PHOTO, runners, {
      steps: new Set(["ocr"]),
      onStep: (step) => begun.push(step),
    });
    expect(begun).toEqual(["ocr"]);
    expect(analysis.objects).toEqual([]);
    expect(Object.keys(analysis.steps)).toEqual(["ocr"]);
  });
});
