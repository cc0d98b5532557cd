import { rm } from "node:fs/promises";
import type { Logger } from "../../core/logger.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import { derivativePath, faceKey, removeOrphanDerivatives } from "../../library/derivatives.ts";
import type { JobHandler } from "../jobs/job-runner.ts";

/** The kind of job that removes pictures which no photo has any more. */
export const TIDY_JOB = "tidy";

export interface TidyOptions {
  readonly dataDirectory: string;
  readonly photos: Pick<PhotoStore, "get">;
  readonly analyses: Pick<AnalysisStore, "getFacePlaces">;
  readonly logger: Logger;
}

/**
 * Removes derivatives of photos that are gone or have other content now, and what interrupted writes left; without `fix` they are
 * only counted. Gives how many.
 */
export async function tidyDerivatives(
  { dataDirectory, photos, analyses }: Omit<TidyOptions, "logger">,
  fix: boolean,
  signal: AbortSignal,
): Promise<number> {
  let counted = 0;
  const removed = await removeOrphanDerivatives(dataDirectory, async (derivative) => {
    signal.throwIfAborted();
    const isWanted = await isOfPhoto(derivative, { photos, analyses });
    if (!isWanted) counted++;
    return isWanted || !fix;
  });
  return Math.max(counted, removed);
}

async function isOfPhoto(
  derivative: Parameters<Parameters<typeof removeOrphanDerivatives>[1]>[0],
  { photos, analyses }: Pick<TidyOptions, "photos" | "analyses">,
): Promise<boolean> {
  const { photoId, contentVersion } = derivative;
  if ((await photos.get(photoId))?.contentVersion !== contentVersion) return false;
  if (derivative.kind !== "face") return true;
  const places = await analyses.getFacePlaces(photoId);
  return places.some(({ normalizedBox }) => faceKey(normalizedBox) === derivative.face);
}

/**
 * The handler of `tidy` jobs, see {@link tidyDerivatives}. Queued after a run that did not end properly; running it at any time is
 * harmless.
 */
export function createTidyHandler({ logger, ...options }: TidyOptions): JobHandler {
  return {
    concurrency: 1,
    async run(_job, { signal }) {
      const removed = await tidyDerivatives(options, true, signal);
      if (removed > 0) logger.info({ removed }, "leftover previews were removed");
    },
  };
}

/** Removes the derivatives of the content that a photo had before its present one. */
export async function removeFormerDerivatives(
  dataDirectory: string,
  { id, contentVersion }: Pick<Photo, "id" | "contentVersion">,
): Promise<void> {
  if (contentVersion <= 1) return;
  const former = contentVersion - 1;
  await Promise.all(
    (["thumbnail", "preview"] as const).map((kind) =>
      rm(derivativePath(dataDirectory, id, former, kind), { force: true }),
    ),
  );
}
