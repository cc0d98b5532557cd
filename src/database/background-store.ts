import { sql } from "kysely";
import type { Spread } from "../math/quantile.ts";
import type { Database } from "./database.ts";
import { fromEmbeddingBytes, toEmbeddingBytes } from "./embedding-bytes.ts";

/** What the similarities of one text-image model mean in this library. */
export interface SimilarityBackground {
  readonly modelId: string;
  /** Embeddings of unrelated texts, L2-normalised. */
  readonly texts: readonly Float32Array[];
  /** Photos that were drawn, pairs of them, and how many photos there were to draw from. */
  readonly photos: number;
  readonly photoPairs: number;
  readonly libraryPhotos: number;
  /** Cosine similarities of an unrelated text and a photo, and of two photos. */
  readonly text: Spread;
  readonly photo: Spread;
  readonly computedAt: number;
}

/** Backgrounds by model, and photos drawn at random for them. */
export interface BackgroundStore {
  get(modelId: string): Promise<SimilarityBackground | undefined>;
  list(): Promise<readonly SimilarityBackground[]>;
  save(background: SimilarityBackground): Promise<void>;
  /** Embeddings of at most `count` photos in sight, drawn at random, each once. O(count · log n). */
  drawPhotos(modelId: string, count: number): Promise<readonly DrawnPhoto[]>;
  /** How many photos have an embedding of this model. */
  countPhotos(modelId: string): Promise<number>;
}

/** A photo with its embedding, L2-normalised. */
export interface DrawnPhoto {
  readonly photoId: number;
  readonly embedding: Float32Array;
}

/** The store of backgrounds in this database; `random` gives numbers from 0 to 1. */
export function createBackgroundStore({
  database,
  random = Math.random,
}: {
  readonly database: Database;
  readonly random?: () => number;
}): BackgroundStore {
  const { reads, writes } = database;
  const select = () => reads.selectFrom("similarityBackgrounds").selectAll();
  return {
    async get(modelId) {
      const row = await select().where("modelId", "=", modelId).executeTakeFirst();
      return row && toBackground(row);
    },
    list: async () => (await select().orderBy("modelId").execute()).map(toBackground),
    async save({ modelId, texts, text, photo, ...counts }) {
      const dimensions = texts[0]?.length ?? 0;
      const all = new Float32Array(texts.length * dimensions);
      for (const [i, row] of texts.entries()) all.set(row, i * dimensions);
      const values = {
        ...counts,
        dimensions,
        texts: toEmbeddingBytes(all),
        textMedian: text.median,
        textSpread: text.spread,
        photoMedian: photo.median,
        photoSpread: photo.spread,
      };
      await writes
        .insertInto("similarityBackgrounds")
        .values({ modelId, ...values })
        .onConflict((conflict) => conflict.column("modelId").doUpdateSet(values))
        .execute();
    },
    async drawPhotos(modelId, count) {
      const range = await reads
        .selectFrom("embeddings")
        .select((eb) => [eb.fn.min("ownerId").as("least"), eb.fn.max("ownerId").as("most")])
        .where("ownerKind", "=", "photo")
        .where("modelId", "=", modelId)
        .executeTakeFirst();
      if (range?.least === null || range?.least === undefined) return [];
      const { least, most } = range;
      const width = Math.max(1, most - least + 1);
      // Each draw is the next photo from a random id on: gaps make their neighbour more likely, which does no harm here.
      const draws = Array.from({ length: count * 2 }, () => least + Math.floor(random() * width));
      const { rows } = await sql<{ photoId: number; embedding: Uint8Array }>`
        select distinct embeddings.owner_id as photo_id, embeddings.embedding
        from json_each(${JSON.stringify(draws)}) as draw
        join embeddings on embeddings.owner_kind = 'photo' and embeddings.model_id = ${modelId}
          and embeddings.owner_id = (
            select min(next.owner_id) from embeddings as next
            where next.owner_kind = 'photo' and next.model_id = ${modelId} and next.owner_id >= draw.value)
        join photos on photos.id = embeddings.owner_id and photos.hidden_at is null
      `.execute(reads);
      return rows
        .slice(0, count)
        .map(({ photoId, embedding }) => ({ photoId, embedding: fromEmbeddingBytes(embedding) }));
    },
    async countPhotos(modelId) {
      const { count } = await reads
        .selectFrom("embeddings")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("ownerKind", "=", "photo")
        .where("modelId", "=", modelId)
        .executeTakeFirstOrThrow();
      return count;
    },
  };
}

function toBackground({
  dimensions,
  texts,
  textMedian,
  textSpread,
  photoMedian,
  photoSpread,
  ...rest
}: {
  readonly modelId: string;
  readonly dimensions: number;
  readonly texts: Uint8Array;
  readonly photos: number;
  readonly photoPairs: number;
  readonly libraryPhotos: number;
  readonly textMedian: number;
  readonly textSpread: number;
  readonly photoMedian: number;
  readonly photoSpread: number;
  readonly computedAt: number;
}): SimilarityBackground {
  const all = fromEmbeddingBytes(texts);
  const count = dimensions === 0 ? 0 : all.length / dimensions;
  return {
    ...rest,
    texts: Array.from({ length: count }, (_, i) => all.subarray(i * dimensions, (i + 1) * dimensions)),
    text: { median: textMedian, spread: textSpread },
    photo: { median: photoMedian, spread: photoSpread },
  };
}
