import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnalyserPool } from "../analyser/analyser-pool.ts";
import type { FileAnalysis } from "../analyser/analyser-protocol.ts";
import { ANALYSER_STEPS } from "../analyser/analyser-steps.ts";

/** What a pool took for photos. */
export interface PhotoTimes {
  readonly results: readonly PromiseSettledResult<FileAnalysis>[];
  /** From starting the processes to their first photos, models loaded; milliseconds. */
  readonly firstPhotoMs: number;
  readonly photosPerSecond: number;
}

export interface TimePhotosOptions {
  /** Photos; they are taken in turn, and the first also to warm up. At least one. */
  readonly paths: readonly string[];
  /** Analysed at once, which the pool must have; 1 or more. */
  readonly processes: number;
  /** Photos that are timed. */
  readonly count: number;
  readonly signal?: AbortSignal | undefined;
}

/** Times a pool once all its processes have their models. Whatever it makes of the photos is thrown away. */
export async function timePhotos(pool: AnalyserPool, options: TimePhotosOptions): Promise<PhotoTimes> {
  const { paths, processes, count, signal } = options;
  const folder = await mkdtemp(join(tmpdir(), "keepsight-speed-"));
  const analyse = (number: number) =>
    pool.analyse(
      {
        type: "analyse",
        path: paths[number % paths.length]!,
        steps: ANALYSER_STEPS,
        derivatives: {
          thumbnailPath: join(folder, `${randomUUID()}.jpg`),
          previewPath: join(folder, `${randomUUID()}.jpg`),
        },
      },
      { signal },
    );
  try {
    const started = performance.now();
    await Promise.allSettled(Array.from({ length: processes }, () => analyse(0)));
    const warm = performance.now();
    const results = await Promise.allSettled(Array.from({ length: count }, (_, i) => analyse(i)));
    const seconds = (performance.now() - warm) / 1000;
    return { results, firstPhotoMs: warm - started, photosPerSecond: count / seconds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
