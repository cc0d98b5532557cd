import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DATABASE_FILE, openDatabase } from "./database.ts";
import { openTestDatabase, type TestDatabase } from "./open-test-database.ts";
import { createSettingsStore } from "./settings-store.ts";
import { executeBatch } from "./sqlite/dialect.ts";

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.remove());

const countSettings = async () =>
  (await test.database.reads.selectFrom("settings").select("key").execute()).length;

/** A process that adds and analyses photos as fast as it can, and says after each how far it is. */
const WRITER = `
  const [folder, directory, start] = process.argv.slice(1);
  const load = (name) => import(new URL(name, folder));
  const { openDatabase } = await load("database.ts");
  const { createPhotoStore } = await load("photo-store.ts");
  const { createAnalysisStore } = await load("analysis-store.ts");
  const { createSqliteTextIndex } = await load("sqlite/sqlite-text-index.ts");
  const database = await openDatabase({ directory });
  const textIndex = createSqliteTextIndex({ database });
  const photos = createPhotoStore({ database, textIndex });
  const analyses = createAnalysisStore({ database, textIndex });
  const normalizedBox = { x: 0, y: 0, width: 1, height: 1 };
  const objects = ["dog", "cat", "bus"].map((label) => ({ label, score: 0.9, normalizedBox }));
  const done = { status: "done", modelId: "m", durationMs: 1 };
  for (let i = Number(start); ; i += 1) {
    const [id] = await photos.insertPhotos([{ path: "/p/" + i + ".jpg", byteSize: 1, modifiedAtMs: 1 }]);
    const textLines = [{ text: "line " + i, score: 1, normalizedQuad: [0, 0, 1, 0, 1, 1, 0, 1] }];
    const embedding = { modelId: "clip", embedding: new Float32Array(512) };
    const steps = { objects: done, ocr: done, embeddings: done };
    await analyses.saveAnalysis(id, 1, { objects, faces: [], textLines, embedding, steps }, []);
    process.stdout.write(i + "\\n");
  }`;

/** Lets a writer run until it has stored `count` more photos, kills it and gives the last one it told of. */
async function writeAndKill(start: number, count: number): Promise<number> {
  const folder = new URL(".", import.meta.url).href;
  const child: ChildProcess = spawn(process.execPath, [
    "--input-type=module",
    "-e",
    WRITER,
    folder,
    test.directory,
    String(start),
  ]);
  let said = "";
  for await (const chunk of child.stdout ?? []) {
    said += String(chunk);
    if (said.split("\n").length > count) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1));
}

