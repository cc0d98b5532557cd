import { sql } from "kysely";
import type { SchemaSeam } from "../migrations/schema-seam.ts";
import { createTextTables } from "./text-tables.ts";

/** How SQLite spells what the migrations leave open. */
export const sqliteSchemaSeam: SchemaSeam = {
  bytesType: "blob",
  identity: (column) => column.primaryKey().autoIncrement(),
  async makeAppendOnly(db, table) {
    for (const action of ["update", "delete"] as const) {
      await sql`
        create trigger ${sql.raw(`${table}_no_${action}`)} before ${sql.raw(action)} on ${sql.table(table)}
        begin select raise(abort, ${sql.lit(`${table} are append-only`)}); end
      `.execute(db);
    }
  },
  createTextIndex: createTextTables,
};
