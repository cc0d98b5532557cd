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

/** All prototypes of one model, those of a person together. */
export interface PrototypeMatrix {
  /** Row of each prototype; what is stored anew has another. */
  readonly ids: readonly number[];
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
  /** Reads only what is new since `before`, of the same model, and gives that itself when nothing changed. */
  readAll(modelId: string, before?: PrototypeMatrix): Promise<PrototypeMatrix>;
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

const NOTHING: PrototypeMatrix = { ids: [], personIds: [], embeddings: new Float32Array(), dimensions: 0 };

/** The store of prototypes in this database. */
export function createPrototypeStore({ database }: { readonly database: Database }): PrototypeStore {
  const { reads, writes } = database;

  /** The embeddings of these prototypes, without those that are gone. */
  async function readEmbeddings(ids: readonly number[]): Promise<ReadonlyMap<number, Float32Array>> {
    const found = new Map<number, Float32Array>();
    for (let start = 0; start < ids.length; start += PAGE) {
      const rows = await reads
        .selectFrom("prototypes")
        .select(["id", "embedding"])
        .where("id", "in", valueList(ids.slice(start, start + PAGE)))
        .execute();
      for (const { id, embedding } of rows) found.set(id, fromEmbeddingBytes(embedding));
    }
    return found;
  }

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
    async readAll(modelId, before = NOTHING) {
      const rows = await reads
        .selectFrom("prototypes")
        .select(["id", "personId"])
        .where("modelId", "=", modelId)
        .orderBy("personId")
        .orderBy("id")
        .execute();
      if (rows.length === before.ids.length && rows.every(({ id }, i) => id === before.ids[i])) return before;
      // A row never changes, and its id is never used again.
      const known = new Map(before.ids.map((id, row) => [id, row]));
      const fresh = await readEmbeddings(rows.flatMap(({ id }) => (known.has(id) ? [] : [id])));
      // Fewer than listed where a human decided meanwhile.
      const there = rows.filter(({ id }) => known.has(id) || fresh.has(id));
      const dimensions = fresh.values().next().value?.length ?? before.dimensions;
      // Shared with the thread that compares: one copy is enough.
      const embeddings = new Float32Array(new SharedArrayBuffer(there.length * dimensions * 4));
      for (const [i, { id }] of there.entries()) {
        const row = known.get(id) ?? -1;
        const own = before.embeddings.subarray(row * dimensions, (row + 1) * dimensions);
        embeddings.set(fresh.get(id) ?? own, i * dimensions);
      }
      const ids = there.map(({ id }) => id);
      return { ids, personIds: there.map(({ personId }) => personId), embeddings, dimensions };
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