describe("openDatabase", () => {
  it("keeps what was written for the next time", async () => {
    const settings = createSettingsStore({ database: test.database });
    await settings.set("answer", { is: 42 });
    await test.database.close();
    const database = await openDatabase({ directory: test.directory });
    expect(await createSettingsStore({ database }).get("answer")).toEqual({ is: 42 });
    await database.close();
  });

  it("runs with WAL, full synchronisation and foreign keys", async () => {
    const pragma = async (name: string) => {
      const { rows } = await sql`select * from ${sql.raw(`pragma_${name}`)}`.execute(test.database.writes);
      return Object.values(rows[0] as object)[0] as unknown;
    };
    expect(await pragma("journal_mode")).toBe("wal");
    expect(await pragma("synchronous")).toBe(2);
    expect(await pragma("foreign_keys")).toBe(1);
  });

  it("does not let readers write", async () => {
    const { reads } = test.database;
    await expect(reads.insertInto("settings").values({ key: "a", value: "1" }).execute()).rejects.toThrow(
      "readonly",
    );
  });

  it("opens what another has open to read only: sees what is written, writes nothing, migrates nothing", async () => {
    const { directory } = test;
    const reading = await openDatabase({ directory, isReadOnly: true });
    await test.database.writes.insertInto("settings").values({ key: "a", value: "1" }).execute();
    expect(await reading.reads.selectFrom("settings").select("key").execute()).toHaveLength(1);
    await expect(
      reading.writes.insertInto("settings").values({ key: "b", value: "1" }).execute(),
    ).rejects.toThrow("readonly");
    await reading.close();
    await sql`delete from schema_migrations where number > 1`.execute(test.database.writes);
    await expect(openDatabase({ directory, isReadOnly: true })).rejects.toThrow("older Keepsight");
    await sql`update schema_migrations set number = 99 where number = 1`.execute(test.database.writes);
    await expect(openDatabase({ directory, isReadOnly: true })).rejects.toThrow("newer Keepsight");
  });

  it("rolls a failed transaction back and goes on", async () => {
    const { writes } = test.database;
    const failing = writes.transaction().execute(async (transaction) => {
      await transaction.insertInto("settings").values({ key: "a", value: "1" }).execute();
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await countSettings()).toBe(0);
    await writes.insertInto("settings").values({ key: "a", value: "1" }).execute();
    expect(await countSettings()).toBe(1);
  });

  it("keeps concurrent transactions and single statements apart, in the order of asking", async () => {
    const { writes } = test.database;
    const order: string[] = [];
    const add = (name: string) =>
      writes.transaction().execute(async (transaction) => {
        order.push(`${name} begins`);
        await transaction.insertInto("settings").values({ key: name, value: "1" }).execute();
        await transaction.selectFrom("settings").selectAll().execute();
        order.push(`${name} ends`);
      });
    const single = writes.insertInto("settings").values({ key: "single", value: "1" }).execute();
    await Promise.all([add("first"), add("second"), single, add("third")]);
    expect(order).toEqual([
      "first begins",
      "first ends",
      "second begins",
      "second ends",
      "third begins",
      "third ends",
    ]);
    expect(await countSettings()).toBe(4);
  });

  it("shows a reader's transaction one moment", async () => {
    const { reads, writes } = test.database;
    await reads.transaction().execute(async (transaction) => {
      const before = await transaction.selectFrom("settings").selectAll().execute();
      await writes.insertInto("settings").values({ key: "a", value: "1" }).execute();
      expect(await transaction.selectFrom("settings").selectAll().execute()).toEqual(before);
    });
    expect(await countSettings()).toBe(1);
  });

  it("reports a value that must be unique as a conflict", async () => {
    const insert = () =>
      test.database.writes.insertInto("settings").values({ key: "a", value: "1" }).execute();
    await insert();
    await expect(insert()).rejects.toMatchObject({ code: "conflict" });
  });

  it("drops a query that is aborted while it waits", async () => {
    const { writes } = test.database;
    const abort = new AbortController();
    await writes.transaction().execute(async () => {
      const waiting = writes
        .insertInto("settings")
        .values({ key: "a", value: "1" })
        .execute({ signal: abort.signal });
      setImmediate(() => abort.abort());
      await expect(waiting).rejects.toThrow(/abort|cancel/i);
    });
    expect(await countSettings()).toBe(0);
  });

  it("gives ids as one array, however many", async () => {
    const numbers = sql<{ id: number }>`
      (with recursive n(id) as (select 0 union all select id + 1 from n where id < 5000) select id from n)`;
    const ids = await test.database.readIds(
      test.database.reads.selectFrom(numbers.as("numbers")).select("numbers.id"),
    );
    expect(ids).toHaveLength(5001);
    expect(ids[5000]).toBe(5000);
  });

  it("runs a batch as part of its transaction", async () => {
    const { writes } = test.database;
    const statements = ["a", "b", "a"].map((key) => ({
      sql: "insert into settings (key, value) values (?, '1')",
      parameters: [key],
    }));
    const failing = writes.transaction().execute((transaction) => executeBatch(transaction, statements));
    await expect(failing).rejects.toMatchObject({ code: "conflict" });
    expect(await countSettings()).toBe(0);
    await writes.transaction().execute((transaction) => executeBatch(transaction, statements.slice(0, 2)));
    expect(await countSettings()).toBe(2);
  });

  it("takes rows with strange texts and bytes as they are", async () => {
    const value = JSON.stringify("naïve 東京 \u0000 👍🏽 ' \" \\");
    await test.database.writes.insertInto("settings").values({ key: "k'\"", value }).execute();
    const rows = await test.database.reads.selectFrom("settings").selectAll().execute();
    expect(rows).toEqual([{ key: "k'\"", value }]);
  });

  it("refuses queries after close, with a clear code", async () => {
    await test.database.close();
    await expect(countSettings()).rejects.toMatchObject({ code: "unavailable" });
  });

  it("refuses a file that is no database", async () => {
    await test.database.close();
    await writeFile(
      join(test.directory, DATABASE_FILE),
      "this is not SQLite at all, but long enough to look at".repeat(99),
    );
    await expect(openDatabase({ directory: test.directory })).rejects.toThrow(/not a database/);
  });

  it("refuses a directory that is not there", async () => {
    await expect(openDatabase({ directory: join(test.directory, "nowhere") })).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  it("finds nothing wrong with a sound file", async () => {
    await expect(test.database.checkIntegrity()).resolves.toBeUndefined();
  });

  it("loses nothing that was committed, and keeps no half, when its process is killed", async () => {
    await test.database.close();
    let last = -1;
    for (const count of [3, 17, 40, 8]) last = await writeAndKill(last + 1, count);
    const file = new DatabaseSync(join(test.directory, DATABASE_FILE));
    const all = (query: string) =>
      file
        .prepare(query)
        .all()
        .map((row) => Object.values(row));
    expect(all("pragma integrity_check")).toEqual([["ok"]]);
    expect(all("pragma foreign_key_check")).toEqual([]);
    file.exec("insert into text_words (text_words) values ('integrity-check')");
    const paths = all("select path from photos").map(([path]) => path);
    expect(paths).toEqual(expect.arrayContaining(Array.from({ length: last + 1 }, (_, i) => `/p/${i}.jpg`)));
    const whole = all(`
      select photos.status, count(distinct objects.id), count(distinct photo_tags.tag_id), count(distinct step),
        count(distinct text_lines.id), count(distinct embeddings.owner_id)
      from photos left join objects on objects.photo_id = photos.id
      left join photo_tags on photo_tags.photo_id = photos.id left join photo_steps on photo_steps.photo_id = photos.id
      left join text_lines on text_lines.photo_id = photos.id left join embeddings on embeddings.photo_id = photos.id
      group by photos.id`);
    const kinds = new Set(whole.map((row) => row.join(" ")));
    expect(
      [...kinds].filter((kind) => kind !== "completed 3 3 3 1 1" && kind !== "pending 0 0 0 0 0"),
    ).toEqual([]);
    expect(whole.filter(([status]) => status === "completed").length).toBeGreaterThan(last);
    expect(all("select rowid from text_words order by 1")).toEqual(all("select id from photos order by 1"));
    file.close();
  });
});
