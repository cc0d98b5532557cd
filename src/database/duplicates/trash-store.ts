import { type Selectable, sql } from "kysely";
import type { Database } from "../database.ts";
import type { TrashedFilesTable } from "./tables.ts";

/** Files that decisions sent to the trash. */
export interface TrashStore {
  /** Those that are not where the last decision in force about them wants them. */
  misplaced(): Promise<readonly Selectable<TrashedFilesTable>[]>;
}

export function createTrashStore({ database }: { readonly database: Database }): TrashStore {
  return {
    async misplaced() {
      const { rows } = await sql<Selectable<TrashedFilesTable>>`
        select trashed_files.* from trashed_files join photos on photos.id = photo_id
        where (is_wanted = 1 and photos.path <> trash_path)
          or (is_wanted = 0 and photos.path = trash_path and not exists (
            select 1 from trashed_files as other
            where other.photo_id = trashed_files.photo_id and other.is_wanted = 1))
        order by decision_id, photo_id
      `.execute(database.reads);
      return rows;
    },
  };
}
