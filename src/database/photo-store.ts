import { basename } from "node:path";
import type { Insertable, Selectable, Transaction } from "kysely";
import { NOT_WANTED } from "../core/photo-analysis.ts";
import type { Database } from "./database.ts";
import type { Decision } from "./decision-store.ts";
import type { PhotoFilter } from "../core/photo-filter.ts";
import { photoMatches } from "./photo-filter.ts";
import type { PhotoSet } from "./photo-set.ts";
import { decideToHide } from "./photo-visibility.ts";
import { type PhotoStats, readPhotoStats } from "./photo-stats.ts";
import type { PhotoStatus } from "../core/photo-status.ts";
import type { PhotosTable, Schema } from "./schema.ts";
import { type MapBounds, type MapCell, readMapCells } from "./map-cells.ts";
import { valueList } from "./sqlite/value-list.ts";
import { type DayShapes, readDayShapes } from "./timeline-shapes.ts";
import { fromTakenDay, toTakenDay } from "../core/taken-day.ts";
import type { TextIndex } from "./text-index.ts";
import { type WithoutNulls, withoutNulls } from "./without-nulls.ts";

/** Rows of one insert statement: well below SQLite's limit of 32,766 parameters. */
const INSERT_ROWS = 500;

const KNOWN_COLUMNS = [
  "id",
  "path",
  "byteSize",
  "modifiedAtMs",
  "imohash",
  "contentVersion",
  "missingSince",
  "hiddenAt",
] as const;

/** One photo of the library. */
export type Photo = WithoutNulls<Selectable<PhotosTable>>;

/** A file on disk as a scan or an upload sees it. */
export interface ScannedPhoto {
  /** Absolute. */
  readonly path: string;
  readonly byteSize: number;
  readonly modifiedAtMs: number;
  /** The name it had where it came from; that of the path unless given. */
  readonly fileName?: string;
  readonly folderId?: number;
  readonly isUpload?: boolean;
  /** Id that an API client gave it. */
  readonly externalId?: string;
}

/** What a scan compares a file with. */
export interface KnownPhoto {
  readonly id: number;
  readonly path: string;
  readonly byteSize: number;
  readonly modifiedAtMs: number;
  readonly imohash?: string;
  readonly contentVersion: number;
  readonly missingSince?: number;
  readonly hiddenAt?: number;
}

/** Page and order of a list. */
export interface PhotoPage {
  readonly sort: "newest" | "oldest";
  readonly limit: number;
  readonly offset: number;
}

