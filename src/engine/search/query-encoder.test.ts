import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { writeClipTowers } from "../../../test/onnx-towers.ts";
import { createLogger } from "../../core/logger.ts";
import { DEFAULT_DECODE_LIMITS } from "../../image/decode-limits.ts";
import { createModelStore } from "../../onnx/model-store.ts";
import { chooseModels, type VisionModels } from "../../vision/choose-models.ts";
import { createAnalyserWorker, type AnalyserWorker } from "../analyser/analyser-worker.ts";
import { createQueryEncoder, isEncoderFailure, isModelMissing, type QueryEncoder } from "./query-encoder.ts";

const ENTRY = new URL("../analyser/analyser-process.ts", import.meta.url);
/** Queries that are remembered. */
const REMEMBERED = 20;

let directory: string;
let towers: VisionModels;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "keepsight-encoder-"));
  writeClipTowers(join(directory, "towers"));
  const store = createModelStore({
    catalog: [],
    modelDirectory: join(directory, "models"),
    localDirectories: [join(directory, "towers")],
    offline: true,
    fetch,
  });
  towers = (await chooseModels(store)).models;
});
afterAll(() => rm(directory, { recursive: true, force: true }));

let encoder: QueryEncoder;
let worker: AnalyserWorker;
afterEach(() => encoder.close());

function open(models: VisionModels): void {
  worker = createAnalyserWorker({
    entry: ENTRY,
    settings: {
      models,
      threads: 2,
      niceness: 0,
      limits: DEFAULT_DECODE_LIMITS,
      formats: [],
      thumbnailSize: 400,
      previewSize: 1344,
    },
    timeoutMs: 60_000,
    maxMemoryBytes: 4e9,
    logger: createLogger("silent"),
  });
  encoder = createQueryEncoder(worker, models, { cacheSize: REMEMBERED });
}

describe("createQueryEncoder", () => {
  it("turns words into unit embeddings of the installed model, one process for all", async () => {
    open(towers);
    const [red, blue] = await Promise.all([encoder.encode("red"), encoder.encode("blue")]);
    expect(red.modelId).toBe("test-colours");
    expect(Math.hypot(...red.embedding)).toBeCloseTo(1, 5);
    expect(red.embedding).not.toEqual(blue.embedding);
  });

  it("answers a query typed again from memory, however it is spaced", async () => {
    open(towers);
    const first = await encoder.encode("red  car");
    process.kill(worker.pid!, "SIGKILL");
    await expect.poll(() => worker.pid, { timeout: 20_000 }).toBeUndefined();
    expect(await encoder.encode(" red car\n")).toBe(first);
    expect(worker.pid).toBeUndefined();
  });

  it("forgets the query used longest ago when there are too many", async () => {
    open(towers);
    const [oldest, used] = await Promise.all([encoder.encode("oldest"), encoder.encode("used")]);
    const others = Array.from({ length: REMEMBERED - 2 }, (_, i) => encoder.encode(`query ${i}`));
    await Promise.all(others);
    expect(await encoder.encode("used")).toBe(used);
    expect(await encoder.encode("oldest")).toBe(oldest);
    await Promise.all([1, 2].map((i) => encoder.encode(`new ${i}`)));
    expect(await encoder.encode("oldest")).toBe(oldest);
    expect(await encoder.encode("query 0")).not.toBe(await others[0]);
  });

  it("does not remember a failure", async () => {
    open(towers);
    await encoder.encode("red");
    const failing = encoder.encode("blue");
    process.kill(worker.pid!, "SIGKILL");
    const error: unknown = await failing.catch((reason: unknown) => reason);
    expect(isEncoderFailure(error)).toBe(true);
    expect((await encoder.encode("blue")).embedding).toHaveLength(512);
  });

  it("says that no model is there, without starting a process, until there is one", async () => {
    open({});
    const error: unknown = await encoder.encode("red").catch((reason: unknown) => reason);
    expect(isModelMissing(error)).toBe(true);
    expect(worker.pid).toBeUndefined();
    encoder.useModels(towers);
    const red = await encoder.encode("red");
    expect(red.modelId).toBe("test-colours");
    encoder.useModels(towers);
    expect(await encoder.encode("red")).not.toBe(red);
  });

  it("rejects what waits when it is closed", async () => {
    open(towers);
    const queries = Promise.allSettled(["red", "green", "blue"].map((text) => encoder.encode(text)));
    await encoder.close();
    const reasons = (await queries).map((result) => result.status === "rejected" && result.reason);
    expect(reasons).toMatchObject(Array(3).fill({ code: "cancelled" }));
  });
});
