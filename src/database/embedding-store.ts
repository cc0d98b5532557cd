import type { Database } from "./database.ts";
import { fromEmbeddingBytes } from "./embedding-bytes.ts";
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

/** The store of embeddings in this database. */
export function createEmbeddingStore({ database }: { readonly database: Database }): EmbeddingStore {
  const { reads } = database;
  return {
    async readPage({ ownerKind, modelId, afterOwnerId, limit }) {
      const rows = await reads
        .selectFrom("embeddings")
        .select(["ownerId", "photoId", "dimensions", "embedding"])
        .where("ownerKind", "=", ownerKind)
        .where("modelId", "=", modelId)
        .where("ownerId", ">", afterOwnerId)
        .orderBy("ownerId")
        .limit(limit)
        .execute();
      const dimensions = rows[0]?.dimensions ?? 0;
      const embeddings = new Float32Array(rows.length * dimensions);
      for (const [i, { embedding }] of rows.entries()) {
        embeddings.set(fromEmbeddingBytes(embedding), i * dimensions);
      }
      return {
        ownerIds: rows.map(({ ownerId }) => ownerId),
        photoIds: rows.map(({ photoId }) => photoId),
        embeddings,
        dimensions,
      };
    },
    async get(ownerKind, ownerId, modelId) {
      const row = await reads
        .selectFrom("embeddings")
        .select("embedding")
        .where("ownerKind", "=", ownerKind)
        .where("modelId", "=", modelId)
        .where("ownerId", "=", ownerId)
        .executeTakeFirst();
      return row && fromEmbeddingBytes(row.embedding);
    },
    counts: () =>
      reads
        .selectFrom("embeddings")
        .select((eb) => ["ownerKind", "modelId", "dimensions", eb.fn.countAll<number>().as("count")])
        .groupBy(["ownerKind", "modelId", "dimensions"])
        .execute(),
  };
}
