import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto } from "../../../test/api/open-test-library.ts";
import { BUNDLED_MODEL_DIRECTORY } from "../../../test/bundled-models.ts";
import { hasShared, sharedPath } from "../../../test/shared-files.ts";
import { createLogger } from "../../core/logger.ts";
import { IMAGE_FORMATS } from "../../core/photo-analysis.ts";
import { DEFAULT_DECODE_LIMITS } from "../../image/decode-limits.ts";
import { dotProduct } from "../../math/vector.ts";
import { loadCatalog } from "../../onnx/catalog.ts";
import { createModelStore } from "../../onnx/model-store.ts";
import { chooseModels, type VisionModels } from "../../vision/choose-models.ts";
import { type AnalyserPool, createAnalyserPool } from "./analyser-pool.ts";

const COUPLE = "photos/people/couple.jpg";
const SOMEWHERE = { x: 0.2, y: 0.2, width: 0.3, height: 0.3 };

/** With the models that npm brings. */
async function openPool(hasModels: boolean): Promise<AnalyserPool> {
  const store = createModelStore({
    catalog: loadCatalog(),
    modelDirectory: BUNDLED_MODEL_DIRECTORY,
    localDirectories: [],
    offline: true,
    fetch,
  });
  const models: VisionModels = hasModels ? (await chooseModels(store)).models : {};
  return createAnalyserPool(1, {
    entry: new URL("./analyser-process.ts", import.meta.url),
    settings: {
      models,
      threads: 1,
      niceness: 0,
      limits: DEFAULT_DECODE_LIMITS,
      formats: IMAGE_FORMATS,
      thumbnailSize: 400,
      previewSize: 1344,
    },
    timeoutMs: 120_000,
    maxMemoryBytes: 4e9,
    logger: createLogger("silent"),
  });
}

describe("describeFace", () => {
  let pool: AnalyserPool;
  let folder: string;
  let photo: string;
  beforeAll(async () => {
    pool = await openPool(true);
    folder = await mkdtemp(join(tmpdir(), "keepsight-face-"));
    photo = join(folder, "plain.jpg");
    await writeFile(photo, await drawPhoto("blue"));
  });
  afterAll(async () => {
    await pool.close();
    await rm(folder, { recursive: true, force: true });
  });

  const describeIn = (path: string, normalizedBox: typeof SOMEWHERE) =>
    pool.describeFace({ type: "describe-face", path, normalizedBox });

  it.skipIf(!hasShared("a drawn face", COUPLE))(
    "embeds a face from its box as the analysis of the photo embeds it",
    async () => {
      const path = sharedPath(COUPLE);
      const { analysis } = await pool.analyse({ type: "analyse", path, steps: ["faces"] });
      const [known, other] = analysis.faces;
      const described = await describeIn(path, known!.normalizedBox);
      expect(described.embeddingModelId).toBe(analysis.faceEmbeddingModelId);
      expect(described.modelId).toBe(analysis.steps.faces?.modelId);
      const similarity = dotProduct(described.face.embedding!, known!.embedding!);
      // Strangers have .84 on average with this recogniser.
      expect(similarity).toBeGreaterThan(0.96);
      expect(similarity).toBeGreaterThan(dotProduct(described.face.embedding!, other!.embedding!) + 0.05);
    },
  );

  it("describes a box without a face too, as one that is not good enough to be grouped", async () => {
    const { face } = await describeIn(photo, SOMEWHERE);
    expect(face).toMatchObject({ normalizedBox: SOMEWHERE, score: 0 });
    expect(face.quality).toBeLessThan(0.5);
    expect(face.embedding).toHaveLength(128);
  });

  it("refuses a box without a size or outside the photo, and a photo that is not there", async () => {
    for (const change of [{ width: 0 }, { height: -0.1 }, { x: 1.2 }, { y: -0.4 }, { x: NaN }]) {
      await expect(describeIn(photo, { ...SOMEWHERE, ...change })).rejects.toMatchObject({
        code: "bad_request",
      });
    }
    await expect(describeIn(join(folder, "gone.jpg"), SOMEWHERE)).rejects.toThrow(/gone\.jpg/);
  });

  it("says so where no model for faces is installed", async () => {
    const bare = await openPool(false);
    try {
      const request = { type: "describe-face", path: photo, normalizedBox: SOMEWHERE } as const;
      await expect(bare.describeFace(request)).rejects.toMatchObject({ code: "model_missing" });
    } finally {
      await bare.close();
    }
  });
});
