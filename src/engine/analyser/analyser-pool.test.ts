import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUNDLED_MODEL_DIRECTORY } from "../../../test/bundled-models.ts";
import { writeClipTowers } from "../../../test/onnx-towers.ts";
import { hasShared, sharedPath } from "../../../test/shared-files.ts";
import { createLogger } from "../../core/logger.ts";
import { IMAGE_FORMATS, type PhotoAnalysis } from "../../core/photo-analysis.ts";
import { DEFAULT_DECODE_LIMITS } from "../../image/decode-limits.ts";
import { loadCatalog } from "../../onnx/catalog.ts";
import { createModelStore } from "../../onnx/model-store.ts";
import { chooseModels, type VisionModels } from "../../vision/choose-models.ts";
import { createAnalyserPool } from "./analyser-pool.ts";

const PHOTOS = ["people/couple.jpg", "scenes/bus.jpg", "people/six-faces.jpg"];
const isHere = hasShared("the same photos by different analysers", ...PHOTOS.map((name) => `photos/${name}`));
const STEPS = ["objects", "embeddings", "faces"] as const;

describe.skipIf(!isHere)("embeddings", () => {
  let directory: string;
  let models: VisionModels;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "keepsight-same-"));
    writeClipTowers(join(directory, "towers"));
    const store = createModelStore({
      catalog: loadCatalog(),
      modelDirectory: BUNDLED_MODEL_DIRECTORY,
      localDirectories: [join(directory, "towers")],
      offline: true,
      fetch,
    });
    models = (await chooseModels(store)).models;
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  /** What some analysers make of photos that they are given all at once, in this order; by name. */
  async function analyse(names: readonly string[], analysers: number): Promise<Map<string, PhotoAnalysis>> {
    const pool = createAnalyserPool(analysers, {
      entry: new URL("./analyser-process.ts", import.meta.url),
      settings: {
        models,
        threads: 1,
        niceness: 19,
        limits: DEFAULT_DECODE_LIMITS,
        formats: IMAGE_FORMATS,
        thumbnailSize: 400,
        previewSize: 1344,
      },
      timeoutMs: 120_000,
      maxMemoryBytes: 4e9,
      logger: createLogger("silent"),
    });
    try {
      const work = names.map(async (name) => {
        const path = sharedPath(`photos/${name}`);
        return [name, (await pool.analyse({ type: "analyse", path, steps: STEPS })).analysis] as const;
      });
      return new Map(await Promise.all(work));
    } finally {
      await pool.close();
    }
  }

  it("are the same bits whatever is analysed before, beside and after, and by how many processes", async () => {
    const alone = await analyse(PHOTOS, 1);
    const others = [await analyse(PHOTOS.toReversed(), 2), await analyse([PHOTOS[1]!], 1)];
    for (const analysed of others) {
      for (const [name, analysis] of analysed) {
        const expected = alone.get(name)!;
        expect(analysis.embedding, name).toEqual(expected.embedding);
        expect(analysis.objects, name).toEqual(expected.objects);
        expect(analysis.faces, name).toEqual(expected.faces);
      }
    }
    const { objects, faces } = alone.get("people/couple.jpg")!;
    expect(faces.filter(({ embedding }) => embedding !== undefined)).toHaveLength(2);
    const bus = alone.get("scenes/bus.jpg")!.objects;
    expect([...objects, ...bus].filter(({ embedding }) => embedding !== undefined).length).toBeGreaterThan(2);
  });
});
