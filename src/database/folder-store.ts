import type { Database } from "./database.ts";

/** A folder of the library. */
export interface Folder {
  readonly id: number;
  readonly path: string;
}

/** The folders a library watches. */
export interface FolderStore {
  /** Adds the folder, or takes back its removal. */
  add(path: string): Promise<Folder>;
  /** Folders that were not removed, by path. */
  list(): Promise<readonly Folder[]>;
  /** The library no longer looks there; its photos stay known. */
  remove(folderId: number): Promise<void>;
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
        .returning(["id", "path"])
        .executeTakeFirstOrThrow(),
    list: () =>
      reads
        .selectFrom("folders")
        .select(["id", "path"])
        .where("removedAt", "is", null)
        .orderBy("path")
        .execute(),
    async remove(folderId) {
      await writes.updateTable("folders").set({ removedAt: Date.now() }).where("id", "=", folderId).execute();
    },
  };
}
