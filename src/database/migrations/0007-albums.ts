import { type Kysely, sql } from "kysely";
import type { Migration, SchemaSeam } from "./schema-seam.ts";

/** What a human may say otherwise than the file: the value of the file is kept beside the one that counts. */
const OVERRULED = { rating: "integer", title: "text", description: "text" } as const;

async function extendPhotos(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("photos")
    .addColumn("isFavourite", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
  for (const [column, type] of Object.entries(OVERRULED)) {
    const ofFile = `file${column[0]!.toUpperCase()}${column.slice(1)}`;
    await db.schema.alterTable("photos").addColumn(ofFile, type).execute();
  }
  await sql`update photos set file_rating = rating, file_title = title, file_description = description`.execute(
    db,
  );
  await db.schema
    .createIndex("photosFavourite")
    .on("photos")
    .column("id")
    .where(sql<boolean>`is_favourite = 1`)
    .execute();
}

/** Tags that models or metadata put on a photo and a human took off; they come back when that is taken back. */
async function createRemovedTags(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("removedPhotoTags")
    .addColumn("photoId", "integer", (column) => column.notNull().references("photos.id").onDelete("cascade"))
    .addColumn("tagId", "integer", (column) => column.notNull().references("tags.id").onDelete("cascade"))
    .addColumn("score", "double precision", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("removedPhotoTagsKey", ["photoId", "tagId", "source"])
    .execute();
}

/** Statements that decisions make about photos, albums and categories. */
async function createFacts(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("libraryFacts")
    .addColumn("id", "integer", seam.identity)
    .addColumn("decisionId", "integer", (column) => column.references("decisions.id"))
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("subjectId", "text", (column) => column.notNull())
    .addColumn("field", "text", (column) => column.notNull())
    .addColumn("key", "text", (column) => column.notNull().defaultTo(""))
    .addColumn("value", "text")
    .addColumn("isActive", "integer", (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema
    .createIndex("libraryFactsSubject")
    .on("libraryFacts")
    .columns(["subject", "subjectId", "field", "key", "id"])
    .execute();
  await db.schema.createIndex("libraryFactsDecision").on("libraryFacts").column("decisionId").execute();
}

/** What earlier releases recorded of photos can be taken back from now on, and the seeds be told from what was added. */
async function stateFormerDecisions(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into library_facts (decision_id, subject, subject_id, field, key, value)
    select decisions.id, 'photo', cast(decisions.payload ->> 'photoId' as text), 'tag', lower(trim(tag.value)), trim(tag.value)
    from decisions join json_each(decisions.payload ->> 'tags') as tag
    where decisions.kind = 'photo.tag' and trim(tag.value) <> ''
  `.execute(db);
  await sql`
    insert into library_facts (subject, subject_id, field, key, value)
    select 'category', cast(id as text), 'exists', '', '1' from categories
    union all select 'category', cast(id as text), 'name', '', name from categories
    union all select 'category', cast(category_id as text), 'tag', tags.name_key, tags.name
      from category_tags join tags on tags.id = category_tags.tag_id
  `.execute(db);
}

async function createAlbums(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("albums")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("space", "text")
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("autoTitle", "text")
    .addColumn("description", "text")
    .addColumn("coverPhotoId", "integer")
    .addColumn("isDeleted", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("createdAt", "bigint", (column) => column.notNull())
    .addColumn("updatedAt", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("albumPhotos")
    .addColumn("albumId", "text", (column) => column.notNull().references("albums.id").onDelete("cascade"))
    .addColumn("photoId", "integer", (column) => column.notNull().references("photos.id").onDelete("cascade"))
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("score", "double precision")
    .addPrimaryKeyConstraint("albumPhotosKey", ["albumId", "photoId"])
    .execute();
  await db.schema.createIndex("albumPhotosPhoto").on("albumPhotos").columns(["photoId", "albumId"]).execute();
  await db.schema
    .createTable("centroids")
    .addColumn("albumId", "text", (column) => column.primaryKey().references("albums.id").onDelete("cascade"))
    .addColumn("space", "text", (column) => column.notNull())
    .addColumn("modelId", "text", (column) => column.notNull())
    .addColumn("dimensions", "integer", (column) => column.notNull())
    .addColumn("embedding", seam.bytesType === "blob" ? "blob" : "bytea", (column) => column.notNull())
    .addColumn("trainedAt", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("centroidsSpace").on("centroids").columns(["space", "modelId"]).execute();
  await db.schema
    .createTable("centroidMembers")
    .addColumn("space", "text", (column) => column.notNull())
    .addColumn("ownerId", "integer", (column) => column.notNull())
    .addColumn("photoId", "integer", (column) => column.notNull().references("photos.id").onDelete("cascade"))
    .addColumn("albumId", "text", (column) => column.notNull().references("albums.id").onDelete("cascade"))
    .addColumn("similarity", "double precision", (column) => column.notNull())
    .addPrimaryKeyConstraint("centroidMembersKey", ["space", "ownerId"])
    .execute();
  await db.schema
    .createIndex("centroidMembersAlbum")
    .on("centroidMembers")
    .columns(["albumId", "photoId", "similarity"])
    .execute();
  await db.schema
    .createIndex("centroidMembersPhoto")
    .on("centroidMembers")
    .columns(["photoId", "space"])
    .execute();
}

async function createMaintenance(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("maintenanceRuns")
    .addColumn("id", "integer", seam.identity)
    .addColumn("task", "text", (column) => column.notNull())
    .addColumn("trigger", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("summary", "text", (column) => column.notNull())
    .addColumn("details", "text", (column) => column.notNull())
    .addColumn("startedAt", "bigint", (column) => column.notNull())
    .addColumn("finishedAt", "bigint")
    .execute();
  await db.schema
    .createIndex("maintenanceRunsTask")
    .on("maintenanceRuns")
    .columns(["task", "id desc"])
    .execute();
  await db.schema.alterTable("jobs").addColumn("result", "text").execute();
}

/** Albums made by algorithms and by hand, categories and tags that humans decide on, and the history of maintenance. */
export const albums: Migration = {
  number: 7,
  name: "albums",
  async up(db, seam) {
    await extendPhotos(db);
    await createRemovedTags(db);
    await createFacts(db, seam);
    await db.schema.alterTable("categories").addColumn("description", "text").execute();
    await stateFormerDecisions(db);
    await createAlbums(db, seam);
    await createMaintenance(db, seam);
  },
};
