import type { Migration } from "./schema-seam.ts";

/**
 * In which state sidecars were taken in, so that a changed one is noticed. Of photos of a former release nothing is known:
 * the next scan takes in theirs once more, which changes nothing where they are as they were.
 */
export const sidecars: Migration = {
  number: 10,
  name: "sidecars",
  async up(db) {
    await db.schema
      .createTable("photoSidecars")
      .addColumn("photoId", "integer", (column) =>
        column.notNull().references("photos.id").onDelete("cascade"),
      )
      .addColumn("origin", "text", (column) => column.notNull())
      .addColumn("fileName", "text", (column) => column.notNull())
      .addColumn("byteSize", "bigint", (column) => column.notNull())
      .addColumn("modifiedAtMs", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("photoSidecarsKey", ["photoId", "origin"])
      .execute();
  },
};
