import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initialSchema } from "./migrations/0001-initial-schema.ts";
import type { Migration } from "./migrations/schema-seam.ts";
import { openEmptyDatabase } from "./open-empty-database.ts";

let test: ReturnType<typeof openEmptyDatabase>;
beforeEach(() => {
  test = openEmptyDatabase();
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

async function tables(): Promise<unknown[]> {
  return (await test.rows("sqlite_master")).map(({ name }) => name);
}

async function versions(): Promise<unknown[]> {
  return (await test.rows("schema_migrations")).map(({ number }) => number);
}

describe("migrate", () => {
  it("runs what is new, once, in order", async () => {
    await test.migrate(createTable(1, "first"));
    await test.migrate(createTable(1, "again"), createTable(2, "second"), createTable(3, "third"));
    await test.migrate(createTable(1, "again"), createTable(2, "second"), createTable(3, "third"));
    expect(await versions()).toEqual([1, 2, 3]);
    expect(await tables()).toEqual(expect.arrayContaining(["first", "second", "third"]));
    expect(await tables()).not.toContain("again");
  });

  it("leaves nothing of a step that fails, and keeps the steps before it", async () => {
    await expect(test.migrate(createTable(1, "first"), createTable(2, "second"), broken)).rejects.toThrow(
      "nonsense",
    );
    expect(await versions()).toEqual([1, 2]);
    expect(await tables()).toContain("second");
    expect(await tables()).not.toContain("half");
  });

  it("refuses a database of a newer program", async () => {
    await test.migrate(createTable(1, "first"), createTable(2, "second"));
    await expect(test.migrate(createTable(1, "initial"))).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining("schema 2, this program knows 1") as string,
    });
  });

  it("seeds the categories of a new library with their tags", async () => {
    await test.migrate(initialSchema);
    const { rows } = await sql<{ name: string; tags: number }>`
      select categories.name, count(*) as tags from categories
      join category_tags on category_id = categories.id group by categories.id
    `.execute(test.db);
    expect(Object.fromEntries(rows.map(({ name, tags }) => [name, tags]))).toEqual({
      electronics: 8,
      food: 8,
      landscape: 8,
      documents: 6,
      people: 7,
    });
  });
});
