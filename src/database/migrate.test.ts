import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { migrate } from "./migrate.ts";
import type { Migration } from "./migrations/schema-seam.ts";
import { openTestDatabase, type TestDatabase } from "./open-test-database.ts";
import { sqliteSchemaSeam } from "./sqlite/schema-seam.ts";

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.remove());

const createTable = (number: number, name: string): Migration => ({
  number,
  name,
  async up(db) {
    await sql`create table ${sql.table(name)} (id integer)`.execute(db);
  },
});
const broken: Migration = {
  number: 3,
  name: "broken",
  async up(db) {
    await sql`create table half (id integer)`.execute(db);
    await sql`create nonsense`.execute(db);
  },
};

async function tables(): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from sqlite_master`.execute(test.database.reads);
  return rows.map(({ name }) => name);
}

async function versions() {
  const { rows } = await sql<{
    number: number;
  }>`select number from schema_migrations order by number`.execute(test.database.reads);
  return rows.map(({ number }) => number);
}

const run = (...migrations: Migration[]) =>
  migrate(test.database.writes as never, sqliteSchemaSeam, migrations);

describe("migrate", () => {
  it("runs what is new, once, in order", async () => {
    await run(createTable(1, "initial"), createTable(2, "second"), createTable(3, "third"));
    await run(createTable(1, "initial"), createTable(2, "second"), createTable(3, "third"));
    expect(await versions()).toEqual([1, 2, 3]);
    expect(await tables()).toEqual(expect.arrayContaining(["second", "third"]));
    expect(await tables()).not.toContain("initial");
  });

  it("leaves nothing of a step that fails, and keeps the steps before it", async () => {
    await expect(run(createTable(2, "second"), broken)).rejects.toThrow("nonsense");
    expect(await versions()).toEqual([1, 2]);
    expect(await tables()).toContain("second");
    expect(await tables()).not.toContain("half");
  });

  it("refuses a database of a newer program", async () => {
    await run(createTable(2, "second"));
    await expect(run(createTable(1, "initial"))).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining("schema 2, this program knows 1") as string,
    });
  });

  it("seeds the categories of a new library with their tags", async () => {
    const { rows } = await sql<{ name: string; tags: number }>`
      select categories.name, count(*) as tags from categories
      join category_tags on category_id = categories.id group by categories.id
    `.execute(test.database.reads);
    expect(Object.fromEntries(rows.map(({ name, tags }) => [name, tags]))).toEqual({
      electronics: 8,
      food: 8,
      landscape: 8,
      documents: 6,
      people: 7,
    });
  });
});
