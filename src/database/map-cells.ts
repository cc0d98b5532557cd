/**
 * Photos on a map: those in a part of the world, put together by the cell of a grid in which they were taken.
 *
 * Cost: one pass over the photos with a place, O(n).
 */
import { type Kysely, sql, type SqlBool } from "kysely";
import type { PhotoFilter } from "../core/photo-filter.ts";
import { photoMatches } from "./photo-filter.ts";
import type { Schema } from "./schema.ts";

/** A part of the world, degrees. Where `west` is greater than `east`, it reaches over the date line. */
export interface MapBounds {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** Photos taken near each other. */
export interface MapCell {
  /** Their mean place, degrees. */
  readonly latitude: number;
  readonly longitude: number;
  readonly count: number;
  /** The one that was added last, to be shown for all. */
  readonly photoId: number;
  readonly contentVersion: number;
}

/** The matching photos within `bounds`, by cells `stepDegrees` wide and high; the fullest first, `limit` at most. */
export async function readMapCells(
  reads: Kysely<Schema>,
  filter: PhotoFilter,
  bounds: MapBounds,
  { stepDegrees, limit }: { readonly stepDegrees: number; readonly limit: number },
): Promise<MapCell[]> {
  const { west, south, east, north } = bounds;
  const isWithin =
    west <= east
      ? sql<SqlBool>`photos.longitude between ${west} and ${east}`
      : sql<SqlBool>`(photos.longitude >= ${west} or photos.longitude <= ${east})`;
  const cell = (column: "latitude" | "longitude") =>
    sql<number>`floor((${sql.ref(`photos.${column}`)} + 180) / ${stepDegrees})`;
  const cells = reads
    .selectFrom("photos")
    .where(photoMatches(filter))
    .where("photos.latitude", ">=", south)
    .where("photos.latitude", "<=", north)
    .where(isWithin);
  const rows = await reads
    .with("cells", () =>
      cells
        .select(({ fn }) => [
          fn.avg<number>("photos.latitude").as("latitude"),
          fn.avg<number>("photos.longitude").as("longitude"),
          fn.countAll<number>().as("count"),
          fn.max("photos.id").as("photoId"),
        ])
        .groupBy([cell("latitude"), cell("longitude")])
        .orderBy("count", "desc")
        .orderBy("photoId", "desc")
        .limit(limit),
    )
    .selectFrom("cells")
    .innerJoin("photos", "photos.id", "cells.photoId")
    .select(["cells.latitude", "cells.longitude", "cells.count", "cells.photoId", "photos.contentVersion"])
    .orderBy("cells.count", "desc")
    .orderBy("cells.photoId", "desc")
    .execute();
  return rows;
}
