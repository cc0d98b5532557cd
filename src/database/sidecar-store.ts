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
   * The library wrote this sidecar. One in the place of a sidecar that was taken in stays taken in: what it says came from
   * there, and would be lost with it.
   */
  noteWritten(photoId: number, file: SidecarFile): Promise<void>;
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
    noteWritten: (photoId, file) =>
      writes.transaction().execute(async (transaction) => {
        const former = await transaction
          .selectFrom("photoSidecars")
          .select("fileName")
          .where("photoId", "=", photoId)
          .where("origin", "=", "taken-in")
          .executeTakeFirst();
        const origin = former?.fileName === file.fileName ? "taken-in" : "written";
        await save(transaction, photoId, origin, file);
      }),
  };
}
