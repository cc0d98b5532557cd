import { rm, stat } from "node:fs/promises";
import { type ErrorCode, KeepsightError } from "../../core/errors.ts";
import type { AnalyserPool } from "../analyser/analyser-pool.ts";
import type { Duplicates, FindWish, Found } from "./duplicates.ts";

/** Finds what is like a picture that arrived and is no photo of the library; nothing of it is kept. `undecodable` for what is no picture. */
export async function findUploaded(
  path: string,
  wish: FindWish,
  { analyse, duplicates }: { readonly analyse: AnalyserPool["analyse"]; readonly duplicates: Duplicates },
): Promise<Found> {
  const derivatives = { thumbnailPath: `${path}.thumbnail`, previewPath: `${path}.preview` };
  try {
    const { analysis } = await analyse({
      type: "analyse",
      path,
      steps: ["preprocessing", "embeddings", "hash"],
      derivatives,
    });
    const { fingerprints, embedding, steps } = analysis;
    if (fingerprints === undefined || steps.preprocessing?.status !== "done") {
      const { errorCode = "undecodable", reason = "The picture cannot be read." } = steps.preprocessing ?? {};
      throw new KeepsightError(errorCode as ErrorCode, reason);
    }
    const { size: byteSize } = await stat(path);
    return await duplicates.findByPicture(
      {
        path,
        thumbnailPath: derivatives.thumbnailPath,
        byteSize,
        ...fingerprints,
        ...(embedding === undefined ? {} : { embedding: embedding.embedding, modelId: embedding.modelId }),
      },
      wish,
    );
  } finally {
    for (const file of Object.values(derivatives)) await rm(file, { force: true });
  }
}
