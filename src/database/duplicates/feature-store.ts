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

/** What is known of one photo for comparing it. */
export interface DescribedPhoto {
  /** 32 hex digits. */
  readonly imohash: string;
  /** 64 hex digits. */
  readonly pdq?: string;
  readonly pdqQuality?: number;
  /** The content of which its features were made, by whatever version of the algorithm. */
  readonly featuresOf?: number;
  /** Its features, where they are of its content and this version. */
  readonly features?: StoredFeatures;
}

/** Local features of photos, of one version of the algorithm; others are made again. */
export interface FeatureStore {
  save(features: StoredFeatures): Promise<void>;
  /** All that is known of a photo of this content version, in one query; undefined without fingerprints. */
  describe(photoId: number, contentVersion: number): Promise<DescribedPhoto | undefined>;
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

interface HashRow {
  readonly pdq: Uint8Array | null;
  readonly pdqQuality: number | null;
}

type DescribedRow = HashRow & { readonly imohash: string; readonly version: string | null } & {
  readonly [Key in keyof Omit<StoredFeatures, "photoId">]: StoredFeatures[Key] | null;
};

function hashOf({ pdq, pdqQuality }: HashRow): Pick<SearchedPhoto, "pdq" | "pdqQuality"> {
  return {
    ...(pdq === null ? {} : { pdq: Buffer.from(pdq).toString("hex") }),
    ...(pdqQuality === null ? {} : { pdqQuality }),
  };
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
  const toSearched = ({ pdq, pdqQuality, ...row }: StoredFeatures & HashRow): SearchedPhoto => ({
    ...row,
    ...hashOf({ pdq, pdqQuality }),
  });
  return {
    async save({ photoId, ...values }) {
      await writes
        .insertInto("localFeatures")
        .values({ photoId, version, ...values })
        .onConflict((conflict) => conflict.column("photoId").doUpdateSet({ version, ...values }))
        .execute();
    },
    async describe(photoId, contentVersion) {
      const { rows } = await sql<DescribedRow>`
        select imohash, pdq, pdq_quality, version, content_version, width, height, features
        from fingerprints left join local_features on local_features.photo_id = fingerprints.photo_id
        where fingerprints.photo_id = ${photoId}
      `.execute(reads);
      if (rows[0] === undefined) return undefined;
      const { imohash, contentVersion: featuresOf, width, height, features, ...row } = rows[0];
      const isPresent = row.version === version && featuresOf === contentVersion;
      return {
        imohash,
        ...hashOf(row),
        ...(featuresOf === null ? {} : { featuresOf }),
        ...(isPresent
          ? { features: { photoId, contentVersion, width: width!, height: height!, features: features! } }
          : {}),
      };
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
