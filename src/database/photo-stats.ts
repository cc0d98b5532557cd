import type { Kysely } from "kysely";
import type { PhotoStatus } from "../core/photo-status.ts";
import type { Schema } from "./schema.ts";

/** Numbers about the whole library (hidden photos do not count, missing ones do). */
export interface PhotoStats {
  readonly photos: number;
  readonly missing: number;
  readonly byteSize: number;
  readonly byStatus: Readonly<Partial<Record<PhotoStatus, number>>>;
  /** `unknown` before decoding. */
  readonly byFormat: Readonly<Record<string, number>>;
  readonly faces: number;
  readonly photosWithFaces: number;
  readonly photosWithText: number;
  readonly photosWithGps: number;
  readonly objects: number;
}

function visible(reads: Kysely<Schema>) {
  return reads.selectFrom("photos").where("hiddenAt", "is", null);
}

function readTotals(reads: Kysely<Schema>) {
  return visible(reads)
    .select((eb) => [
      eb.fn.countAll<number>().as("photos"),
      eb.fn.count<number>("missingSince").as("missing"),
      eb.fn.count<number>("latitude").as("photosWithGps"),
      eb.fn.coalesce(eb.fn.sum<number>("byteSize"), eb.lit(0)).as("byteSize"),
    ])
    .executeTakeFirstOrThrow();
}

function readFaces(reads: Kysely<Schema>) {
  return visible(reads)
    .innerJoin("faces", "faces.photoId", "photos.id")
    .where("faces.isRemoved", "=", 0)
    .select(({ fn }) => [
      fn.count<number>("faces.id").as("faces"),
      fn.count<number>("faces.photoId").distinct().as("photosWithFaces"),
    ])
    .executeTakeFirstOrThrow();
}

function readObjects(reads: Kysely<Schema>) {
  return visible(reads)
    .innerJoin("objects", "objects.photoId", "photos.id")
    .select(({ fn }) => fn.countAll<number>().as("objects"))
    .executeTakeFirstOrThrow();
}

function readTexts(reads: Kysely<Schema>) {
  return visible(reads)
    .innerJoin("textLines", "textLines.photoId", "photos.id")
    .select(({ fn }) => fn.count<number>("textLines.photoId").distinct().as("photosWithText"))
    .executeTakeFirstOrThrow();
}

function readGroups(reads: Kysely<Schema>, column: "status" | "format") {
  return visible(reads)
    .select(({ fn }) => [`${column} as name`, fn.countAll<number>().as("count")])
    .groupBy(column)
    .execute();
}

/** Counts the library; a few scans, meant to be asked seldom. */
export async function readPhotoStats(reads: Kysely<Schema>): Promise<PhotoStats> {
  const [totals, faces, objects, texts, statuses, formats] = await Promise.all([
    readTotals(reads),
    readFaces(reads),
    readObjects(reads),
    readTexts(reads),
    readGroups(reads, "status"),
    readGroups(reads, "format"),
  ]);
  return {
    ...totals,
    ...faces,
    ...objects,
    ...texts,
    byStatus: Object.fromEntries(statuses.map(({ name, count }) => [name, count])),
    byFormat: Object.fromEntries(formats.map(({ name, count }) => [name ?? "unknown", count])),
  };
}
