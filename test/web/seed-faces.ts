/** Faces for libraries of drawn photos, where no detector would find any. */
import type { Box } from "../../src/core/geometry.ts";
import { createAnalysisStore } from "../../src/database/analysis-store.ts";
import { openDatabase } from "../../src/database/database.ts";
import { createSqliteTextIndex } from "../../src/database/sqlite/sqlite-text-index.ts";
import type { TestLibrary } from "../api/open-test-library.ts";
import { createRandom } from "../generated-photos.ts";

/** Numbers of an embedding: as many as people have different looks, and more. */
const DIMENSIONS = 64;

/** How much the embeddings of one person differ: a cosine similarity around 0.9. */
const NOISE = 0.04;

/** A face to put into a photo: people with the same number look alike. */
export interface SeededFace {
  readonly who: number;
  /** Fractions of the photo. */
  readonly box: Box;
}

/**
 * Stores faces in photos of an open library as an analysis would have, of the recogniser in use, and groups them. Photos
 * are given by file name.
 */
export async function seedFaces(
  test: TestLibrary,
  photos: Readonly<Record<string, readonly SeededFace[]>>,
): Promise<void> {
  const { modelId } = await test.library.people.recogniser();
  const database = await openDatabase({ directory: test.dataDirectory });
  const textIndex = createSqliteTextIndex({ database });
  const analyses = createAnalysisStore({ database, textIndex });
  const random = createRandom(11);
  for (const [fileName, faces] of Object.entries(photos)) {
    const photoId = test.idOf(fileName);
    const details = await analyses.getDetails(photoId);
    const step = details!.steps.find(({ step: name }) => name === "faces")!;
    const analysis = {
      objects: [],
      tags: [],
      textLines: [],
      faces: faces.map(({ who, box }) => ({
        normalizedBox: box,
        landmarks: [],
        score: 0.95,
        quality: 0.8 + random() * 0.15,
        embedding: embeddingOf(who, random),
      })),
      faceEmbeddingModelId: modelId,
      steps: { faces: { status: "done" as const, modelId: step.modelId!, durationMs: 1 } },
    };
    await analyses.saveAnalysis(photoId, 1, analysis, []);
  }
  await database.close();
  await test.library.people.clustering.cluster({});
}

function embeddingOf(who: number, random: () => number): Float32Array {
  const values = Array.from(
    { length: DIMENSIONS },
    (_, i) => (i === who ? 1 : 0) + (random() - 0.5) * 2 * NOISE,
  );
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}
