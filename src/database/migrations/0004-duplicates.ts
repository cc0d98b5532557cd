import { type Kysely, sql } from "kysely";
import type { Migration, SchemaSeam } from "./schema-seam.ts";

async function createGroups(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("duplicateGroups")
    .addColumn("id", "integer", seam.identity)
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("score", "double precision", (column) => column.notNull())
    .addColumn("primaryPhotoId", "integer", (column) => column.notNull())
    .addColumn("suggestedKeeperId", "integer", (column) => column.notNull())
    .addColumn("keeperId", "integer")
    .addColumn("decisionId", "integer")
    .addColumn("memberCount", "integer", (column) => column.notNull())
    .addColumn("totalBytes", "bigint", (column) => column.notNull())
    .addColumn("reclaimableBytes", "bigint", (column) => column.notNull())
    .addColumn("createdAt", "bigint", (column) => column.notNull())
    .addColumn("updatedAt", "bigint", (column) => column.notNull())
    .execute();
  // Every order in which groups are listed, with what counting them by kind needs.
  const orders = { space: "reclaimableBytes desc", newest: "createdAt desc", members: "memberCount desc" };
  for (const [name, column] of Object.entries(orders)) {
    await db.schema
      .createIndex(`duplicateGroupsBy_${name}`)
      .on("duplicateGroups")
      .columns(["state", column as never, "id", "kind"])
      .execute();
  }
  await db.schema
    .createIndex("duplicateGroupsCounts")
    .on("duplicateGroups")
    .columns(["state", "kind", "memberCount", "reclaimableBytes"])
    .execute();
  await db.schema
    .createTable("duplicateMembers")
    .addColumn("groupId", "integer", (column) =>
      column.notNull().references("duplicateGroups.id").onDelete("cascade"),
    )
    .addColumn("photoId", "integer", (column) => column.notNull().references("photos.id").onDelete("cascade"))
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("score", "double precision", (column) => column.notNull())
    .addColumn("evidence", "text")
    .addColumn("addedBy", "text", (column) => column.notNull())
    .addColumn("outcome", "text")
    // Bursts and copies are two matters: a photo may be in one group of each.
    .addColumn("isBurst", "integer", (column) => column.notNull())
    // 0 in groups that were dismissed: their photos may be in others.
    .addColumn("isActive", "integer", (column) => column.notNull().defaultTo(1))
    .addPrimaryKeyConstraint("duplicateMembersKey", ["groupId", "photoId"])
    .execute();
  await db.schema
    .createIndex("duplicateMembersPhoto")
    .unique()
    .on("duplicateMembers")
    .columns(["photoId", "isBurst"])
    .where(sql<boolean>`is_active = 1`)
    .execute();
  await db.schema.createIndex("duplicateMembersOf").on("duplicateMembers").column("photoId").execute();
  await db.schema
    .createIndex("duplicateMembersOutcome")
    .on("duplicateMembers")
    .columns(["outcome", "photoId"])
    .where(sql<boolean>`outcome is not null`)
    .execute();
}

/** What humans said of duplicates: photos of different parts of one decision do not belong together. */
async function createApart(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("duplicatesApart")
    .addColumn("decisionId", "integer", (column) => column.notNull().references("decisions.id"))
    .addColumn("part", "integer", (column) => column.notNull())
    .addColumn("photoId", "integer", (column) => column.notNull())
    // The content outlives the photo: the same file taken in again is still told apart.
    .addColumn("imohash", "text")
    .addColumn("isActive", "integer", (column) => column.notNull().defaultTo(1))
    .addPrimaryKeyConstraint("duplicatesApartKey", ["decisionId", "photoId"])
    .execute();
  await db.schema.createIndex("duplicatesApartPhoto").on("duplicatesApart").column("photoId").execute();
  await db.schema.createIndex("duplicatesApartContent").on("duplicatesApart").column("imohash").execute();
}

/** What decisions did to groups, row by row, and files that they sent to the trash: what it takes to take them back. */
async function createUndoing(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("duplicateChanges")
    .addColumn("decisionId", "integer", (column) => column.primaryKey().references("decisions.id"))
    .addColumn("change", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("trashedFiles")
    .addColumn("decisionId", "integer", (column) => column.notNull().references("decisions.id"))
    .addColumn("photoId", "integer", (column) => column.notNull().references("photos.id").onDelete("cascade"))
    .addColumn("trashPath", "text", (column) => column.notNull())
    .addColumn("originalPath", "text", (column) => column.notNull())
    .addColumn("originalFolderId", "integer")
    // 0 while the decision is taken back: the file belongs where it was.
    .addColumn("isWanted", "integer", (column) => column.notNull().defaultTo(1))
    .addPrimaryKeyConstraint("trashedFilesKey", ["decisionId", "photoId"])
    .execute();
}

/** Groups of duplicates, what was decided about them, and the local features by which copies of parts are found. */
export const duplicates: Migration = {
  number: 4,
  name: "duplicates",
  async up(db, seam) {
    await createGroups(db, seam);
    await createApart(db);
    await createUndoing(db);
    await db.schema.alterTable("photos").addColumn("duplicateOf", "integer").execute();
    await db.schema
      .createIndex("photosDuplicateOf")
      .on("photos")
      .columns(["duplicateOf", "id"])
      .where(sql<boolean>`duplicate_of is not null`)
      .execute();
    // How many photos were compared is asked with every look at the numbers.
    await db.schema
      .createIndex("photoStepsDuplicates")
      .on("photoSteps")
      .columns(["status", "photoId"])
      .where(sql<boolean>`step = 'duplicates'`)
      .execute();
    await db.schema
      .createTable("localFeatures")
      .addColumn("photoId", "integer", (column) =>
        column.primaryKey().references("photos.id").onDelete("cascade"),
      )
      .addColumn("version", "text", (column) => column.notNull())
      .addColumn("contentVersion", "integer", (column) => column.notNull())
      .addColumn("width", "integer", (column) => column.notNull())
      .addColumn("height", "integer", (column) => column.notNull())
      .addColumn("features", seam.bytesType === "blob" ? "blob" : "bytea", (column) => column.notNull())
      .execute();
  },
};
