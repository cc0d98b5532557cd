import { sql } from "kysely";
import type { Database } from "./database.ts";
import { foldText } from "./fold-text.ts";
import type { PlacesTable } from "./schema.ts";
import type { TextIndex } from "./text-index.ts";

/** Coordinates that have to be named. */
export interface Unnamed {
  readonly photoId: number;
  readonly latitude: number;
  readonly longitude: number;
}

/** Where a photo was taken, by name. */
export interface PhotoLocation {
  readonly countryCode?: string;
  readonly city?: Omit<PlacesTable, "searchName">;
  readonly distanceKm?: number;
}

/** Cities and countries of photos, derived from their coordinates. */
export interface PlaceStore {
  /** Photos whose place `source` has not named, or whose coordinates have changed since; by id. Also those that have none any more. */
  listUnnamed(options: {
    readonly source: string;
    readonly afterId: number;
    readonly limit: number;
  }): Promise<readonly (Pick<Unnamed, "photoId"> & Partial<Unnamed>)[]>;
  /** The same of one photo. */
  findUnnamed(
    photoId: number,
    source: string,
  ): Promise<(Pick<Unnamed, "photoId"> & Partial<Unnamed>) | undefined>;
  /** Stores where photos were taken, for the coordinates given, and makes the names found by words. */
  save(
    located: readonly (Pick<Unnamed, "photoId"> & Partial<Unnamed> & { readonly location: PhotoLocation })[],
    source: string,
  ): Promise<void>;
}

/** The store of places in this database. */
export function createPlaceStore({
  database,
  textIndex,
}: {
  readonly database: Database;
  readonly textIndex: TextIndex;
}): PlaceStore {
  const { reads, writes } = database;

  async function findWork(source: string, afterId: number, throughId: number | null, limit: number) {
    const { rows } = await sql<{ photoId: number; latitude: number | null; longitude: number | null }>`
      select photos.id as photo_id, photos.latitude, photos.longitude
      from photos left join photo_places on photo_places.photo_id = photos.id
      where photos.id > ${afterId} and (${throughId} is null or photos.id <= ${throughId})
        and (photos.latitude is not null or photo_places.photo_id is not null)
        and (photo_places.source is distinct from ${source}
          or photo_places.latitude is distinct from photos.latitude
          or photo_places.longitude is distinct from photos.longitude)
      order by photos.id limit ${limit}
    `.execute(reads);
    return rows.map(({ photoId, latitude, longitude }) =>
      latitude === null || longitude === null ? { photoId } : { photoId, latitude, longitude },
    );
  }

  return {
    listUnnamed: ({ source, afterId, limit }) => findWork(source, afterId, null, limit),
    async findUnnamed(photoId, source) {
      return (await findWork(source, photoId - 1, photoId, 1))[0];
    },
    async save(located, source) {
      await writes.transaction().execute(async (transaction) => {
        for (const { photoId, latitude, longitude, location } of located) {
          const { city, countryCode, distanceKm } = location;
          await transaction.deleteFrom("photoPlaces").where("photoId", "=", photoId).execute();
          if (latitude === undefined || longitude === undefined) continue;
          if (city !== undefined) {
            const place = { ...city, searchName: foldText(city.name) };
            await transaction
              .insertInto("places")
              .values(place)
              .onConflict((conflict) => conflict.column("id").doUpdateSet(place))
              .execute();
          }
          // Only while the photo is there and still has these coordinates.
          await sql`
            insert into photo_places (photo_id, place_id, country_code, distance_km, latitude, longitude, source)
            select id, ${city?.id ?? null}, ${countryCode ?? null}, ${distanceKm ?? null}, latitude, longitude, ${source}
            from photos where id = ${photoId} and latitude = ${latitude} and longitude = ${longitude}
          `.execute(transaction);
        }
        await textIndex.update(
          transaction,
          located.map(({ photoId }) => photoId),
        );
      });
    },
  };
}