/** The photos table: what is in the library and where. */
export interface PhotoStore {
  /** Photos at these paths, by path. */
  findByPaths(paths: readonly string[]): Promise<ReadonlyMap<string, KnownPhoto>>;
  /** Every photo that a scan of the folder must account for, by path, in pages of ids above `afterId`. */
  listKnown(folderId: number, afterId: number, limit: number): Promise<readonly KnownPhoto[]>;
  /** Adds photos and gives their ids in the same order; a path already there keeps its row and gives its id. */
  insertPhotos(photos: readonly ScannedPhoto[]): Promise<readonly number[]>;
  /**
   * The file's content changed: next content version, all steps pending but those that were not wanted; old results stay
   * until replaced.
   */
  markChanged(
    photoId: number,
    file: { readonly byteSize: number; readonly modifiedAtMs: number },
  ): Promise<void>;
  /** Only the time stamp moved, the content is the same. */
  touch(photoId: number, modifiedAtMs: number): Promise<void>;
  markMissing(photoIds: readonly number[]): Promise<void>;
  markFound(photoIds: readonly number[]): Promise<void>;
  /** The file was moved or renamed. `conflict` when another photo already has the new path. */
  moveTo(photoId: number, file: ScannedPhoto): Promise<void>;
  /** Those of the sizes that some photo with a known hash has. */
  findHashedSizes(byteSizes: readonly number[]): Promise<ReadonlySet<number>>;
  /** Camera models and how many photos in sight each took, most frequent first. */
  cameras(): Promise<readonly { camera: string; photos: number }[]>;
  /** Photos with content of this hash and size, hidden ones too; those known to be missing first, then the oldest. */
  findByFingerprint(imohash: string, byteSize: number): Promise<readonly KnownPhoto[]>;
  get(photoId: number): Promise<Photo | undefined>;
  findByExternalId(externalId: string): Promise<Photo | undefined>;
  /** These photos in the order of the ids; unknown ids are left out. */
  getMany(photoIds: readonly number[]): Promise<readonly Photo[]>;
  list(filter: PhotoFilter, page: PhotoPage): Promise<readonly Photo[]>;
  count(filter: PhotoFilter): Promise<number>;
  /** Ids of all photos that match, ascending. */
  listIds(filter: PhotoFilter): Promise<Uint32Array>;
  /** All photos that match, as a set: milliseconds, however many there are. */
  findPassing(filter: PhotoFilter): Promise<PhotoSet>;
  /** Photos per day at the place of the photo, newest day first; adds up along `list` in the order `newest`. */
  dayBuckets(filter: PhotoFilter): Promise<readonly { day: string; count: number }[]>;
  /** The shapes of photos by day, newest first; with `limit` of so many days only. */
  dayShapes(filter: PhotoFilter, limit?: number): Promise<readonly DayShapes[]>;
  /** Photos on a map: see {@link readMapCells}. */
  mapCells(
    filter: PhotoFilter,
    bounds: MapBounds,
    options: { readonly stepDegrees: number; readonly limit: number },
  ): Promise<readonly MapCell[]>;
  /** Sets what a user sees while steps run; nothing when the content changed meanwhile. */
  setStatus(photoId: number, contentVersion: number, status: PhotoStatus): Promise<void>;
  /** Takes a photo out of sight and records the decision, both or neither. */
  hide(photoId: number, actor: string): Promise<Decision>;
  unhide(photoIds: readonly number[]): Promise<void>;
  /** Photos out of sight, those that left it last first. */
  listHidden(page: { readonly limit: number; readonly offset: number }): Promise<readonly Photo[]>;
  countHidden(): Promise<number>;
  stats(): Promise<PhotoStats>;
}

function toRow(photo: ScannedPhoto, now: number): Insertable<PhotosTable> {
  const takenAtMs = Math.round(photo.modifiedAtMs);
  return {
    path: photo.path,
    folderId: photo.folderId,
    fileName: photo.fileName ?? basename(photo.path),
    byteSize: photo.byteSize,
    modifiedAtMs: photo.modifiedAtMs,
    takenAtMs,
    takenDay: toTakenDay(takenAtMs),
    takenAtSource: "file",
    isUpload: photo.isUpload === true ? 1 : 0,
    externalId: photo.externalId,
    importedAt: now,
  };
}

/** Inserts what is new and gives every id by path, and the new ones by themselves. */
async function insertRows(transaction: Transaction<Schema>, photos: readonly ScannedPhoto[]) {
  const rows = photos.map((photo) => toRow(photo, Date.now()));
  const inserted = await transaction
    .insertInto("photos")
    .values(rows)
    .onConflict((conflict) => conflict.column("path").doNothing())
    .returning("id")
    .execute();
  const all = await transaction
    .selectFrom("photos")
    .select(["id", "path"])
    .where("path", "in", valueList(photos.map(({ path }) => path)))
    .execute();
  return { idByPath: new Map(all.map(({ id, path }) => [path, id])), newIds: inserted.map(({ id }) => id) };
}

