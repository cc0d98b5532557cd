import type { Box } from "../core/geometry.ts";
import { toBox } from "../core/geometry.ts";
import type { PhotoFilter } from "../core/photo-filter.ts";
import type { Database } from "./database.ts";
import { photoMatches } from "./photo-filter.ts";
import { valueList } from "./sqlite/value-list.ts";

/** An object with the photo that shows it. */
export interface PlacedObject {
  readonly id: number;
  readonly photoId: number;
  readonly label: string;
  readonly normalizedBox: Box;
}

/** Detected objects as things that can be found by themselves. */
export interface ObjectStore {
  /** Those of these objects that are still there and whose photo passes the filter, by id. */
  find(objectIds: readonly number[], filter: PhotoFilter): Promise<ReadonlyMap<number, PlacedObject>>;
  /** Ids of all objects of photos that pass the filter. */
  listIds(filter: PhotoFilter): Promise<Uint32Array>;
  /** Ids of the objects of one photo. */
  listOfPhoto(photoId: number): Promise<readonly number[]>;
}

/** The store of objects in this database. */
export function createObjectStore({ database }: { readonly database: Database }): ObjectStore {
  const { reads } = database;
  return {
    async find(objectIds, filter) {
      const rows = await reads
        .selectFrom("objects")
        .innerJoin("photos", "photos.id", "objects.photoId")
        .select([
          "objects.id",
          "objects.photoId",
          "objects.label",
          "objects.x",
          "objects.y",
          "objects.width",
          "objects.height",
        ])
        .where("objects.id", "in", valueList(objectIds))
        .where(photoMatches(filter) as never)
        .execute();
      return new Map(
        rows.map((row) => [
          row.id,
          { id: row.id, photoId: row.photoId, label: row.label, normalizedBox: toBox(row) },
        ]),
      );
    },
    listIds: (filter) =>
      database.readIds(
        reads
          .selectFrom("photos")
          .innerJoin("objects", "objects.photoId", "photos.id")
          .select("objects.id")
          .where(photoMatches(filter) as never),
      ),
    async listOfPhoto(photoId) {
      const rows = await reads.selectFrom("objects").select("id").where("photoId", "=", photoId).execute();
      return rows.map(({ id }) => id);
    },
  };
}
