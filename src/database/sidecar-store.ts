import type { Transaction } from "kysely";
import type { SidecarFile } from "../core/photo-analysis.ts";
import type { Database } from "./database.ts";
import type { PhotoSidecarsTable, Schema } from "./schema.ts";
import { valueList } from "./sqlite/value-list.ts";

/** What is known of the sidecars of one photo. */
export interface KnownSidecars {
  /** The one whose metadata the photo has. */
  readonly takenIn?: SidecarFile;
  /** The one that the library wrote: it says nothing new as long as nobody else changes it. */
  readonly written?: SidecarFile;
}

/** In which state sidecars were read and written. */
export interface SidecarStore {
  /** By photo id; photos without any are left out. */
  find(photoIds: readonly number[]): Promise<ReadonlyMap<number, KnownSidecars>>;
  /** The metadata of the photo are those with this sidecar, or without any. */
  noteTakenIn(photoId: number, file: SidecarFile | undefined): Promise<void>;
  /**
   * The library wrote this sidecar, over a former one in this state or where there was none. What takes the place of one that
   * was taken in is as well: what it says came from there. One over a state that nobody has looked at yet is still news.
   */
  noteWritten(photoId: number, file: SidecarFile, former: SidecarFile | undefined): Promise<void>;
}

type Origin = PhotoSidecarsTable["origin"];

/** Stores in which state a sidecar was taken in; see {@link SidecarStore}. */
export async function saveTakenIn(
  transaction: Transaction<Schema>,
  photoId: number,
  file: SidecarFile | undefined,
): Promise<void> {
  if (file !== undefined) return save(transaction, photoId, "taken-in", file);
  await transaction
    .deleteFrom("photoSidecars")
    .where("photoId", "=", photoId)
    .where("origin", "=", "taken-in")
    .execute();
}

async function save(
  transaction: Transaction<Schema>,
  photoId: number,
  origin: Origin,
  { fileName, byteSize, modifiedAtMs }: SidecarFile,
): Promise<void> {
  const values = { fileName, byteSize, modifiedAtMs };
  await transaction
    .insertInto("photoSidecars")
    .values({ photoId, origin, ...values })
    .onConflict((conflict) => conflict.columns(["photoId", "origin"]).doUpdateSet(values))
    .execute();
}

/** The store of sidecars in this database. */
export function createSidecarStore({ database }: { readonly database: Database }): SidecarStore {
  const { reads, writes } = database;
  return {
    async find(photoIds) {
      const rows = await reads
        .selectFrom("photoSidecars")
        .selectAll()
        .where("photoId", "in", valueList(photoIds))
        .execute();
      const known = new Map<number, KnownSidecars>();
      for (const { photoId, origin, ...file } of rows) {
        const key = origin === "written" ? "written" : "takenIn";
        known.set(photoId, { ...known.get(photoId), [key]: file });
      }
      return known;
    },
    noteTakenIn: (photoId, file) =>
      writes.transaction().execute((transaction) => saveTakenIn(transaction, photoId, file)),
    noteWritten: (photoId, file, former) =>
      writes.transaction().execute(async (transaction) => {
        if (former === undefined) return save(transaction, photoId, "written", file);
        const { fileName, byteSize, modifiedAtMs } = file;
        await transaction
          .updateTable("photoSidecars")
          .set({ fileName, byteSize, modifiedAtMs })
          .where("photoId", "=", photoId)
          .where("fileName", "=", former.fileName)
          .where("byteSize", "=", former.byteSize)
          .where("modifiedAtMs", "=", former.modifiedAtMs)
          .execute();
      }),
  };
}
