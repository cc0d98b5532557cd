import { type CreateTableBuilder, type Kysely, sql } from "kysely";
import type { Migration, SchemaSeam } from "./schema-seam.ts";

/** The categories of a new library and the tags they gather. */
const SEED_CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  electronics: ["iPhone", "iPad", "MacBook", "laptop", "computer", "phone", "camera", "tablet"],
  food: ["pizza", "burger", "coffee", "cake", "pasta", "sushi", "salad", "beverage"],
  landscape: ["mountain", "beach", "sunset", "forest", "ocean", "sky", "nature", "park"],
  documents: ["screenshot", "document", "receipt", "certificate", "text", "paper"],
  people: ["person", "face", "portrait", "group", "crowd", "selfie", "family"],
};

/** A photo in sight: what the indexes of lists and timelines hold. */
const IN_SIGHT = sql<boolean>`hidden_at is null and missing_since is null`;

function withPhotoId<Table extends string, Columns extends string>(
  table: CreateTableBuilder<Table, Columns>,
) {
  return table.addColumn("photoId", "integer", (column) =>
    column.notNull().references("photos.id").onDelete("cascade"),
  );
}

function withBox<Table extends string, Columns extends string>(table: CreateTableBuilder<Table, Columns>) {
  return table
    .addColumn("x", "double precision", (column) => column.notNull())
    .addColumn("y", "double precision", (column) => column.notNull())
    .addColumn("width", "double precision", (column) => column.notNull())
    .addColumn("height", "double precision", (column) => column.notNull());
}

