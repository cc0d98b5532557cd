import type { PhotoFilter } from "../core/photo-filter.ts";
import type { Database } from "./database.ts";
import { photoMatches } from "./photo-filter.ts";
import type { Photo } from "./photo-store.ts";
import { valueList } from "./sqlite/value-list.ts";
import { withoutNulls } from "./without-nulls.ts";

/** Where a page ended: the last photo's place in the order of time. */
export interface PhotoPlaceInTime {
  readonly takenDay: number;
  readonly takenAtMs: number;
  readonly id: number;
}

/** Photos by the time they were taken, page after page from where the last one ended, whatever comes and goes meanwhile. */
export interface PhotoPages {
  /** The photos after `after` (from the beginning without it). */
  list(
    filter: PhotoFilter,
    options: {
      readonly sort: "newest" | "oldest";
      readonly limit: number;
      readonly after?: PhotoPlaceInTime | undefined;
    },
  ): Promise<readonly Photo[]>;
  /** These photos in the order of time; ids that are no more are left out. */
  sortIds(photoIds: readonly number[], sort: "newest" | "oldest"): Promise<Uint32Array>;
}

/** Pages of photos in this database. */
export function createPhotoPages({ database }: { readonly database: Database }): PhotoPages {
  const { reads } = database;
  return {
    async list(filter, { sort, limit, after }) {
      const direction = sort === "newest" ? "desc" : "asc";
      const beyond = sort === "newest" ? "<" : ">";
      const rows = await reads
        .selectFrom("photos")
        .selectAll("photos")
        .where(photoMatches(filter))
        .$if(after !== undefined, (query) =>
          query.where((eb) =>
            eb(
              eb.refTuple("photos.takenDay", "photos.takenAtMs", "photos.id"),
              beyond,
              eb.tuple(after!.takenDay, after!.takenAtMs, after!.id),
            ),
          ),
        )
        .orderBy("photos.takenDay", direction)
        .orderBy("photos.takenAtMs", direction)
        .orderBy("photos.id", direction)
        .limit(limit)
        .execute();
      return rows.map(withoutNulls);
    },
    sortIds(photoIds, sort) {
      const direction = sort === "newest" ? "desc" : "asc";
      return database.readIds(
        reads
          .selectFrom("photos")
          .select("id")
          .where("id", "in", valueList(photoIds))
          .orderBy("takenDay", direction)
          .orderBy("takenAtMs", direction)
          .orderBy("id", direction),
      );
    },
  };
}
