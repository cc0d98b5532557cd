import { KeepsightError } from "../core/errors.ts";
import type { Database } from "./database.ts";
import { withoutNulls } from "./without-nulls.ts";

const COLUMNS = ["id", "path", "pausedAt"] as const;

/** A folder of the library. */
export interface Folder {
  readonly id: number;
  readonly path: string;
  /** Neither scanned nor watched since then. */
  readonly pausedAt?: number;
}

/** The folders a library watches. */
export interface FolderStore {
  /** Adds the folder, or takes back its removal. */
  add(path: string): Promise<Folder>;
  /** Folders that were not removed, by path. */
  list(): Promise<readonly Folder[]>;
  /** The folder of this path that was removed, if there is one. */
  findRemoved(path: string): Promise<Folder | undefined>;
  /** `not_found` unless it is a folder of the library. */
  setPaused(folderId: number, isPaused: boolean): Promise<void>;
}

/** The store of folders in this database. */
export function createFolderStore({ database }: { readonly database: Database }): FolderStore {
  const { reads, writes } = database;
  return {
    add: (path) =>
      writes
        .insertInto("folders")
        .values({ path, createdAt: Date.now() })
        .onConflict((conflict) => conflict.column("path").doUpdateSet({ removedAt: null }))
        .returning(COLUMNS)
        .executeTakeFirstOrThrow()
        .then(withoutNulls),
    async list() {
      const present = reads.selectFrom("folders").select(COLUMNS).where("removedAt", "is", null);
      return (await present.orderBy("path").execute()).map(withoutNulls);
    },
    async findRemoved(path) {
      const row = await reads
        .selectFrom("folders")
        .select(COLUMNS)
        .where("path", "=", path)
        .where("removedAt", "is not", null)
        .executeTakeFirst();
      return row && withoutNulls(row);
    },
    async setPaused(folderId, isPaused) {
      const { numUpdatedRows } = await writes
        .updateTable("folders")
        .set({ pausedAt: isPaused ? Date.now() : null })
        .where("id", "=", folderId)
        .where("removedAt", "is", null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n)
        throw new KeepsightError("not_found", `There is no folder ${folderId} in the library.`);
    },
  };
}