/** The writing half of the store. */
function createWriter({ writes }: Database, textIndex: TextIndex) {
  const setFor = async (
    photoIds: readonly number[],
    values: { missingSince?: number | null; hiddenAt?: null; hiddenBy?: null },
  ) => {
    await writes.updateTable("photos").set(values).where("id", "in", valueList(photoIds)).execute();
  };
  return {
    async insertPhotos(photos: readonly ScannedPhoto[]): Promise<readonly number[]> {
      const ids: number[] = [];
      for (let start = 0; start < photos.length; start += INSERT_ROWS) {
        const chunk = photos.slice(start, start + INSERT_ROWS);
        await writes.transaction().execute(async (transaction) => {
          const { idByPath, newIds } = await insertRows(transaction, chunk);
          await textIndex.update(transaction, newIds);
          ids.push(...chunk.map(({ path }) => idByPath.get(path) as number));
        });
      }
      return ids;
    },
    async markChanged(photoId: number, file: { readonly byteSize: number; readonly modifiedAtMs: number }) {
      await writes.transaction().execute(async (transaction) => {
        await transaction
          .updateTable("photos")
          .set((eb) => ({
            byteSize: file.byteSize,
            modifiedAtMs: file.modifiedAtMs,
            contentVersion: eb("contentVersion", "+", 1),
            status: "pending",
            failureReason: null,
            imohash: null,
            missingSince: null,
          }))
          .where("id", "=", photoId)
          .execute();
        await transaction
          .updateTable("photoSteps")
          .set({ status: "pending", attempts: 0, reason: null, errorCode: null, updatedAt: Date.now() })
          .where("photoId", "=", photoId)
          .where("errorCode", "is distinct from", NOT_WANTED)
          .execute();
      });
    },
    async touch(photoId: number, modifiedAtMs: number) {
      await writes.updateTable("photos").set({ modifiedAtMs }).where("id", "=", photoId).execute();
    },
    async markMissing(photoIds: readonly number[]) {
      await writes
        .updateTable("photos")
        .set({ missingSince: Date.now() })
        .where("id", "in", valueList(photoIds))
        .where("missingSince", "is", null)
        .execute();
    },
    markFound: (photoIds: readonly number[]) => setFor(photoIds, { missingSince: null }),
    hide: (photoId: number, actor: string) =>
      writes.transaction().execute(async (transaction) => {
        return (await decideToHide(transaction, { photoId }, actor)).decision;
      }),
    unhide: (photoIds: readonly number[]) => setFor(photoIds, { hiddenAt: null, hiddenBy: null }),
    async moveTo(photoId: number, file: ScannedPhoto) {
      await writes.transaction().execute(async (transaction) => {
        await transaction
          .updateTable("photos")
          .set({
            path: file.path,
            fileName: file.fileName ?? basename(file.path),
            folderId: file.folderId ?? null,
            byteSize: file.byteSize,
            modifiedAtMs: file.modifiedAtMs,
            missingSince: null,
          })
          .where("id", "=", photoId)
          .execute();
        await textIndex.update(transaction, [photoId]);
      });
    },
    async setStatus(photoId: number, contentVersion: number, status: PhotoStatus) {
      await writes
        .updateTable("photos")
        .set({ status })
        .where("id", "=", photoId)
        .where("contentVersion", "=", contentVersion)
        .execute();
    },
  };
}

