import { type Kysely, sql } from "kysely";
import type { Migration, SchemaSeam } from "./schema-seam.ts";

/** Columns that every face of an older library gets as they stand here. */
const NEW_FACE_FLAGS = ["isIgnored", "isRemoved", "isLost"] as const;

async function extendFaces(db: Kysely<unknown>): Promise<void> {
  const add = (name: string, type: "text" | "double precision" | "bigint") =>
    db.schema.alterTable("faces").addColumn(name, type).execute();
  await db.schema
    .alterTable("faces")
    .addColumn("origin", "text", (column) => column.notNull().defaultTo("detector"))
    .execute();
  await db.schema.alterTable("faceRegions").addColumn("faceId", "integer").execute();
  await db.schema
    .alterTable("faces")
    .addColumn("state", "text", (column) => column.notNull().defaultTo("unassigned"))
    .execute();
  for (const flag of NEW_FACE_FLAGS) {
    await db.schema
      .alterTable("faces")
      .addColumn(flag, "integer", (column) => column.notNull().defaultTo(0))
      .execute();
  }
  await add("clusterId", "text");
  await add("clusterScore", "double precision");
  await add("matchedPersonId", "text");
  await add("matchedScore", "double precision");
  await add("matchedSource", "text");
  await add("personId", "text");
  await add("assignment", "text");
  await add("createdAt", "bigint");
  await sql`
    update faces set created_at = (select coalesce(analysed_at, imported_at) from photos where photos.id = faces.photo_id)
  `.execute(db);
  await db.schema
    .createIndex("faceRegionsPending")
    .on("faceRegions")
    .column("photoId")
    .where(sql<boolean>`face_id is null`)
    .execute();
  await db.schema
    .createIndex("facesPerson")
    .on("faces")
    .columns(["personId", "quality desc", "id", "photoId", "state"])
    .where(sql<boolean>`person_id is not null`)
    .execute();
  await db.schema
    .createIndex("facesCluster")
    .on("faces")
    .columns(["clusterId", "isRemoved", "isIgnored", "quality desc", "id", "personId"])
    .where(sql<boolean>`cluster_id is not null`)
    .execute();
  await db.schema
    .createIndex("facesMatched")
    .on("faces")
    .column("matchedPersonId")
    .where(sql<boolean>`matched_person_id is not null`)
    .execute();
  await db.schema
    .createIndex("facesUnassigned")
    .on("faces")
    .columns(["quality desc", "id", "photoId"])
    .where(sql<boolean>`person_id is null and is_ignored = 0 and is_removed = 0`)
    .execute();
}

/** What pages about people count and page through, so that none of them looks at every face. */
async function indexRareFaces(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex("facesSuggested")
    .on("faces")
    .columns(["personId", "matchedScore", "id"])
    .where(sql<boolean>`state = 'suggested'`)
    .execute();
  await db.schema
    .createIndex("facesLost")
    .on("faces")
    .columns(["quality desc", "id"])
    .where(sql<boolean>`is_lost = 1`)
    .execute();
  await db.schema
    .createIndex("facesRemoved")
    .on("faces")
    .column("id")
    .where(sql<boolean>`is_removed = 1`)
    .execute();
  // Photos out of sight are few: counting them out costs less than looking at each photo.
  await db.schema
    .createIndex("photosOutOfSight")
    .on("photos")
    .columns(["id", "hiddenAt"])
    .where(sql<boolean>`hidden_at is not null or missing_since is not null`)
    .execute();
}

async function createPersons(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("persons")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("nameKey", "text", (column) => column.notNull())
    .addColumn("searchName", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("mergedIntoId", "text")
    .addColumn("birthDate", "text")
    .addColumn("isHidden", "integer", (column) => column.notNull())
    .addColumn("isFavourite", "integer", (column) => column.notNull())
    .addColumn("representativeFaceId", "integer")
    .addColumn("createdAt", "bigint", (column) => column.notNull())
    .addColumn("updatedAt", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("personsName")
    .unique()
    .on("persons")
    .column("nameKey")
    .where(sql<boolean>`status in ('active', 'hidden')`)
    .execute();
  await db.schema.createIndex("personsMerged").on("persons").column("mergedIntoId").execute();
}

async function createPrototypes(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("prototypes")
    .addColumn("id", "integer", seam.identity)
    .addColumn("personId", "text", (column) => column.notNull())
    .addColumn("modelId", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("faceId", "integer")
    .addColumn("dimensions", "integer", (column) => column.notNull())
    .addColumn("embedding", seam.bytesType === "blob" ? "blob" : "bytea", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("prototypesPerson").on("prototypes").columns(["personId", "modelId"]).execute();
  await db.schema.createIndex("prototypesModel").on("prototypes").columns(["modelId", "personId"]).execute();
}

async function createFacts(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("personFacts")
    .addColumn("id", "integer", seam.identity)
    .addColumn("decisionId", "integer", (column) => column.notNull().references("decisions.id"))
    .addColumn("personId", "text", (column) => column.notNull())
    .addColumn("field", "text", (column) => column.notNull())
    .addColumn("value", "text")
    .addColumn("isActive", "integer", (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema
    .createTable("faceFacts")
    .addColumn("id", "integer", seam.identity)
    .addColumn("decisionId", "integer", (column) => column.notNull().references("decisions.id"))
    .addColumn("faceId", "integer", (column) => column.notNull())
    .addColumn("field", "text", (column) => column.notNull())
    .addColumn("value", "text")
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("isActive", "integer", (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema.createIndex("personFactsPerson").on("personFacts").columns(["personId", "id"]).execute();
  await db.schema.createIndex("personFactsValue").on("personFacts").columns(["value", "field"]).execute();
  await db.schema.createIndex("personFactsDecision").on("personFacts").column("decisionId").execute();
  await db.schema.createIndex("faceFactsFace").on("faceFacts").columns(["faceId", "id"]).execute();
  await db.schema.createIndex("faceFactsValue").on("faceFacts").columns(["value", "faceId"]).execute();
  await db.schema.createIndex("faceFactsDecision").on("faceFacts").column("decisionId").execute();
}

/** Persons, what was decided about them and about faces, and what holds of each face. */
export const people: Migration = {
  number: 3,
  name: "people",
  async up(db, seam) {
    await extendFaces(db);
    await indexRareFaces(db);
    await createPersons(db);
    await createPrototypes(db, seam);
    await createFacts(db, seam);
  },
};
