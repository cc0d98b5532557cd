import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Logger } from "../core/logger.ts";
import { createAnalyserPool, type AnalyserPool } from "../engine/analyser/analyser-pool.ts";
import type { AnalyserSettings } from "../engine/analyser/analyser-protocol.ts";
import { createAnalyserWorker } from "../engine/analyser/analyser-worker.ts";
import { createQueryEncoder } from "../engine/search/query-encoder.ts";
import { type DecodeLimits, DEFAULT_DECODE_LIMITS } from "../image/decode-limits.ts";
import { chooseModels, type VisionModels } from "../vision/choose-models.ts";
import { createModels } from "./create-models.ts";

/** Analysers leave the cores to whoever waits for an answer. */
const ANALYSER_NICENESS = 19;

/** The text encoder holds hundreds of megabytes: it leaves after this long without a query, milliseconds. */
const ENCODER_IDLE_MS = 5 * 60_000;
const ENCODER_THREADS = 2;

/** Analysers hold their models; without work for this long they leave, and a new photo waits a second for them, milliseconds. */
const ANALYSER_IDLE_MS = 60_000;

const ANALYSER_ENTRY = new URL("../engine/analyser/analyser-process.ts", import.meta.url);

/** What a photo may be for this library to read it. */
export function toDecodeLimits({ limits: { maxPixels, maxFileBytes: maxBytes } }: Config): DecodeLimits {
  return { ...DEFAULT_DECODE_LIMITS, maxPixels, maxBytes };
}

/** Analyser processes without a library, as `inspect` uses them: as many as configured, or `count`. */
export async function openPool(
  config: Config,
  logger: Logger,
  count = config.analysers.count,
): Promise<AnalyserPool> {
  const { models } = await chooseModels(createModels(config));
  return createAnalyserPool(count, {
    ...toProcesses(config, logger),
    settings: toAnalyserSettings(config, models),
  });
}

/** The processes of a library: analysers of photos, and the encoder of queries. Neither starts before it has work. */
export function createAnalysers(config: Config, logger: Logger, models: VisionModels) {
  const settings = toAnalyserSettings(config, models);
  const processes = toProcesses(config, logger);
  const encoderSettings = { ...settings, threads: ENCODER_THREADS, niceness: 0 };
  return {
    pool: createAnalyserPool(config.analysers.count, { ...processes, settings, idleMs: ANALYSER_IDLE_MS }),
    encoder: createQueryEncoder(
      createAnalyserWorker({ ...processes, settings: encoderSettings, idleMs: ENCODER_IDLE_MS }),
      models,
    ),
  };
}

function toProcesses({ analysers: { timeoutMs, maxMemoryBytes } }: Config, logger: Logger) {
  return { entry: ANALYSER_ENTRY, timeoutMs, maxMemoryBytes, logger };
}

function toAnalyserSettings(config: Config, models: VisionModels): AnalyserSettings {
  const { formats, thumbnailSize, previewSize } = config;
  return {
    models,
    inference: config.inference,
    threads: 1,
    niceness: ANALYSER_NICENESS,
    limits: toDecodeLimits(config),
    formats,
    thumbnailSize,
    previewSize,
    cacheDirectory: join(config.dataDirectory, "models", "cache"),
  };
}
