import { KeepsightError } from "../../core/errors.ts";
import type { VectorIndex } from "./vector-index.ts";

/** How an index in memory is made. */
export interface MemoryVectorIndexOptions {
  readonly modelId: string;
  /** 1 to 4,096. */
  readonly dimensions: number;
  /** `f32` is exact; `int8` holds a quarter of the memory and rescores its candidates with exact rows from a file. */
  readonly precision: "f32" | "int8";
  /** Threads that share each search, 1 to 64; default 1. */
  readonly threads?: number;
  /** Where `int8` keeps its nameless file of exact rows; default the system's temporary directory. */
  readonly directory?: string;
}

/** An empty index. */
export function createMemoryVectorIndex(options: MemoryVectorIndexOptions): VectorIndex {
  throw new KeepsightError("unavailable", `The vector index of ${options.modelId} cannot be built yet.`);
}
