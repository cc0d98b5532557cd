import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CamelCasePlugin, Kysely, sql } from "kysely";
import { migrate } from "./migrate.ts";
import type { Migration } from "./migrations/schema-seam.ts";
import { createConnectionPool } from "./sqlite/connection-pool.ts";
import { createThreadDialect } from "./sqlite/dialect.ts";
import { sqliteSchemaSeam } from "./sqlite/schema-seam.ts";

/** A real database in a temporary directory without any table, for tests of migrations; `remove` closes and deletes it. */
export function openEmptyDatabase() {
  const directory = mkdtempSync(join(tmpdir(), "keepsight-empty-"));
  const pool = createConnectionPool({ file: join(directory, "library.db"), isReadOnly: false }, 1);
  const db = new Kysely<unknown>({
    dialect: createThreadDialect(pool, { immediate: true }),
    plugins: [new CamelCasePlugin()],
  });
  return {
    directory,
    db,
    migrate: (...migrations: Migration[]) => migrate(db, sqliteSchemaSeam, migrations),
    /** All rows of a table. */
    async rows(table: string): Promise<Record<string, unknown>[]> {
      return (await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(db)).rows;
    },
    async remove() {
      await pool.close();
      rmSync(directory, { recursive: true });
    },
  };
}