/** The reading half of the store. */
function createReader(database: Database) {
  const { reads } = database;
  const matching = (filter: PhotoFilter) => reads.selectFrom("photos").where(photoMatches(filter));
  const known = () => reads.selectFrom("photos").select(KNOWN_COLUMNS);
  return {
    async findByPaths(paths: readonly string[]) {
      const rows = await known().where("path", "in", valueList(paths)).execute();
      return new Map<string, KnownPhoto>(rows.map((row) => [row.path, withoutNulls(row)]));
    },
    async listKnown(folderId: number, afterId: number, limit: number) {
      const rows = await known()
        .where("folderId", "=", folderId)
        .where("id", ">", afterId)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map((row): KnownPhoto => withoutNulls(row));
    },
    async findByFingerprint(imohash: string, byteSize: number) {
      const rows = await known()
        .where("imohash", "=", imohash)
        .where("byteSize", "=", byteSize)
        .orderBy("missingSince", (order) => order.desc().nullsLast())
        .orderBy("id")
        .execute();
      return rows.map((row): KnownPhoto => withoutNulls(row));
    },
    async findHashedSizes(byteSizes: readonly number[]) {
      const rows = await reads
        .selectFrom("photos")
        .select("byteSize")
        .distinct()
        .where("byteSize", "in", valueList(byteSizes))
        .where("imohash", "is not", null)
        .execute();
      return new Set(rows.map(({ byteSize }) => byteSize));
    },
    async cameras() {
      const rows = await matching({})
        .select(({ fn }) => ["photos.cameraModel as camera", fn.countAll<number>().as("photos")])
        .where("photos.cameraModel", "is not", null)
        .groupBy("photos.cameraModel")
        .orderBy("photos", "desc")
        .execute();
      return rows.map(({ camera, photos }) => ({ camera: camera!, photos }));
    },
    async get(photoId: number): Promise<Photo | undefined> {
      const row = await reads.selectFrom("photos").selectAll().where("id", "=", photoId).executeTakeFirst();
      return row && withoutNulls(row);
    },
    async findByExternalId(externalId: string): Promise<Photo | undefined> {
      const row = await reads
        .selectFrom("photos")
        .selectAll()
        .where("externalId", "=", externalId)
        .executeTakeFirst();
      return row && withoutNulls(row);
    },
    async getMany(photoIds: readonly number[]): Promise<readonly Photo[]> {
      const rows = await reads
        .selectFrom("photos")
        .selectAll()
        .where("id", "in", valueList(photoIds))
        .execute();
      const byId = new Map(rows.map((row) => [row.id, withoutNulls(row)]));
      return photoIds.flatMap((id) => byId.get(id) ?? []);
    },
    async list(filter: PhotoFilter, { sort, limit, offset }: PhotoPage): Promise<readonly Photo[]> {
      const direction = sort === "newest" ? "desc" : "asc";
      const rows = await matching(filter)
        .selectAll("photos")
        .orderBy("takenDay", direction)
        .orderBy("takenAtMs", direction)
        .orderBy("photos.id", direction)
        .limit(limit)
        .offset(offset)
        .execute();
      return rows.map(withoutNulls);
    },
    async count(filter: PhotoFilter): Promise<number> {
      const { count } = await matching(filter)
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      return count;
    },
    listIds: async (filter: PhotoFilter) =>
      database.readIds(matching(filter).select("photos.id").orderBy("photos.id")),
    findPassing: (filter: PhotoFilter) => database.runTask("findPassing", { filter }),
    async dayBuckets(filter: PhotoFilter) {
      const rows = await matching(filter)
        .select((eb) => ["takenDay", eb.fn.countAll<number>().as("count")])
        .groupBy("takenDay")
        .orderBy("takenDay", "desc")
        .execute();
      return rows.map(({ takenDay, count }) => ({ day: fromTakenDay(takenDay), count }));
    },
    dayShapes: (filter: PhotoFilter, limit?: number) => readDayShapes(reads, filter, limit),
    mapCells: (
      filter: PhotoFilter,
      bounds: MapBounds,
      options: { readonly stepDegrees: number; readonly limit: number },
    ) => readMapCells(reads, filter, bounds, options),
    async listHidden({ limit, offset }: { readonly limit: number; readonly offset: number }) {
      const rows = await reads
        .selectFrom("photos")
        .selectAll()
        .where("hiddenAt", "is not", null)
        .orderBy("hiddenAt", "desc")
        .orderBy("id", "desc")
        .limit(limit)
        .offset(offset)
        .execute();
      return rows.map(withoutNulls);
    },
    async countHidden() {
      const { count } = await reads
        .selectFrom("photos")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("hiddenAt", "is not", null)
        .executeTakeFirstOrThrow();
      return count;
    },
    stats: () => readPhotoStats(reads),
  };
}

/** The store of photos in this database; file names reach the text index in the same transaction. */
export function createPhotoStore(options: {
  readonly database: Database;
  readonly textIndex: TextIndex;
}): PhotoStore {
  return { ...createReader(options.database), ...createWriter(options.database, options.textIndex) };
}
