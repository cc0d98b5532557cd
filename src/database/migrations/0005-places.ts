import { type Kysely, sql } from "kysely";
import type { Migration, SchemaSeam } from "./schema-seam.ts";

/** Cities in which photos were taken, and which photo in which: derived from coordinates, made anew at any time. */
async function createPlaces(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("places")
    // The id that the place data give.
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("searchName", "text", (column) => column.notNull())
    .addColumn("countryCode", "text", (column) => column.notNull())
    .addColumn("latitude", "double precision", (column) => column.notNull())
    .addColumn("longitude", "double precision", (column) => column.notNull())
    .addColumn("population", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("placesName").on("places").columns(["searchName", "id"]).execute();
  await db.schema
    .createTable("photoPlaces")
    .addColumn("photoId", "integer", (column) =>
      column.primaryKey().references("photos.id").onDelete("cascade"),
    )
    .addColumn("placeId", "integer", (column) => column.references("places.id"))
    .addColumn("countryCode", "text")
    .addColumn("distanceKm", "double precision")
    .addColumn("latitude", "double precision", (column) => column.notNull())
    .addColumn("longitude", "double precision", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("photoPlacesPlace")
    .on("photoPlaces")
    .columns(["placeId", "photoId"])
    .where(sql<boolean>`place_id is not null`)
    .execute();
  await db.schema
    .createIndex("photoPlacesCountry")
    .on("photoPlaces")
    .columns(["countryCode", "photoId"])
    .where(sql<boolean>`country_code is not null`)
    .execute();
}

async function createSavedSearches(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await db.schema
    .createTable("savedSearches")
    .addColumn("id", "integer", seam.identity)
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("nameKey", "text", (column) => column.notNull().unique())
    .addColumn("query", "text", (column) => column.notNull())
    .addColumn("createdAt", "bigint", (column) => column.notNull())
    .addColumn("updatedAt", "bigint", (column) => column.notNull())
    .execute();
}

/** The full-text index has columns for objects and places from now on: it is made anew, and filled by a job. */
async function renewTextIndex(db: Kysely<unknown>, seam: SchemaSeam): Promise<void> {
  await seam.createTextIndex(db);
  await sql`
    insert into settings (key, value)
    select 'textIndex.isStale', 'true' where exists (select 1 from photos)
    on conflict (key) do nothing
  `.execute(db);
}

/** Names of places, searches that somebody keeps, and words of objects and places in the full-text index. */
export const places: Migration = {
  number: 5,
  name: "places",
  async up(db, seam) {
    await createPlaces(db);
    await createSavedSearches(db, seam);
    await renewTextIndex(db, seam);
  },
};
