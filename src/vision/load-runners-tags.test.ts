import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeClipTowers } from "../../test/onnx-towers.ts";
import { hasShared, readSharedImage, sharedPath } from "../../test/shared-files.ts";
import { loadCatalog } from "../onnx/catalog.ts";
import { createModelStore } from "../onnx/model-store.ts";
import { chooseModels } from "./choose-models.ts";
import { loadRunners } from "./load-runners.ts";
import { TAG_VOCABULARY, ZERO_SHOT_TAGS_ID } from "./tag/tag-vocabulary.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "load-runners-tags-"));
  writeClipTowers(join(folder, "towers"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function chooseFrom(...localDirectories: string[]) {
  return chooseModels(
    createModelStore({
      catalog: loadCatalog(),
      modelDirectory: join(folder, "models"),
      localDirectories,
      offline: true,
      fetch,
    }),
  );
}

const PIXELS = { data: new Uint8Array(300), width: 10, height: 10 };
const PHOTO = { preview: PIXELS, detail: PIXELS, originalSize: PIXELS };

describe("loadRunners with a text-image model", () => {
  it("tags by the photo's embedding and reads the vocabulary once, whatever process asks", async () => {
    const { models, steps } = await chooseFrom(join(folder, "towers"));
    expect(steps.tags.modelId).toBe(`test-colours+${ZERO_SHOT_TAGS_ID}`);
    const cacheDirectory = join(folder, "cache");
    const embedding = new Float32Array(512).fill(1 / Math.sqrt(512));

    const first = loadRunners(models, { threads: 1, cacheDirectory });
    expect(first.vision.tags).toMatchObject({ modelId: steps.tags.modelId, needsEmbedding: true });
    await first.vision.tags!.run(PHOTO, embedding);
    const [file] = readdirSync(cacheDirectory);
    expect(file).toMatch(new RegExp(`^test-colours-${ZERO_SHOT_TAGS_ID}-[0-9a-f]{12}\\.f32$`));
    expect(statSync(join(cacheDirectory, file!)).size).toBe(TAG_VOCABULARY.length * 512 * 4);
    await first.release();

    const withoutText = { ...models.clip!, files: { ...models.clip!.files, "text-encoder": "gone.onnx" } };
    const second = loadRunners({ clip: withoutText }, { threads: 1, cacheDirectory });
    expect(await second.vision.tags!.run(PHOTO, embedding)).toEqual([]);
    await second.release();
  });
});

const CLASSIFIER = "models/image-classification";
const isHere = hasShared("a classifier as tagger", CLASSIFIER, "photos/scenes/bus.jpg");

describe.skipIf(!isHere)("loadRunners with a classifier", () => {
  it("tags photos with its classes where nothing better is installed", async () => {
    const { models, steps } = await chooseFrom(sharedPath(CLASSIFIER));
    expect(steps.tags.modelId).toBe("mobilenetv2-imagenet");
    const runners = loadRunners(models, { threads: 1 });
    const bus = await readSharedImage("photos/scenes/bus.jpg");
    const photo = { preview: bus, detail: bus, originalSize: bus };
    expect(await runners.vision.tags!.run(photo, undefined)).toMatchObject([{ name: "minibus" }]);
    await runners.release();
  });

  it("leaves tags to a text-image model", async () => {
    const { models, steps } = await chooseFrom(sharedPath(CLASSIFIER), join(folder, "towers"));
    expect(steps.tags.modelIds).toEqual(["test-colours"]);
    expect(models["image-tagging"]).toBeUndefined();
  });
});
