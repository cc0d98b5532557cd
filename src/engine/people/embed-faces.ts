import { toKeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { FaceStore } from "../../database/people/face-store.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import type { AnalyserPool } from "../analyser/analyser-pool.ts";

/** Faces looked up at a time. */
const PAGE = 50;

export interface FaceEmbeddingOptions {
  readonly faces: Pick<FaceStore, "withoutEmbedding" | "saveEmbedding">;
  readonly photos: Pick<PhotoStore, "getMany">;
  readonly describeFace: AnalyserPool["describeFace"];
  /** The recogniser that analysers run now; undefined while there is none. */
  readonly analyserModelId: () => Promise<string | undefined>;
  readonly logger: Logger;
}

/** What a round of {@link createFaceEmbedding} did. */
export interface EmbeddedRound {
  /** Photos of which a face has an embedding now. */
  readonly photoIds: readonly number[];
  readonly failed: number;
}

/**
 * Gives embeddings to faces that no step of an analysis found: drawn by hand, from metadata, or named and not found again.
 * A face whose photo cannot be read is left out, with a line in the log; trouble that may pass (an analyser that died, a
 * server of models that is away) is thrown, so that the job is tried again. Faces done before stay done.
 */
export function createFaceEmbedding(options: FaceEmbeddingOptions) {
  const { faces, photos, describeFace, analyserModelId, logger } = options;

  type Pending = Awaited<ReturnType<typeof faces.withoutEmbedding>>[number];

  async function embed({ faceId, normalizedBox }: Pending, path: string, signal: AbortSignal) {
    try {
      const answer = await describeFace({ type: "describe-face", path, normalizedBox }, { signal });
      const { embedding } = answer.face;
      if (embedding === undefined || answer.embeddingModelId === undefined) return false;
      await faces.saveEmbedding(faceId, answer.face, { modelId: answer.embeddingModelId, embedding });
      return true;
    } catch (thrown) {
      const error = toKeepsightError(thrown);
      if (error.isRetryable || error.code === "cancelled" || error.code === "model_missing") throw error;
      logger.warn({ faceId, path, reason: error.message }, "a face could not be described");
      return false;
    }
  }

  return async function embedFaces(
    signal: AbortSignal,
    onProgress: (done: number) => Promise<void>,
  ): Promise<EmbeddedRound> {
    const modelId = await analyserModelId();
    const photoIds = new Set<number>();
    let done = 0;
    let failed = 0;
    for (let afterFaceId = 0; modelId !== undefined;) {
      const page = await faces.withoutEmbedding(modelId, { limit: PAGE, afterFaceId });
      if (page.length === 0) break;
      const paths = new Map(
        (await photos.getMany(page.map(({ photoId }) => photoId))).map(({ id, path }) => [id, path]),
      );
      for (const face of page) {
        signal.throwIfAborted();
        const path = paths.get(face.photoId);
        if (path !== undefined && (await embed(face, path, signal))) photoIds.add(face.photoId);
        else failed++;
        await onProgress(++done);
      }
      afterFaceId = page.at(-1)!.faceId;
    }
    return { photoIds: [...photoIds], failed };
  };
}
export type EmbedFaces = ReturnType<typeof createFaceEmbedding>;
