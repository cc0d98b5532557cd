import type { Bitmap } from "./bitmap.ts";

/** One embedding under the id of its owner: a photo, a face, an object. */
export interface VectorEntry {
  /** Integer, 0 to 2³²−1. */
  readonly id: number;
  /** Any length but zero; indexes compare directions only. Left unchanged by the caller until the call settles. */
  readonly embedding: Float32Array;
}

/** One neighbour of a query. */
export interface VectorMatch {
  readonly id: number;
  /** Cosine similarity, −1 to 1. */
  readonly similarity: number;
}

/** What a search wants. */
export interface VectorSearchOptions {
  /** Most matches wanted; 0 gives none. */
  readonly limit: number;
  /** Only these ids may match; absent means all. */
  readonly allowed?: Bitmap;
  /** Matches below this cosine similarity are left out. */
  readonly minSimilarity?: number;
}

/**
 * Nearest neighbours by cosine similarity among the embeddings of one model. The embeddings table is the truth; an index
 * can be dropped and rebuilt from it. Every call that cannot be served rejects with a KeepsightError: `bad_request` for
 * input of another dimension, not finite or of zero norm, `too_large` beyond capacity, `unavailable` when closed or when
 * what serves it died.
 */
export interface VectorIndex {
  /** The model whose embeddings these are; embeddings of different models are never compared. */
  readonly modelId: string;
  /** Length of each embedding. */
  readonly dimensions: number;
  /** Number of embeddings held. */
  readonly size: number;
  /** Adds embeddings, replacing those of the same id (the last of equal ids counts). All or none of them are taken. */
  set(entries: readonly VectorEntry[]): Promise<void>;
  /** Forgets ids; unknown ones are ignored. */
  remove(ids: readonly number[]): Promise<void>;
  /** The nearest embeddings by similarity descending, then id ascending. Sees every write settled before the call. */
  search(query: Float32Array, options: VectorSearchOptions): Promise<VectorMatch[]>;
  /** The embedding of an id, L2-normalised; undefined when there is none. */
  get(id: number): Float32Array | undefined;
  /** Lets running searches finish and frees threads, files and memory. May be repeated. */
  close(): Promise<void>;
}
