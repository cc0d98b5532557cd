import { type Kysely, sql } from "kysely";
import { KeepsightError } from "../core/errors.ts";
import { initialSchema } from "./migrations/0001-initial-schema.ts";
import { vision } from "./migrations/0002-vision.ts";
import { people } from "./migrations/0003-people.ts";
import { duplicates } from "./migrations/0004-duplicates.ts";
import { places } from "./migrations/0005-places.ts";
import { concepts } from "./migrations/0006-concepts.ts";
import { albums } from "./migrations/0007-albums.ts";
import { folders } from "./migrations/0008-folders.ts";
import { sidecars } from "./migrations/0010-sidecars.ts";
import type { Migration, SchemaSeam } from "./migrations/schema-seam.ts";

/** The history of the schema, oldest first. */
const MIGRATIONS: readonly Migration[] = [
  initialSchema,
  vision,
  people,
  duplicates,
  places,
  concepts,
  albums,
  folders,
  sidecars,
];

/** The number of the newest schema that this program knows. */
export function newestSchema(): number {
  return MIGRATIONS.at(-1)?.number ?? 0;
}

async function createHistory(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table if not exists schema_migrations (number integer primary key, name text not null, applied_at bigint not null)
  `.execute(db);
}

async function readVersion(db: Kysely<unknown>): Promise<number> {
  const { rows } = await sql<{ version: number | null }>`
    select max(number) as version from schema_migrations
  `.execute(db);
  return rows[0]?.version ?? 0;
}

/**
 * Brings the schema to the newest version, each step in a transaction of its own. `config_invalid` when the database was
 * written by a newer program: there is no way back.
 */
export async function migrate(
  db: Kysely<unknown>,
  seam: SchemaSeam,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  await createHistory(db);
  const version = await readVersion(db);
  checkNotNewer(version, migrations.at(-1)?.number ?? 0);
  for (const migration of migrations.filter(({ number }) => number > version)) {
    const { number, name } = migration;
    await db.transaction().execute(async (transaction) => {
      await migration.up(transaction, seam);
      await sql`
        insert into schema_migrations (number, name, applied_at) values (${number}, ${name}, ${Date.now()})
      `.execute(transaction);
    });
  }
}

/**
 * Checks that a database which must not be changed has the schema of this program; `config_invalid` when it is newer, or
 * older and a server has to bring it up to date first.
 */
export async function checkSchema(db: Kysely<unknown>): Promise<void> {
  const newest = newestSchema();
  const version = await readVersion(db);
  checkNotNewer(version, newest);
  if (version === newest) return;
  throw new KeepsightError(
    "config_invalid",
    `This library was written by an older Keepsight (schema ${version}, this program needs ${newest}): start the server of this version once.`,
  );
}

function checkNotNewer(version: number, newest: number): void {
  if (version <= newest) return;
  throw new KeepsightError(
    "config_invalid",
    `This library was written by a newer Keepsight (schema ${version}, this program knows ${newest}): update Keepsight, or choose another data directory.`,
  );
}
