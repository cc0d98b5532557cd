import { type Insertable, sql, type Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import { toBox } from "../../core/geometry.ts";
import type { DetectedFace, PhotoEmbedding } from "../../core/photo-analysis.ts";
import type { Database } from "../database.ts";
import { toEmbeddingBytes } from "../embedding-bytes.ts";
import type { FaceOrigin, FacesTable, Schema } from "../schema.ts";
import { dropPrototypes } from "./prototype-store.ts";
import { refresh } from "./refresh.ts";

/** Whom an algorithm takes a face for; without a person its earlier word is taken back. */
export interface FaceGuess {
  readonly faceId: number;
  readonly match?: {
    readonly personId: string;
    readonly score: number;
    readonly source: "prototype" | "cluster";
  };
}

/** What algorithms and humans add to faces; nothing here changes what a human decided. */
export interface FaceWriter {
  /** Puts faces into clusters, or out of them (null). */
  saveClusters(
    faces: readonly {
      readonly faceId: number;
      readonly clusterId: string | null;
      readonly score: number | null;
    }[],
  ): Promise<void>;
  /** Puts each face with a person into the cluster `person_{id}`, as dual clustering names them. */
  nameClustersByPerson(): Promise<void>;
  /** Writes what an algorithm thinks; nothing follows from it where a human said otherwise. Gives what changed. */
  saveGuesses(
    guesses: readonly FaceGuess[],
  ): Promise<{ readonly faceIds: readonly number[]; readonly photoIds: readonly number[] }>;
  /** A row for a face that a human draws, not to be seen before its decision. `not_found` when there is no such photo. */
  insertDrawn(photoId: number, face: Omit<DetectedFace, "embedding">, modelId: string): Promise<number>;
  /** Embedding and measures of a face that no detector found by itself. */
  saveEmbedding(faceId: number, face: DetectedFace, embedding: PhotoEmbedding): Promise<void>;
}

/** Told of photos whose people changed, inside the transaction. */
export type OnPhotosChanged = (
  transaction: Transaction<Schema>,
  photoIds: readonly number[],
) => Promise<void>;

/** Writers of this database. */
export function createFaceWriter({ writes }: Database, onPhotosChanged: OnPhotosChanged): FaceWriter {
  return {
    async saveClusters(
      faces: readonly {
        readonly faceId: number;
        readonly clusterId: string | null;
        readonly score: number | null;
      }[],
    ) {
      await writes.transaction().execute(async (transaction) => {
        await sql`
          update faces set cluster_id = entry.value ->> 1, cluster_score = entry.value ->> 2
          from json_each(${JSON.stringify(faces.map(({ faceId, clusterId, score }) => [faceId, clusterId, score]))}) as entry
          where faces.id = entry.value ->> 0
        `.execute(transaction);
      });
    },
    async nameClustersByPerson() {
      await writes
        .updateTable("faces")
        .set({ clusterId: sql<string>`'person_' || person_id`, clusterScore: 1 })
        .where("personId", "is not", null)
        .execute();
    },
    async saveGuesses(guesses: readonly FaceGuess[]) {
      return writes.transaction().execute(async (transaction) => {
        const entries = guesses.map(({ faceId, match }) => [
          faceId,
          match?.personId ?? null,
          match?.score ?? null,
          match?.source ?? null,
        ]);
        await sql`
          update faces set matched_person_id = entry.value ->> 1, matched_score = entry.value ->> 2,
            matched_source = entry.value ->> 3
          from json_each(${JSON.stringify(entries)}) as entry where faces.id = entry.value ->> 0
        `.execute(transaction);
        const { faceIds, photoIds } = await refresh(transaction, {
          personIds: [],
          faceIds: guesses.map(({ faceId }) => faceId),
        });
        if (photoIds.length > 0) await onPhotosChanged(transaction, photoIds);
        return { faceIds, photoIds };
      });
    },
    async insertDrawn(photoId: number, face: Omit<DetectedFace, "embedding">, modelId: string) {
      return writes.transaction().execute(async (transaction) => {
        const photo = await transaction
          .selectFrom("photos")
          .select("id")
          .where("id", "=", photoId)
          .executeTakeFirst();
        if (photo === undefined) throw new KeepsightError("not_found", `There is no photo ${photoId}.`);
        return insertFace(transaction, photoId, face, modelId, "drawn");
      });
    },
    async saveEmbedding(faceId: number, face: DetectedFace, { modelId, embedding }: PhotoEmbedding) {
      await writes.transaction().execute(async (transaction) => {
        const row = await transaction
          .updateTable("faces")
          .set({
            quality: face.quality,
            score: face.score,
            landmarks: JSON.stringify(face.landmarks.map(({ x, y }) => [x, y])),
          })
          .where("id", "=", faceId)
          .returning(["photoId", "personId", "state"])
          .executeTakeFirst();
        if (row === undefined) return;
        // The person looks like this face too from now on.
        if (row.personId !== null && row.state === "confirmed")
          await dropPrototypes(transaction, [row.personId]);
        await transaction
          .insertInto("embeddings")
          .values({
            ownerKind: "face",
            ownerId: faceId,
            photoId: row.photoId,
            modelId,
            dimensions: embedding.length,
            embedding: toEmbeddingBytes(embedding),
          })
          .onConflict((conflict) =>
            conflict
              .columns(["ownerKind", "modelId", "ownerId"])
              .doUpdateSet({ dimensions: embedding.length, embedding: toEmbeddingBytes(embedding) }),
          )
          .execute();
      });
    },
  };
}

/** A row for a face that no detector found. */
export async function insertFace(
  transaction: Transaction<Schema>,
  photoId: number,
  { normalizedBox, landmarks, score, quality }: Omit<DetectedFace, "embedding">,
  modelId: string,
  origin: FaceOrigin,
): Promise<number> {
  const row: Insertable<FacesTable> = {
    photoId,
    ...toBox(normalizedBox),
    // A drawn face is there as long as the decision counts that follows; without it, after a crash, it is not.
    isRemoved: origin === "drawn" ? 1 : 0,
    landmarks: JSON.stringify(landmarks.map(({ x, y }) => [x, y])),
    score,
    quality,
    modelId,
    origin,
    createdAt: Date.now(),
  };
  const { id } = await transaction.insertInto("faces").values(row).returning("id").executeTakeFirstOrThrow();
  return id;
}
