import { type Kysely, sql } from "kysely";
import type { Migration } from "./schema-seam.ts";

/** What is measured on the pixels of photos and faces; null until they are analysed again. */
const MEASURES = {
  photos: ["sharpness", "meanLuminance", "clippedShadows", "clippedHighlights"],
  faces: ["sharpness", "yawDegrees", "pitchDegrees", "rollDegrees"],
} as const;

async function addMeasures(db: Kysely<unknown>): Promise<void> {
  for (const [table, columns] of Object.entries(MEASURES)) {
    for (const column of columns) {
      await db.schema.alterTable(table).addColumn(column, "double precision").execute();
    }
  }
}

/** A library that has embeddings goes on with the model that made most of them. */
async function createServingModels(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("servingModels")
    .addColumn("ownerKind", "text", (column) => column.primaryKey())
    .addColumn("modelId", "text", (column) => column.notNull())
    .addColumn("since", "bigint", (column) => column.notNull())
    .execute();
  await sql`
    insert into serving_models (owner_kind, model_id, since)
    select owner_kind, model_id, ${Date.now()} from (
      select owner_kind, model_id, row_number() over (partition by owner_kind order by count(*) desc, model_id) as place
      from embeddings where owner_kind in ('photo', 'face') group by owner_kind, model_id
    ) as counted where place = 1
  `.execute(db);
}

/** How well photos and faces were taken, and which model's embeddings are searched while those of another are made. */
export const vision: Migration = {
  number: 2,
  name: "vision",
  async up(db) {
    await addMeasures(db);
    await createServingModels(db);
  },
};
