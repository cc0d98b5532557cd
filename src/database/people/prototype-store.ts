import type { Transaction } from "kysely";
import type { Database } from "../database.ts";
import { fromEmbeddingBytes, toEmbeddingBytes } from "../embedding-bytes.ts";
import type { PrototypeRole, Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";

/** Prototypes read at once: two megabytes, a few milliseconds between two turns of the event loop. */
const PAGE = 1000;

/** A reference embedding of a person. */
export interface Prototype {
  readonly role: PrototypeRole;
  /** The face of an exemplar. */
  readonly faceId?: number;
  /** L2-normalised. */
  readonly embedding: Float32Array;
}

/** All prototypes of one model. */
export interface PrototypeMatrix {
  /** Person of each prototype. */
  readonly personIds: readonly string[];
  /** personIds.length · dimensions. */
  readonly embeddings: Float32Array;
  readonly dimensions: number;
}

/**
 * Prototypes of persons: they derive from confirmed faces and can be dropped at any time. Whatever changes the confirmed
 * faces of a person drops them in the same transaction, so that none is ever stale; who lacks them is told.
 */
export interface PrototypeStore {
  /** Persons with confirmed faces that the model knows, and no prototypes of it. */
  lacking(modelId: string): Promise<readonly string[]>;
  /** Stores them unless the person's confirmed faces changed since they were read; false then. */
  save(
    personId: string,
    modelId: string,
    prototypes: readonly Prototype[],
    confirmedFaceIds: readonly number[],
  ): Promise<boolean>;
  readAll(modelId: string): Promise<PrototypeMatrix>;
  counts(): Promise<ReadonlyMap<string, number>>;
  /** Forgets all, to be computed anew. */
  clear(modelId: string): Promise<void>;
  /** Forgets those of all other models. */
  clearOthers(modelId: string): Promise<void>;
}

/** Forgets the prototypes of these persons, inside the transaction that changes their faces. */
export async function dropPrototypes(
  transaction: Transaction<Schema>,
  personIds: readonly string[],
): Promise<void> {
  if (personIds.length === 0) return;
  await transaction.deleteFrom("prototypes").where("personId", "in", valueList(personIds)).execute();
}

/** The store of prototypes in this database. */
export function createPrototypeStore({ database }: { readonly database: Database }): PrototypeStore {
  const { reads, writes } = database;

  const readPage = (
    modelId: string,
    after: { readonly personId: string; readonly id: number },
    limit: number,
  ) =>
    reads
      .selectFrom("prototypes")
      .select(["id", "personId", "embedding"])
      .where("modelId", "=", modelId)
      .where((eb) => eb(eb.refTuple("personId", "id"), ">", eb.tuple(after.personId, after.id)))
      .orderBy("personId")
      .orderBy("id")
      .limit(limit)
      .execute();

  return {
    async lacking(modelId) {
      const rows = await reads
        .selectFrom("persons")
        .select("persons.id")
        .where("status", "in", ["active", "hidden"])
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom("prototypes")
                .select("prototypes.id")
                .whereRef("prototypes.personId", "=", "persons.id")
                .where("prototypes.modelId", "=", modelId),
            ),
          ),
        )
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom("faces")
              .innerJoin("embeddings", (join) =>
                join
                  .onRef("embeddings.ownerId", "=", "faces.id")
                  .on("embeddings.ownerKind", "=", "face")
                  .on("embeddings.modelId", "=", modelId),
              )
              .select("faces.id")
              .whereRef("faces.personId", "=", "persons.id")
              .where("faces.state", "=", "confirmed"),
          ),
        )
        .orderBy("persons.id")
        .execute();
      return rows.map(({ id }) => id);
    },
    save: (personId, modelId, prototypes, confirmedFaceIds) =>
      writes.transaction().execute(async (transaction) => {
        const { count } = await transaction
          .selectFrom("faces")
          .select((eb) => eb.fn.countAll<number>().as("count"))
          .where("personId", "=", personId)
          .where("state", "=", "confirmed")
          .where("id", "in", valueList(confirmedFaceIds))
          .executeTakeFirstOrThrow();
        if (count !== confirmedFaceIds.length) return false;
        await transaction
          .deleteFrom("prototypes")
          .where("personId", "=", personId)
          .where("modelId", "=", modelId)
          .execute();
        const rows = prototypes.map(({ role, faceId, embedding }) => ({
          personId,
          modelId,
          role,
          faceId: faceId ?? null,
          dimensions: embedding.length,
          embedding: toEmbeddingBytes(embedding),
        }));
        if (rows.length > 0) await transaction.insertInto("prototypes").values(rows).execute();
        return true;
      }),
    async readAll(modelId) {
      const { count, dimensions } = await reads
        .selectFrom("prototypes")
        .select((eb) => [
          eb.fn.countAll<number>().as("count"),
          eb.fn.coalesce(eb.fn.max("dimensions"), eb.lit(0)).as("dimensions"),
        ])
        .where("modelId", "=", modelId)
        .executeTakeFirstOrThrow();
      // Shared with the thread that compares: one copy is enough.
      const embeddings = new Float32Array(new SharedArrayBuffer(count * dimensions * 4));
      const personIds: string[] = [];
      for (let after = { personId: "", id: 0 }; personIds.length < count;) {
        const page = await readPage(modelId, after, Math.min(PAGE, count - personIds.length));
        for (const { personId, embedding } of page) {
          embeddings.set(fromEmbeddingBytes(embedding), personIds.length * dimensions);
          personIds.push(personId);
        }
        if (page.length === 0) break;
        after = page.at(-1)!;
      }
      // Fewer than counted where a human decided meanwhile.
      return { personIds, embeddings: embeddings.subarray(0, personIds.length * dimensions), dimensions };
    },
    async counts() {
      const rows = await reads
        .selectFrom("prototypes")
        .select((eb) => ["personId", eb.fn.countAll<number>().as("count")])
        .groupBy("personId")
        .execute();
      return new Map(rows.map(({ personId, count }) => [personId, count]));
    },
    async clear(modelId) {
      await writes.deleteFrom("prototypes").where("modelId", "=", modelId).execute();
    },
    async clearOthers(modelId) {
      await writes.deleteFrom("prototypes").where("modelId", "!=", modelId).execute();
    },
  };
}
