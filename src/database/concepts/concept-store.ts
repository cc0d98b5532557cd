import type { ExpressionBuilder, Kysely } from "kysely";
import type { ConceptKind } from "../../core/concept-decision.ts";
import type { Section } from "../../core/search-trust.ts";
import type { Database } from "../database.ts";
import { fromEmbeddingBytes, toEmbeddingBytes } from "../embedding-bytes.ts";
import type { Schema } from "../schema.ts";
import { toConceptKey } from "./concept-facts.ts";
import {
  type ConceptPhoto,
  findConcept,
  type OnTagsChanged,
  replaceConceptPhotos,
  savePhotoConcepts,
} from "./concept-photos.ts";

/** A concept with what is known of it. */
export interface Concept {
  readonly id: string;
  readonly kind: ConceptKind;
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly examples: number;
  readonly counterexamples: number;
  /** Photos that it is found in. */
  readonly photos: number;
  /** The model by which it was learnt; undefined while it is not. */
  readonly modelId?: string;
  /** The example that is in sight and was added first. */
  readonly representativePhotoId?: number;
}

/** What the user said of photos. */
export interface ConceptExamples {
  readonly examples: readonly number[];
  readonly counterexamples: readonly number[];
}

/** A concept as photos are compared with it: see learn/concept.ts. */
export interface StoredDirection {
  readonly conceptId: string;
  readonly kind: ConceptKind;
  readonly name: string;
  readonly modelId: string;
  readonly direction: Float32Array;
  readonly strong: number;
  readonly maybe: number;
}

/** Concepts, and what follows from them. */
export interface ConceptStore {
  get(conceptId: string): Promise<Concept | undefined>;
  /** By its name, or the words of a query; case and spaces do not matter. */
  find(kind: ConceptKind, name: string): Promise<Concept | undefined>;
  /** By name. */
  list(options: {
    readonly kind?: ConceptKind | undefined;
    readonly limit: number;
    readonly offset: number;
  }): Promise<readonly Concept[]>;
  count(kind?: ConceptKind): Promise<number>;
  examplesOf(conceptId: string): Promise<ConceptExamples>;
  /** All that were learnt by a model. */
  directions(modelId: string): Promise<readonly StoredDirection[]>;
  /** Concepts that were not learnt by this model though they have an example. */
  unlearnt(modelId: string): Promise<readonly string[]>;
  /**
   * Stores what was learnt and where it was found, whole or not at all, in the place of what was there; photos that the user
   * spoke of are found or not as the user said. False when the concept is gone.
   */
  saveLearnt(
    learnt: Omit<StoredDirection, "kind" | "name">,
    found: readonly ConceptPhoto[],
  ): Promise<boolean>;
  /** Forgets what was learnt of a concept; its examples alone are left. */
  forgetLearnt(conceptId: string): Promise<void>;
  /** Stores which concepts one photo shows; others than those that the user spoke of. */
  savePhoto(
    photoId: number,
    found: readonly (Omit<ConceptPhoto, "photoId"> & { conceptId: string })[],
  ): Promise<void>;
  /** Where a concept was found, the surest first, photos in sight only. */
  photosOf(
    conceptId: string,
    options: { readonly section?: Section | undefined; readonly limit: number; readonly offset: number },
  ): Promise<readonly (ConceptPhoto & { readonly isExample?: boolean })[]>;
  countPhotos(conceptId: string, section?: Section): Promise<number>;
}

export interface ConceptStoreOptions {
  readonly database: Database;
  readonly onPhotosChanged: OnTagsChanged;
}

const inSight = (eb: ExpressionBuilder<Schema, "photos">) =>
  eb.and([eb("photos.hiddenAt", "is", null), eb("photos.missingSince", "is", null)]);

function selectConcepts(reads: Kysely<Schema>) {
  return reads
    .selectFrom("concepts")
    .leftJoin("conceptModels", "conceptModels.conceptId", "concepts.id")
    .select((eb) => [
      "concepts.id",
      "concepts.kind",
      "concepts.name",
      "concepts.createdAt",
      "concepts.updatedAt",
      "conceptModels.modelId",
      countExamples(eb, 1).as("examples"),
      countExamples(eb, 0).as("counterexamples"),
      eb
        .selectFrom("conceptPhotos")
        .innerJoin("photos", "photos.id", "conceptPhotos.photoId")
        .select((inner) => inner.fn.countAll<number>().as("count"))
        .whereRef("conceptPhotos.conceptId", "=", "concepts.id")
        .where("photos.hiddenAt", "is", null)
        .where("photos.missingSince", "is", null)
        .as("photos"),
      eb
        .selectFrom("conceptExamples")
        .innerJoin("photos", "photos.id", "conceptExamples.photoId")
        .select((inner) => inner.fn.min("photos.id").as("first"))
        .whereRef("conceptExamples.conceptId", "=", "concepts.id")
        .where("conceptExamples.isExample", "=", 1)
        .where("photos.hiddenAt", "is", null)
        .where("photos.missingSince", "is", null)
        .as("representativePhotoId"),
    ]);
}

function countExamples(eb: ExpressionBuilder<Schema, "concepts">, isExample: 0 | 1) {
  return eb
    .selectFrom("conceptExamples")
    .select((inner) => inner.fn.countAll<number>().as("count"))
    .whereRef("conceptExamples.conceptId", "=", "concepts.id")
    .where("isExample", "=", isExample);
}

type ConceptRow = Awaited<ReturnType<ReturnType<typeof selectConcepts>["execute"]>>[number];

