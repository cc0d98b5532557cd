import { sql } from "kysely";
import type { Database } from "./database.ts";
import { withoutNulls } from "./without-nulls.ts";

/** A photo that looks like another one. */
export interface NearPhoto {
  readonly photoId: number;
  /** Bits in which the PDQ hashes differ, 0–256. */
  readonly distance: number;
}

/** The fingerprints of a photo's file and pixels. */
export interface PhotoFingerprints {
  readonly photoId: number;
  /** 32 hex digits. */
  readonly imohash: string;
  /** 64 hex digits. */
  readonly pdq?: string;
  /** 0–100. */
  readonly pdqQuality?: number;
}

/** The fingerprints of files and pictures. */
export interface FingerprintStore {
  /** Photos in sight that have fingerprints, in pages of ids above `afterId`. */
  list(afterId: number, limit: number): Promise<readonly PhotoFingerprints[]>;
  /** Of one photo, in sight or not. */
  get(photoId: number): Promise<PhotoFingerprints | undefined>;
  /**
   * Photos, hidden and missing ones left out, whose file has this size and this hash or none yet; their bytes must still
   * be compared.
   */
  findExact(imohash: string, byteSize: number): Promise<readonly { photoId: number; path: string }[]>;
  /** Photos whose PDQ is at most `maxDistance` bits from that of the given photo, nearest first. One pass over all hashes. */
  findNear(photoId: number, maxDistance: number, limit: number): Promise<readonly NearPhoto[]>;
  /** The same for the hash of a picture that is no photo of the library; 64 hex digits. */
  findNearHash(pdq: string, maxDistance: number, limit: number): Promise<readonly NearPhoto[]>;
}

/** The store of fingerprints in this database. */
export function createFingerprintStore({ database }: { readonly database: Database }): FingerprintStore {
  const { reads } = database;
  return {
    async list(afterId, limit) {
      const rows = await reads
        .selectFrom("fingerprints")
        .innerJoin("photos", "photos.id", "fingerprints.photoId")
        .select(["photoId", "fingerprints.imohash", "pdq", "pdqQuality"])
        .where("photoId", ">", afterId)
        .where("hiddenAt", "is", null)
        .where("missingSince", "is", null)
        .orderBy("photoId")
        .limit(limit)
        .execute();
      return rows.map(({ pdq, ...row }) =>
        withoutNulls({ ...row, pdq: pdq === null ? null : Buffer.from(pdq).toString("hex") }),
      );
    },
    async get(photoId) {
      const row = await reads
        .selectFrom("fingerprints")
        .selectAll()
        .where("photoId", "=", photoId)
        .executeTakeFirst();
      return (
        row && withoutNulls({ ...row, pdq: row.pdq === null ? null : Buffer.from(row.pdq).toString("hex") })
      );
    },
    findExact: (imohash, byteSize) =>
      reads
        .selectFrom("photos")
        .select(["id as photoId", "path"])
        .where((eb) => eb.or([eb("imohash", "=", imohash), eb("imohash", "is", null)]))
        .where("byteSize", "=", byteSize)
        .where("hiddenAt", "is", null)
        .where("missingSince", "is", null)
        .orderBy("id")
        .execute(),
    async findNearHash(pdq, maxDistance, limit) {
      const { rows } = await sql<NearPhoto>`
        select near.photo_id, near.distance from (
          select other.photo_id as photo_id, hex_distance(hex(other.pdq), ${pdq.toUpperCase()}) as distance
          from fingerprints other join photos on photos.id = other.photo_id
          where other.pdq is not null and photos.hidden_at is null and photos.missing_since is null
        ) near
        where near.distance <= ${maxDistance}
        order by near.distance, near.photo_id
        limit ${limit}
      `.execute(reads);
      return rows;
    },
    async findNear(photoId, maxDistance, limit) {
      const { rows } = await sql<NearPhoto>`
        select near.photo_id, near.distance from (
          select other.photo_id as photo_id, hex_distance(hex(other.pdq), hex(own.pdq)) as distance
          from fingerprints own
          join fingerprints other on other.photo_id <> own.photo_id
          join photos on photos.id = other.photo_id
          where own.photo_id = ${photoId} and own.pdq is not null and other.pdq is not null
            and photos.hidden_at is null and photos.missing_since is null
        ) near
        where near.distance <= ${maxDistance}
        order by near.distance, near.photo_id
        limit ${limit}
      `.execute(reads);
      return rows;
    },
  };
}
