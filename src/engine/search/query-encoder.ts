import type { Box } from "../../core/geometry.ts";
import { LRUCache } from "lru-cache";
import { KeepsightError } from "../../core/errors.ts";
import type { VisionModels } from "../../vision/choose-models.ts";
import type { TextEmbedding } from "../analyser/analyser-protocol.ts";
import type { AnalyserWorker } from "../analyser/analyser-worker.ts";
import type { CacheUse } from "./cache-use.ts";

/** Query embeddings kept: 2 KB each, a query typed again is answered without the model (1,000 in seed 004). */
const CACHE_SIZE = 1000;

/** Turns words into embeddings comparable with those of photos. */
export interface QueryEncoder {
  /** The embedding of a query; throws `model_missing`, with the reason, when there is no model for it. */
  encode(text: string): Promise<TextEmbedding>;
  /** The embedding of a picture or a part of it, fractions of it; throws as {@link QueryEncoder.encode}, and what reading it throws. */
  encodeImage(path: string, normalizedBox?: Box): Promise<TextEmbedding>;
  /**
   * Encodes with these models from now on and forgets what others made. `whyMissing` tells people why there is no
   * text-image model among them, where it is not that none is installed.
   */
  useModels(models: VisionModels, whyMissing?: string): void;
  /** How often a query had been encoded before. */
  use(): CacheUse;
  close(): Promise<void>;
}

const NONE_INSTALLED = "No text-image model is installed.";

/** An encoder over one process of its own that begins with `models`, asked one query at a time, with the latest queries remembered. */
export function createQueryEncoder(
  worker: AnalyserWorker,
  models: VisionModels,
  { cacheSize = CACHE_SIZE }: { readonly cacheSize?: number } = {},
): QueryEncoder {
  let missing = models.clip === undefined ? NONE_INSTALLED : undefined;
  const cache = new LRUCache<string, Promise<TextEmbedding>>({ max: cacheSize });
  let hits = 0;
  let misses = 0;
  let previous: Promise<unknown> = Promise.resolve();

  async function encode(text: string): Promise<TextEmbedding> {
    // Said here, since starting a process to hear it would cost the first search a second.
    if (missing !== undefined) throw new KeepsightError("model_missing", missing);
    const key = text.trim().replaceAll(/\s+/g, " ");
    const cached = cache.get(key);
    if (cached !== undefined) {
      hits++;
      return cached;
    }
    misses++;
    const embedding = previous.then(() => worker.request({ type: "encode-text", text: key }));
    previous = embedding.catch(() => undefined);
    cache.set(key, embedding);
    embedding.catch(() => {
      if (cache.get(key) === embedding) cache.delete(key);
    });
    return embedding;
  }

  async function encodeImage(path: string, normalizedBox?: Box): Promise<TextEmbedding> {
    if (missing !== undefined) throw new KeepsightError("model_missing", missing);
    const box = normalizedBox === undefined ? {} : { normalizedBox };
    const embedding = previous.then(() => worker.request({ type: "encode-image", path, ...box }));
    previous = embedding.catch(() => undefined);
    return embedding;
  }

  function useModels(installed: VisionModels, whyMissing = NONE_INSTALLED): void {
    missing = installed.clip === undefined ? whyMissing : undefined;
    worker.useModels(installed);
    cache.clear();
  }

  return {
    encode,
    encodeImage,
    useModels,
    use: () => ({ hits, misses, entries: cache.size }),
    close: () => worker.close(),
  };
}

/** True when searching by meaning is impossible only because no model for it is installed. */
export function isModelMissing(error: unknown): error is KeepsightError {
  return error instanceof KeepsightError && error.code === "model_missing";
}

/** True when the process that turns queries into embeddings died or took too long. */
export function isEncoderFailure(error: unknown): boolean {
  return error instanceof KeepsightError && ["analyser_crashed", "analyser_timeout"].includes(error.code);
}
