import type { Database } from "../database.ts";
import { valueList } from "../sqlite/value-list.ts";
import { sql } from "kysely";

/** The stored local features of a photo, as bytes: what they mean is known to who made them. */
export interface StoredFeatures {
  readonly photoId: number;
  readonly contentVersion: number;
  readonly width: number;
  readonly height: number;
  readonly features: Uint8Array;
}

/** What finding copies of a photo takes. */
export interface SearchedPhoto extends StoredFeatures {
  /** 64 hex digits. */
  readonly pdq?: string;
  readonly pdqQuality?: number;
}

/** Local features of photos, of one version of the algorithm; others are made again. */
export interface FeatureStore {
  save(features: StoredFeatures): Promise<void>;
  /** The content of which the stored features of a photo were made. */
  contentVersionOf(photoId: number): Promise<number | undefined>;
  /** Of these photos; those whose features are of former content or another version are left out. */
  getMany(photoIds: readonly number[]): Promise<readonly SearchedPhoto[]>;
  /** Of photos in sight, in pages of ids above `afterId`. */
  list(afterId: number, limit: number): Promise<readonly SearchedPhoto[]>;
  /**
   * Photos in sight that nobody compared with the others yet, or not since `since`, in pages of ids above `afterId`; those of
   * which that is not wanted, or which have no fingerprints, are left out.
   */
  listUnchecked(options: {
    readonly since?: number;
    readonly afterId: number;
    readonly limit: number;
  }): Promise<readonly number[]>;
}

export function createFeatureStore({
  database,
  version,
}: {
  readonly database: Database;
  readonly version: string;
}): FeatureStore {
  const { reads, writes } = database;
  const searched = () =>
    reads
      .selectFrom("localFeatures")
      .innerJoin("photos", "photos.id", "localFeatures.photoId")
      .leftJoin("fingerprints", "fingerprints.photoId", "localFeatures.photoId")
      .select([
        "localFeatures.photoId",
        "localFeatures.contentVersion",
        "localFeatures.width",
        "localFeatures.height",
        "features",
        "pdq",
        "pdqQuality",
      ])
      .where("version", "=", version)
      .whereRef("localFeatures.contentVersion", "=", "photos.contentVersion");
  const toSearched = ({
    pdq,
    pdqQuality,
    ...row
  }: StoredFeatures & {
    readonly pdq: Uint8Array | null;
    readonly pdqQuality: number | null;
  }): SearchedPhoto => ({
    ...row,
    ...(pdq === null ? {} : { pdq: Buffer.from(pdq).toString("hex") }),
    ...(pdqQuality === null ? {} : { pdqQuality }),
  });
  return {
    async save({ photoId, ...values }) {
      await writes
        .insertInto("localFeatures")
        .values({ photoId, version, ...values })
        .onConflict((conflict) => conflict.column("photoId").doUpdateSet({ version, ...values }))
        .execute();
    },
    async contentVersionOf(photoId) {
      const row = await reads
        .selectFrom("localFeatures")
        .select("contentVersion")
        .where("photoId", "=", photoId)
        .executeTakeFirst();
      return row?.contentVersion;
    },
    async getMany(photoIds) {
      const rows = await searched().where("localFeatures.photoId", "in", valueList(photoIds)).execute();
      return rows.map(toSearched);
    },
    async list(afterId, limit) {
      const rows = await searched()
        .where("localFeatures.photoId", ">", afterId)
        .where("hiddenAt", "is", null)
        .where("missingSince", "is", null)
        .orderBy("localFeatures.photoId")
        .limit(limit)
        .execute();
      return rows.map(toSearched);
    },
    async listUnchecked({ since, afterId, limit }) {
      const { rows } = await sql<{ id: number }>`
        select photos.id from photos
        join fingerprints on fingerprints.photo_id = photos.id
        left join photo_steps on photo_steps.photo_id = photos.id and step = 'duplicates'
        where photos.id > ${afterId} and hidden_at is null and missing_since is null
          and photo_steps.error_code is distinct from 'not_wanted'
          and (photo_steps.status is null or photo_steps.status <> 'done'
            or photo_steps.model_id is distinct from ${version}
            or photo_steps.content_version is distinct from photos.content_version
            or photo_steps.updated_at < ${since ?? 0})
        order by photos.id limit ${limit}
      `.execute(reads);
      return rows.map(({ id }) => id);
    },
  };
}