function toConcept({ modelId, representativePhotoId, ...row }: ConceptRow): Concept {
  return {
    ...row,
    examples: row.examples ?? 0,
    counterexamples: row.counterexamples ?? 0,
    photos: row.photos ?? 0,
    ...(modelId === null ? {} : { modelId }),
    ...(representativePhotoId === null ? {} : { representativePhotoId }),
  };
}

/** The store of concepts in this database. */
export function createConceptStore({ database, onPhotosChanged }: ConceptStoreOptions): ConceptStore {
  const { reads, writes } = database;
  return {
    async get(conceptId) {
      const row = await selectConcepts(reads).where("concepts.id", "=", conceptId).executeTakeFirst();
      return row && toConcept(row);
    },
    async find(kind, name) {
      const row = await selectConcepts(reads)
        .where("concepts.kind", "=", kind)
        .where("concepts.nameKey", "=", toConceptKey(name))
        .executeTakeFirst();
      return row && toConcept(row);
    },
    async list({ kind, limit, offset }) {
      const rows = await selectConcepts(reads)
        .$if(kind !== undefined, (query) => query.where("concepts.kind", "=", kind!))
        .orderBy("concepts.nameKey")
        .orderBy("concepts.id")
        .limit(limit)
        .offset(offset)
        .execute();
      return rows.map(toConcept);
    },
    async count(kind) {
      const { count } = await reads
        .selectFrom("concepts")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .$if(kind !== undefined, (query) => query.where("kind", "=", kind!))
        .executeTakeFirstOrThrow();
      return count;
    },
    async examplesOf(conceptId) {
      const rows = await reads
        .selectFrom("conceptExamples")
        .select(["photoId", "isExample"])
        .where("conceptId", "=", conceptId)
        .orderBy("photoId")
        .execute();
      const of = (wanted: number) =>
        rows.filter(({ isExample }) => isExample === wanted).map(({ photoId }) => photoId);
      return { examples: of(1), counterexamples: of(0) };
    },
    async directions(modelId) {
      const rows = await reads
        .selectFrom("conceptModels")
        .innerJoin("concepts", "concepts.id", "conceptModels.conceptId")
        .select(["conceptId", "kind", "name", "modelId", "direction", "strong", "maybe"])
        .where("modelId", "=", modelId)
        .orderBy("conceptId")
        .execute();
      return rows.map((row) => ({ ...row, direction: fromEmbeddingBytes(row.direction) }));
    },
    async unlearnt(modelId) {
      const rows = await reads
        .selectFrom("concepts")
        .select("id")
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom("conceptExamples")
              .select("photoId")
              .whereRef("conceptId", "=", "concepts.id")
              .where("isExample", "=", 1),
          ),
        )
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom("conceptModels")
                .select("conceptId")
                .whereRef("conceptId", "=", "concepts.id")
                .where("modelId", "=", modelId),
            ),
          ),
        )
        .execute();
      return rows.map(({ id }) => id);
    },
    saveLearnt: ({ conceptId, modelId, direction, strong, maybe }, found) =>
      writes.transaction().execute(async (transaction) => {
        const concept = await findConcept(transaction, conceptId);
        if (concept === undefined) return false;
        const values = {
          modelId,
          dimensions: direction.length,
          direction: toEmbeddingBytes(direction),
          strong,
          maybe,
          trainedAt: Date.now(),
        };
        await transaction
          .insertInto("conceptModels")
          .values({ conceptId, ...values })
          .onConflict((conflict) => conflict.column("conceptId").doUpdateSet(values))
          .execute();
        await replaceConceptPhotos(transaction, onPhotosChanged, concept, found);
        return true;
      }),
    async forgetLearnt(conceptId) {
      await writes.transaction().execute(async (transaction) => {
        await transaction.deleteFrom("conceptModels").where("conceptId", "=", conceptId).execute();
        const concept = await findConcept(transaction, conceptId);
        if (concept !== undefined) await replaceConceptPhotos(transaction, onPhotosChanged, concept, []);
      });
    },
    async savePhoto(photoId, found) {
      await writes.transaction().execute(async (transaction) => {
        await savePhotoConcepts(transaction, onPhotosChanged, photoId, found);
      });
    },
    async photosOf(conceptId, { section, limit, offset }) {
      const rows = await selectPhotos(reads, conceptId, section)
        .leftJoin("conceptExamples", (join) =>
          join
            .onRef("conceptExamples.conceptId", "=", "conceptPhotos.conceptId")
            .onRef("conceptExamples.photoId", "=", "conceptPhotos.photoId"),
        )
        .select(["conceptPhotos.photoId", "score", "section", "isExample"])
        .orderBy("score", "desc")
        .orderBy("conceptPhotos.photoId")
        .limit(limit)
        .offset(offset)
        .execute();
      return rows.map(({ isExample, ...row }) => ({
        ...row,
        ...(isExample === null ? {} : { isExample: isExample === 1 }),
      }));
    },
    async countPhotos(conceptId, section) {
      const { count } = await selectPhotos(reads, conceptId, section)
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      return count;
    },
  };
}

function selectPhotos(reads: Kysely<Schema>, conceptId: string, section: Section | undefined) {
  return reads
    .selectFrom("conceptPhotos")
    .innerJoin("photos", "photos.id", "conceptPhotos.photoId")
    .where("conceptPhotos.conceptId", "=", conceptId)
    .where((eb) => inSight(eb as unknown as ExpressionBuilder<Schema, "photos">))
    .$if(section !== undefined, (query) => query.where("section", "=", section!));
}