async function createPhotos(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("folders")
    .addColumn("id", "integer", seam.identity)
    .addColumn("path", "text", (column) => column.notNull().unique())
    .addColumn("createdAt", "bigint", (column) => column.notNull())
    .addColumn("removedAt", "bigint")
    .execute();
  await db.schema
    .createTable("photos")
    .addColumn("id", "integer", seam.identity)
    .addColumn("path", "text", (column) => column.notNull().unique())
    .addColumn("folderId", "integer", (column) => column.references("folders.id").onDelete("set null"))
    .addColumn("fileName", "text", (column) => column.notNull())
    .addColumn("byteSize", "bigint", (column) => column.notNull())
    .addColumn("modifiedAtMs", "double precision", (column) => column.notNull())
    .addColumn("imohash", "text")
    .addColumn("contentVersion", "integer", (column) => column.notNull().defaultTo(1))
    .addColumn("format", "text")
    .addColumn("width", "integer")
    .addColumn("height", "integer")
    .addColumn("thumbhash", "text")
    .addColumn("status", "text", (column) => column.notNull().defaultTo("pending"))
    .addColumn("failureReason", "text")
    .addColumn("takenAtLocal", "text")
    .addColumn("takenAtMs", "bigint", (column) => column.notNull())
    .addColumn("takenDay", "integer", (column) => column.notNull())
    .addColumn("takenAtSource", "text", (column) => column.notNull())
    .addColumn("utcOffsetMinutes", "integer")
    .addColumn("latitude", "double precision")
    .addColumn("longitude", "double precision")
    .addColumn("altitude", "double precision")
    .addColumn("cameraMake", "text")
    .addColumn("cameraModel", "text")
    .addColumn("lensModel", "text")
    .addColumn("fNumber", "double precision")
    .addColumn("exposureTime", "double precision")
    .addColumn("iso", "double precision")
    .addColumn("focalLength", "double precision")
    .addColumn("rating", "integer")
    .addColumn("title", "text")
    .addColumn("description", "text")
    .addColumn("isUpload", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("externalId", "text", (column) => column.unique())
    .addColumn("missingSince", "bigint")
    .addColumn("hiddenAt", "bigint")
    .addColumn("importedAt", "bigint", (column) => column.notNull())
    .addColumn("analysedAt", "bigint")
    .execute();
  await db.schema
    .createIndex("photosInSight")
    .on("photos")
    .columns(["takenDay desc", "takenAtMs desc", "id desc"])
    .where(IN_SIGHT)
    .execute();
  await db.schema.createIndex("photosFolder").on("photos").columns(["folderId", "id"]).execute();
  await db.schema.createIndex("photosContent").on("photos").columns(["imohash", "byteSize"]).execute();
  await db.schema.createIndex("photosSize").on("photos").columns(["byteSize", "imohash"]).execute();
  await db.schema.createIndex("photosStatus").on("photos").column("status").execute();
  await db.schema.createIndex("photosCamera").on("photos").column("cameraModel").execute();
  await db.schema
    .createIndex("photosPlace")
    .on("photos")
    .columns(["latitude", "longitude"])
    .where(sql<boolean>`latitude is not null`)
    .execute();
}

async function createSteps(db: Kysely<unknown>): Promise<void> {
  await withPhotoId(db.schema.createTable("photoSteps"))
    .addColumn("step", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("modelId", "text")
    .addColumn("contentVersion", "integer")
    .addColumn("attempts", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("reason", "text")
    .addColumn("errorCode", "text")
    .addColumn("durationMs", "double precision")
    .addColumn("updatedAt", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("photoStepsKey", ["photoId", "step"])
    .execute();
  await withPhotoId(db.schema.createTable("derivatives"))
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("width", "integer", (column) => column.notNull())
    .addColumn("height", "integer", (column) => column.notNull())
    .addColumn("byteSize", "bigint", (column) => column.notNull())
    .addColumn("contentVersion", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("derivativesKey", ["photoId", "kind"])
    .execute();
}

async function createTags(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  for (const table of ["tags", "categories"]) {
    await db.schema
      .createTable(table)
      .addColumn("id", "integer", seam.identity)
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("nameKey", "text", (column) => column.notNull().unique())
      .execute();
  }
  await withPhotoId(db.schema.createTable("photoTags"))
    .addColumn("tagId", "integer", (column) => column.notNull().references("tags.id").onDelete("cascade"))
    .addColumn("score", "double precision", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("photoTagsKey", ["photoId", "tagId", "source"])
    .execute();
  await db.schema.createIndex("photoTagsTag").on("photoTags").columns(["tagId", "photoId"]).execute();
  await db.schema
    .createTable("categoryTags")
    .addColumn("categoryId", "integer", (column) =>
      column.notNull().references("categories.id").onDelete("cascade"),
    )
    .addColumn("tagId", "integer", (column) => column.notNull().references("tags.id").onDelete("cascade"))
    .addPrimaryKeyConstraint("categoryTagsKey", ["categoryId", "tagId"])
    .execute();
  await db.schema.createIndex("categoryTagsTag").on("categoryTags").column("tagId").execute();
}

async function createFindings(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await withBox(withPhotoId(db.schema.createTable("objects").addColumn("id", "integer", seam.identity)))
    .addColumn("label", "text", (column) => column.notNull())
    .addColumn("score", "double precision", (column) => column.notNull())
    .addColumn("modelId", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("objectsPhoto").on("objects").column("photoId").execute();
  await db.schema.createIndex("objectsLabel").on("objects").columns(["label", "score", "photoId"]).execute();
  await withBox(withPhotoId(db.schema.createTable("faces").addColumn("id", "integer", seam.identity)))
    .addColumn("landmarks", "text", (column) => column.notNull())
    .addColumn("score", "double precision", (column) => column.notNull())
    .addColumn("quality", "double precision", (column) => column.notNull())
    .addColumn("modelId", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("facesPhoto").on("faces").column("photoId").execute();
  await withBox(withPhotoId(db.schema.createTable("faceRegions").addColumn("id", "integer", seam.identity)))
    .addColumn("name", "text")
    .addColumn("nameKey", "text")
    .execute();
  await db.schema.createIndex("faceRegionsPhoto").on("faceRegions").column("photoId").execute();
  await db.schema.createIndex("faceRegionsName").on("faceRegions").columns(["nameKey", "photoId"]).execute();
}

async function createTextLines(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  let table = withPhotoId(db.schema.createTable("textLines").addColumn("id", "integer", seam.identity))
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("foldedText", "text", (column) => column.notNull())
    .addColumn("score", "double precision", (column) => column.notNull())
    .addColumn("modelId", "text", (column) => column.notNull());
  for (const corner of ["x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4"]) {
    table = table.addColumn(corner, "double precision", (column) => column.notNull());
  }
  await table.execute();
  await db.schema.createIndex("textLinesPhoto").on("textLines").columns(["photoId", "position"]).execute();
}

async function createEmbeddings(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await withPhotoId(db.schema.createTable("embeddings"))
    .addColumn("ownerKind", "text", (column) => column.notNull())
    .addColumn("ownerId", "integer", (column) => column.notNull())
    .addColumn("modelId", "text", (column) => column.notNull())
    .addColumn("dimensions", "integer", (column) => column.notNull())
    .addColumn("embedding", seam.bytesType === "blob" ? "blob" : "bytea", (column) => column.notNull())
    .addPrimaryKeyConstraint("embeddingsKey", ["ownerKind", "modelId", "ownerId"])
    .execute();
  await db.schema.createIndex("embeddingsPhoto").on("embeddings").columns(["photoId", "ownerKind"]).execute();
  await db.schema
    .createTable("fingerprints")
    .addColumn("photoId", "integer", (column) =>
      column.primaryKey().references("photos.id").onDelete("cascade"),
    )
    .addColumn("imohash", "text", (column) => column.notNull())
    .addColumn("pdq", seam.bytesType === "blob" ? "blob" : "bytea")
    .addColumn("pdqQuality", "double precision")
    .execute();
  await db.schema.createIndex("fingerprintsImohash").on("fingerprints").column("imohash").execute();
}

async function createDecisions(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("decisions")
    .addColumn("id", "integer", seam.identity)
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("actor", "text", (column) => column.notNull())
    .addColumn("decidedAt", "bigint", (column) => column.notNull())
    .addColumn("payload", "text", (column) => column.notNull())
    .addColumn("inverse", "text", (column) => column.notNull())
    .addColumn("undoes", "integer", (column) => column.unique().references("decisions.id"))
    .execute();
  await seam.makeAppendOnly(db, "decisions");
}

async function createJobs(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("jobs")
    .addColumn("id", "integer", seam.identity)
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("dedupeKey", "text")
    .addColumn("photoId", "integer", (column) => column.references("photos.id").onDelete("cascade"))
    .addColumn("payload", "text", (column) => column.notNull())
    .addColumn("priority", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("state", "text", (column) => column.notNull().defaultTo("queued"))
    .addColumn("attempts", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("maxAttempts", "integer", (column) => column.notNull())
    .addColumn("runAfter", "bigint", (column) => column.notNull())
    .addColumn("leaseOwner", "text")
    .addColumn("leaseUntil", "bigint")
    .addColumn("errorCode", "text")
    .addColumn("errorReason", "text")
    .addColumn("progressDone", "double precision", (column) => column.notNull().defaultTo(0))
    .addColumn("progressTotal", "double precision")
    .addColumn("createdAt", "bigint", (column) => column.notNull())
    .addColumn("startedAt", "bigint")
    .addColumn("finishedAt", "bigint")
    .execute();
  await db.schema
    .createIndex("jobsDedupe")
    .unique()
    .on("jobs")
    .columns(["kind", "dedupeKey"])
    .where(sql<boolean>`state in ('queued', 'running')`)
    .execute();
  await db.schema
    .createIndex("jobsClaim")
    .on("jobs")
    .columns(["kind", "priority desc", "id"])
    .where(sql<boolean>`state = 'queued'`)
    .execute();
  await db.schema.createIndex("jobsState").on("jobs").columns(["state", "kind", "finishedAt"]).execute();
  await db.schema.createIndex("jobsPhoto").on("jobs").column("photoId").execute();
}

async function createSettings(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("queuePauses")
    .addColumn("kind", "text", (column) => column.primaryKey())
    .addColumn("pausedAt", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("settings")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("value", "text", (column) => column.notNull())
    .execute();
}

async function seedCategories(db: Kysely<unknown>): Promise<void> {
  for (const [category, tags] of Object.entries(SEED_CATEGORIES)) {
    await sql`insert into categories (name, name_key) values (${category}, ${category})`.execute(db);
    for (const tag of tags) {
      const key = tag.toLowerCase();
      await sql`insert into tags (name, name_key) values (${tag}, ${key})`.execute(db);
      await sql`
        insert into category_tags (category_id, tag_id)
        select categories.id, tags.id from categories cross join tags
        where categories.name_key = ${category} and tags.name_key = ${key}
      `.execute(db);
    }
  }
}

/** The tables of the first release. */
export const initialSchema: Migration = {
  number: 1,
  name: "initial-schema",
  async up(db, seam) {
    await createPhotos(db, seam);
    await createSteps(db);
    await createTags(db, seam);
    await createFindings(db, seam);
    await createTextLines(db, seam);
    await createEmbeddings(db, seam);
    await createDecisions(db, seam);
    await createJobs(db, seam);
    await createSettings(db);
    await seam.createTextIndex(db);
    await seedCategories(db);
  },
};
