import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../database/database.ts";
import { acquireLibraryLock } from "../../database/sqlite/library-lock.ts";
import { createPhotoStore } from "../../database/photo-store.ts";
import { createSqliteTextIndex } from "../../database/sqlite/sqlite-text-index.ts";
import { backUp, listBackups } from "./back-up.ts";
import { MANIFEST_FILE } from "./manifest.ts";
import { finishRestore, restore } from "./restore.ts";

let root: string;
let dataDirectory: string;
let backups: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "keepsight-backup-"));
  dataDirectory = join(root, "data");
  backups = join(root, "backups");
  await mkdir(join(dataDirectory, "uploads", "2026"), { recursive: true });
  await mkdir(join(dataDirectory, "uploads", "incoming"), { recursive: true });
  await writeFile(join(dataDirectory, "uploads", "2026", "a.jpg"), "a photo");
  await writeFile(join(dataDirectory, "uploads", "incoming", "half"), "half a ph");
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function withDatabase<T>(
  work: (database: Awaited<ReturnType<typeof openDatabase>>) => Promise<T>,
): Promise<T> {
  const database = await openDatabase({ directory: dataDirectory });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Adds photos to the library, and gives their number after that. */
const addPhotos = (...names: string[]) =>
  withDatabase(async (database) => {
    const photos = createPhotoStore({ database, textIndex: createSqliteTextIndex({ database }) });
    await photos.insertPhotos(names.map((name) => ({ path: `/p/${name}`, byteSize: 1, modifiedAtMs: 1 })));
    return photos.count({});
  });
const countPhotos = () => addPhotos();

const write = (keep = 7) => backUp({ dataDirectory, to: backups, keep, withDerivatives: false });

describe("backUp", () => {
  it("holds what was committed while others go on writing, and uploads that have arrived", async () => {
    await addPhotos("a", "b");
    const backup = await withDatabase(async (database) => {
      const writing = database.writes.transaction().execute(async (transaction) => {
        await transaction.deleteFrom("photos").execute();
        return write();
      });
      return writing;
    });
    expect(backup).toMatchObject({ photos: 2, decisions: 0 });
    expect((await readdir(backup.path, { recursive: true })).toSorted()).toEqual([
      "library.db",
      MANIFEST_FILE,
      "uploads",
      "uploads/2026",
      "uploads/2026/a.jpg",
    ]);
    expect(await listBackups(backups)).toEqual([backup]);
  });

  it("keeps the newest, and clears away what was interrupted", async () => {
    await addPhotos("a");
    await mkdir(join(backups, ".keepsight-20260101-000000.partial"), { recursive: true });
    await writeFile(join(backups, "notes.txt"), "mine");
    const written = [await write(), await write(2), await write(2)];
    expect(new Set(written.map(({ name }) => name)).size).toBe(3);
    expect((await listBackups(backups)).map(({ name }) => name)).toEqual([
      written[2]!.name,
      written[1]!.name,
    ]);
    expect((await readdir(backups)).toSorted()).toEqual(
      [written[1]!.name, written[2]!.name, "notes.txt"].toSorted(),
    );
  });

  it("leaves nothing behind when it cannot be done", async () => {
    await expect(write()).rejects.toMatchObject({ code: "unavailable" });
    expect(await readdir(backups)).toEqual([]);
  });
});

describe("restore", () => {
  it("brings a library back, and keeps the replaced one beside it", async () => {
    await addPhotos("a", "b");
    const { path } = await write();
    expect(await addPhotos("c")).toBe(3);
    await writeFile(join(dataDirectory, "uploads", "2026", "later.jpg"), "later");
    const { aside, photos } = await restore(dataDirectory, path);
    expect(photos).toBe(2);
    expect(await countPhotos()).toBe(2);
    expect(await readdir(join(dataDirectory, "uploads"), { recursive: true })).toEqual([
      "2026",
      "2026/a.jpg",
    ]);
    expect(await readFile(join(aside!, "uploads", "2026", "later.jpg"), "utf8")).toBe("later");
    dataDirectory = aside!;
    expect(await countPhotos()).toBe(3);
  });

  it("makes a library where there was none", async () => {
    await addPhotos("a");
    const { path } = await write();
    dataDirectory = join(root, "elsewhere");
    expect(await restore(dataDirectory, path)).not.toHaveProperty("aside");
    expect(await countPhotos()).toBe(1);
  });

  it("refuses a library in use, damaged and newer backups, and what is none; nothing has changed then", async () => {
    await addPhotos("a");
    const { path } = await write();
    await addPhotos("b");
    const refused = async (directory: string, error: object) => {
      await expect(restore(dataDirectory, directory)).rejects.toMatchObject(error);
      expect(await countPhotos()).toBe(2);
      expect(await readdir(dataDirectory)).not.toContain("restoring");
    };
    const lock = acquireLibraryLock(dataDirectory);
    await refused(path, { code: "library_locked" });
    lock.release();
    await refused(root, { code: "not_found" });
    const manifest = await readFile(join(path, MANIFEST_FILE), "utf8");
    const rewrite = (changes: object) =>
      writeFile(
        join(path, MANIFEST_FILE),
        JSON.stringify({ ...(JSON.parse(manifest) as object), ...changes }),
      );
    await rewrite({ schemaVersion: 999 });
    await refused(path, { code: "config_invalid", message: expect.stringContaining("newer") as string });
    await rewrite({ files: [{ path: "../../etc/passwd", byteSize: 1, sha256: "0".repeat(64) }] });
    await refused(path, { code: "config_invalid" });
    await writeFile(join(path, MANIFEST_FILE), manifest);
    await writeFile(join(path, "uploads", "2026", "a.jpg"), "b photo");
    await refused(path, { code: "config_invalid", message: expect.stringContaining("a.jpg") as string });
  });

  it.each(["aside", "place"] as const)(
    "is finished by the next start when it was killed in the phase %s",
    async (phase) => {
      await addPhotos("a", "b");
      const { path } = await write();
      await addPhotos("c");
      // As a kill leaves it: all is staged, some of it moved.
      const stage = join(dataDirectory, "restoring");
      await mkdir(join(stage, "uploads", "2026"), { recursive: true });
      for (const file of ["library.db", "uploads/2026/a.jpg"])
        await writeFile(join(stage, file), await readFile(join(path, file)));
      const aside = join(dataDirectory, "replaced-x");
      await mkdir(aside);
      await writeFile(join(aside, "library.db"), await readFile(join(dataDirectory, "library.db")));
      await rm(join(dataDirectory, "library.db"));
      const names = ["library.db", "library.db-wal", "library.db-shm", "uploads", "face-heads"];
      await writeFile(
        join(dataDirectory, "restore.pending.json"),
        JSON.stringify({ phase, aside: "replaced-x", names }),
      );
      if (phase === "place") await rm(join(dataDirectory, "uploads"), { recursive: true });
      for (const _ of [1, 2]) {
        await finishRestore(dataDirectory);
        expect(await countPhotos()).toBe(2);
      }
      expect((await readdir(dataDirectory)).filter((name) => name.startsWith("restor"))).toEqual([]);
    },
  );
});
