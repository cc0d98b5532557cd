import type { Kysely } from "kysely";
import type { Migration, SchemaSeam } from "./schema-seam.ts";

async function createConcepts(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("concepts")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("nameKey", "text", (column) => column.notNull())
    .addColumn("createdAt", "bigint", (column) => column.notNull())
    .addColumn("updatedAt", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("conceptsName").unique().on("concepts").columns(["kind", "nameKey"]).execute();
  await db.schema
    .createTable("conceptFacts")
    .addColumn("id", "integer", seam.identity)
    .addColumn("decisionId", "integer", (column) => column.notNull().references("decisions.id"))
    .addColumn("conceptId", "text", (column) => column.notNull())
    .addColumn("field", "text", (column) => column.notNull())
    .addColumn("photoId", "integer")
    .addColumn("value", "text")
    .addColumn("isActive", "integer", (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema
    .createIndex("conceptFactsConcept")
    .on("conceptFacts")
    .columns(["conceptId", "id"])
    .execute();
  await db.schema.createIndex("conceptFactsDecision").on("conceptFacts").column("decisionId").execute();
  await db.schema
    .createTable("conceptExamples")
    .addColumn("conceptId", "text", (column) =>
      column.notNull().references("concepts.id").onDelete("cascade"),
    )
    .addColumn("photoId", "integer", (column) => column.notNull().references("photos.id").onDelete("cascade"))
    .addColumn("isExample", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("conceptExamplesKey", ["conceptId", "photoId"])
    .execute();
  await db.schema.createIndex("conceptExamplesPhoto").on("conceptExamples").column("photoId").execute();
}

/** What follows from the examples: it can be dropped and learnt again. */
async function createLearnt(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("conceptModels")
    .addColumn("conceptId", "text", (column) =>
      column.primaryKey().references("concepts.id").onDelete("cascade"),
    )
    .addColumn("modelId", "text", (column) => column.notNull())
    .addColumn("dimensions", "integer", (column) => column.notNull())
    .addColumn("direction", seam.bytesType === "blob" ? "blob" : "bytea", (column) => column.notNull())
    .addColumn("strong", "double precision", (column) => column.notNull())
    .addColumn("maybe", "double precision", (column) => column.notNull())
    .addColumn("trainedAt", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("conceptPhotos")
    .addColumn("conceptId", "text", (column) =>
      column.notNull().references("concepts.id").onDelete("cascade"),
    )
    .addColumn("photoId", "integer", (column) => column.notNull().references("photos.id").onDelete("cascade"))
    .addColumn("score", "double precision", (column) => column.notNull())
    .addColumn("section", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("conceptPhotosKey", ["conceptId", "photoId"])
    .execute();
  await db.schema.createIndex("conceptPhotosPhoto").on("conceptPhotos").column("photoId").execute();
  await db.schema
    .createIndex("conceptPhotosScore")
    .on("conceptPhotos")
    .columns(["conceptId", "score desc", "photoId"])
    .execute();
}

async function createTrust(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("similarityBackgrounds")
    .addColumn("modelId", "text", (column) => column.primaryKey())
    .addColumn("dimensions", "integer", (column) => column.notNull())
    .addColumn("texts", seam.bytesType === "blob" ? "blob" : "bytea", (column) => column.notNull())
    .addColumn("photos", "integer", (column) => column.notNull())
    .addColumn("photoPairs", "integer", (column) => column.notNull())
    .addColumn("textMedian", "double precision", (column) => column.notNull())
    .addColumn("textSpread", "double precision", (column) => column.notNull())
    .addColumn("photoMedian", "double precision", (column) => column.notNull())
    .addColumn("photoSpread", "double precision", (column) => column.notNull())
    .addColumn("libraryPhotos", "integer", (column) => column.notNull())
    .addColumn("computedAt", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("evaluations")
    .addColumn("id", "integer", seam.identity)
    .addColumn("evaluatedAt", "bigint", (column) => column.notNull())
    .addColumn("durationMs", "double precision", (column) => column.notNull())
    .addColumn("result", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("evaluationsTime").on("evaluations").column("evaluatedAt").execute();
  await db.schema
    .createTable("settingFacts")
    .addColumn("id", "integer", seam.identity)
    .addColumn("decisionId", "integer", (column) => column.notNull().references("decisions.id"))
    .addColumn("setting", "text", (column) => column.notNull())
    .addColumn("value", "text", (column) => column.notNull())
    .addColumn("isActive", "integer", (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema.createIndex("settingFactsSetting").on("settingFacts").columns(["setting", "id"]).execute();
  await db.schema.createIndex("settingFactsDecision").on("settingFacts").column("decisionId").execute();
}

/** What users teach, what similarities mean, and how well a library does. */
export const concepts: Migration = {
  number: 6,
  name: "concepts",
  async up(db, seam) {
    await createConcepts(db, seam);
    await createLearnt(db, seam);
    await createTrust(db, seam);
  },
};
