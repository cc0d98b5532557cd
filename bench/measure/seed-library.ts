import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import sharp from "sharp";
import type { PhotoAnalysis, Step } from "../../src/core/photo-analysis.ts";
import { createAnalysisStore } from "../../src/database/analysis-store.ts";
import { openDatabase } from "../../src/database/database.ts";
import { createPhotoStore } from "../../src/database/photo-store.ts";
import { createSqliteTextIndex } from "../../src/database/sqlite/sqlite-text-index.ts";
import { ALGORITHM_IDS } from "../../src/engine/analyser/analyser-steps.ts";
import { derivativePath } from "../../src/library/derivatives.ts";
import type { ChosenModels } from "../../src/vision/choose-models.ts";
import { createRandom } from "../../test/generated-photos.ts";

/** Different words in the texts of a seeded library, and words a photo. */
const VOCABULARY = 2000;
const WORDS_PER_PHOTO = 12;

/** The n-th word of the vocabulary: two syllables and a number's letters, so that words differ in more than one place. */
export function seededWord(n: number): string {
  const syllables = ["ba", "ke", "mi", "no", "su", "ra", "le", "ti", "po", "du"];
  return [n % 10, Math.floor(n / 10) % 10, Math.floor(n / 100) % 10, Math.floor(n / 1000) % 10]
    .map((digit) => syllables[digit]!)
    .join("");
}

/**
 * Fills a new library with `count` photos as the import leaves them (text, two objects, thumbnail on disk) though their
 * files are nowhere; all steps count as done by the `chosen` models, so that a server finds nothing to do. Gives their ids.
 */
export async function seedLibrary(
  dataDirectory: string,
  count: number,
  chosen: ChosenModels,
): Promise<readonly number[]> {
  await mkdir(dataDirectory, { recursive: true });
  const database = await openDatabase({ directory: dataDirectory });
  const textIndex = createSqliteTextIndex({ database });
  const photos = createPhotoStore({ database, textIndex });
  const analyses = createAnalysisStore({ database, textIndex });
  const thumbnail = await sharp({
    create: {
      width: 400,
      height: 300,
      channels: 3,
      background: "#888",
      noise: { type: "gaussian", mean: 128, sigma: 20 },
    },
  })
    .jpeg({ quality: 78 })
    .toBuffer();
  const ids = await photos.insertPhotos(
    Array.from({ length: count }, (_, i) => ({
      path: `/nowhere/seeded-${i}.jpg`,
      byteSize: 4_000_000 + i,
      modifiedAtMs: 1_600_000_000_000 + i * 3_600_000,
      isUpload: true,
    })),
  );
  const random = createRandom(3);
  for (const id of ids) {
    const path = derivativePath(dataDirectory, id, 1, "thumbnail");
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, thumbnail);
    const derivative = {
      kind: "thumbnail",
      width: 400,
      height: 300,
      byteSize: thumbnail.byteLength,
    } as const;
    await analyses.saveAnalysis(id, 1, describePhoto(random, chosen), [derivative]);
  }
  await database.close();
  return ids;
}

function describePhoto(random: () => number, { steps }: ChosenModels): PhotoAnalysis {
  const words = Array.from({ length: WORDS_PER_PHOTO }, () => seededWord(Math.floor(random() * VOCABULARY)));
  const modelIds: Partial<Record<Step, string>> = { ...ALGORITHM_IDS };
  for (const [step, { modelId }] of Object.entries(steps)) {
    if (modelId !== undefined) modelIds[step as Step] = modelId;
  }
  const normalizedBox = { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };
  return {
    format: "jpeg",
    width: 4032,
    height: 3024,
    metadata: { keywords: [], faceRegions: [] },
    fingerprints: { imohash: Buffer.from(Array.from({ length: 16 }, () => random() * 256)).toString("hex") },
    objects: ["dog", "person"].map((label) => ({ label, score: 0.8, normalizedBox })),
    faces: [],
    tags: [],
    textLines: [{ text: words.join(" "), score: 0.9, normalizedQuad: [0, 0, 1, 0, 1, 1, 0, 1] }],
    steps: Object.fromEntries(
      Object.entries(modelIds).map(([step, modelId]) => [step, { status: "done", modelId, durationMs: 1 }]),
    ),
  };
}
