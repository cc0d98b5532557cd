import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createLogger } from "../../src/core/logger.ts";
import { IMAGE_FORMATS } from "../../src/core/photo-analysis.ts";
import { createAnalyserPool } from "../../src/engine/analyser/analyser-pool.ts";
import { ANALYSER_STEPS } from "../../src/engine/analyser/analyser-steps.ts";
import { MEMORY_ENVIRONMENT } from "../../src/engine/analyser/memory-environment.ts";
import { DEFAULT_DECODE_LIMITS } from "../../src/image/decode-limits.ts";
import type { VisionModels } from "../../src/vision/choose-models.ts";

const ENTRY = new URL("../../src/engine/analyser/analyser-process.ts", import.meta.url);

/** What analysers are told of pictures. */
export interface PictureSizes {
  readonly thumbnailSize: number;
  readonly previewSize: number;
}

/**
 * When each photo was done, milliseconds: the same analyser processes as a server's, with nothing behind them that stores
 * or compares. What several of them gain over one is what the machine gives.
 */
export async function runBareAnalysers(
  paths: readonly string[],
  folder: string,
  count: number,
  { models, ...sizes }: PictureSizes & { readonly models: VisionModels },
): Promise<number[]> {
  await mkdir(folder, { recursive: true });
  for (const [name, value] of Object.entries(MEMORY_ENVIRONMENT)) process.env[name] ??= value;
  const pool = createAnalyserPool(count, {
    entry: ENTRY,
    timeoutMs: 600_000,
    maxMemoryBytes: Infinity,
    logger: createLogger("silent"),
    settings: {
      models,
      threads: 1,
      niceness: 0,
      limits: DEFAULT_DECODE_LIMITS,
      formats: [...IMAGE_FORMATS],
      ...sizes,
    },
  });
  const doneAt: number[] = [];
  try {
    await Promise.all(
      paths.map(async (path, i) => {
        const derivatives = {
          thumbnailPath: join(folder, `${i}-thumbnail.jpg`),
          previewPath: join(folder, `${i}-preview.jpg`),
          facePrefix: join(folder, `${i}-face-`),
        };
        await pool.analyse({ type: "analyse", path, steps: ANALYSER_STEPS, derivatives });
        doneAt.push(performance.now());
      }),
    );
  } finally {
    await pool.close();
  }
  return doneAt;
}
