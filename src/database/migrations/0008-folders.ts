import { type Kysely, sql } from "kysely";
import type { Migration } from "./schema-seam.ts";

/** Photos that were taken out of sight before remember by which decision: the last one that says so. */
async function findHidingDecisions(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ id: number; payload: string }>`
    select id, payload from decisions where kind = 'photo.hide' order by id
  `.execute(db);
  for (const { id, payload } of rows) {
    const { photoId } = JSON.parse(payload) as { photoId?: number };
    if (photoId === undefined) continue;
    await sql`update photos set hidden_by = ${id} where id = ${photoId} and hidden_at is not null`.execute(
      db,
    );
  }
}

/** Folders that rest or were removed, and which decision took a photo out of sight, so that it can be taken back. */
export const folders: Migration = {
  number: 8,
  name: "folders",
  async up(db) {
    await db.schema.alterTable("folders").addColumn("pausedAt", "bigint").execute();
    await db.schema.alterTable("folders").addColumn("removedBy", "integer").execute();
    await db.schema.alterTable("photos").addColumn("hiddenBy", "integer").execute();
    await db.schema
      .createIndex("photosHiddenBy")
      .on("photos")
      .column("hiddenBy")
      .where(sql<boolean>`hidden_by is not null`)
      .execute();
    await findHidingDecisions(db);
  },
};
