import type { EmbeddingOwner } from "./schema.ts";

/** A run of embeddings, one after the other in one array. */
export interface EmbeddingPage {
  readonly ownerIds: readonly number[];
  /** The photo of each owner (itself for `photo`). */
  readonly photoIds: readonly number[];
  /** ownerIds.length · dimensions numbers. */
  readonly embeddings: Float32Array;
  readonly dimensions: number;
}

/** The stored embeddings: the truth from which vector indexes are built. */
export interface EmbeddingStore {
  /** The next embeddings of one kind and model with owner ids above `afterOwnerId`, ascending; empty at the end. */
  readPage(options: {
    readonly ownerKind: EmbeddingOwner;
    readonly modelId: string;
    readonly afterOwnerId: number;
    readonly limit: number;
  }): Promise<EmbeddingPage>;
  get(ownerKind: EmbeddingOwner, ownerId: number, modelId: string): Promise<Float32Array | undefined>;
  /** How many there are per kind and model. */
  counts(): Promise<
    readonly { ownerKind: EmbeddingOwner; modelId: string; dimensions: number; count: number }[]
  >;
}
