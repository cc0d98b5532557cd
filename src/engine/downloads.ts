import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { Readable } from "node:stream";
import { LRUCache } from "lru-cache";
import { isFileMissing, KeepsightError } from "../core/errors.ts";
import type { Photo, PhotoStore } from "../database/photo-store.ts";
import { mapInParallel } from "../library/map-in-parallel.ts";
import { createZip, type ZipArchive, type ZipEntry, zipLength } from "../library/zip-archive.ts";

/** Photos looked up at a time: 500 take about 7 ms of the event loop. */
const LOOK_UP = 500;

/** Large enough that a disk is read in long strokes, small enough for many downloads at once, bytes. */
const READ_BYTES = 256 * 1024;

/** Choices kept, each for so long after it was made: an archive is fetched at once, and perhaps once more. */
const MAX_KEPT = 100;
const KEPT_MS = 60 * 60_000;

/** Listed in the archive where a photo could not be put into it. */
const NOTE = "Not in this archive.txt";

/** A photo whose original cannot be had at the moment. */
export interface MissingOriginal {
  readonly photoId: number;
  /** Absent for photos that are not in the library. */
  readonly fileName?: string;
  readonly reason: string;
}

/** What a download will be. */
export interface PreparedDownload {
  readonly id: string;
  /** Originals in the archive. */
  readonly fileCount: number;
  /** Of the whole archive. */
  readonly byteSize: number;
  readonly missing: readonly MissingOriginal[];
  readonly expiresAt: Date;
}

/** An archive on its way, and what it is called. */
export type OpenedDownload = ZipArchive & { readonly fileName: string };

/** Originals of chosen photos as one archive. */
export interface Downloads {
  /** Notes what is wanted and tells what is there of it; `not_found` when that is nothing. */
  prepare(photoIds: readonly number[]): Promise<PreparedDownload>;
  /**
   * The archive of what was prepared, as the files are now. Those that are gone by now are named in a text file in it; one that
   * goes away or changes while the archive is being written breaks it off. `not_found` for what is no longer kept.
   */
  open(id: string): Promise<OpenedDownload>;
}

/** Downloads of photos in this library: no other file than an original of a photo in sight is ever read. */
export function createDownloads({ photos }: { readonly photos: Pick<PhotoStore, "getMany"> }): Downloads {
  const wanted = new LRUCache<string, readonly number[]>({ max: MAX_KEPT, ttl: KEPT_MS });

  async function collect(photoIds: readonly number[]) {
    const entries: ZipEntry[] = [];
    const missing: MissingOriginal[] = [];
    const toFreeName = createNames();
    for (let start = 0; start < photoIds.length; start += LOOK_UP) {
      const ids = photoIds.slice(start, start + LOOK_UP);
      const known = new Map((await photos.getMany(ids)).filter(isInSight).map((photo) => [photo.id, photo]));
      const found = await mapInParallel(ids, async (id) => findOriginal(id, known.get(id)));
      for (const one of found) {
        if ("reason" in one) missing.push(one);
        else entries.push({ ...one, name: toFreeName(one.name) });
      }
    }
    return { entries, missing };
  }

  return {
    async prepare(photoIds) {
      const ids = [...new Set(photoIds)];
      const { entries, missing } = await collect(ids);
      if (entries.length === 0)
        throw new KeepsightError(
          "not_found",
          `None of these photos can be downloaded. ${missing[0]?.reason ?? ""}`,
        );
      const id = randomUUID();
      wanted.set(id, ids);
      return {
        id,
        fileCount: entries.length,
        byteSize: zipLength(withNote(entries, missing)),
        missing,
        expiresAt: new Date(Date.now() + KEPT_MS),
      };
    },
    async open(id) {
      const photoIds = wanted.get(id);
      if (photoIds === undefined)
        throw new KeepsightError("not_found", "This download is not kept any more: choose the photos again.");
      const { entries, missing } = await collect(photoIds);
      const fileName = `keepsight-${entries.length}-${entries.length === 1 ? "photo" : "photos"}.zip`;
      return { fileName, ...createZip(withNote(entries, missing)) };
    },
  };
}

/** A copy in whose place another one was kept can still be looked at. */
function isInSight({ hiddenAt, duplicateOf }: Photo): boolean {
  return hiddenAt === undefined || duplicateOf !== undefined;
}

async function findOriginal(photoId: number, photo: Photo | undefined): Promise<ZipEntry | MissingOriginal> {
  if (photo === undefined) return { photoId, reason: `There is no photo ${photoId} in the library.` };
  const { path, fileName } = photo;
  try {
    const stats = await stat(path);
    if (!stats.isFile())
      return { photoId, fileName, reason: `There is no file at ${path}, but something else.` };
    return {
      name: fileName,
      byteSize: stats.size,
      modifiedAtMs: stats.mtimeMs,
      open: () => createReadStream(path, { highWaterMark: READ_BYTES }),
    };
  } catch (error) {
    const reason = isFileMissing(error)
      ? `The original is not at ${path} at the moment.`
      : `The original at ${path} cannot be read.`;
    return { photoId, fileName, reason };
  }
}

function withNote(entries: readonly ZipEntry[], missing: readonly MissingOriginal[]): readonly ZipEntry[] {
  if (missing.length === 0) return entries;
  const lines = missing.map(
    ({ photoId, fileName, reason }) => `${fileName ?? `photo ${photoId}`}: ${reason}\r\n`,
  );
  const text = Buffer.from(lines.join(""));
  return [
    ...entries,
    {
      name: NOTE,
      byteSize: text.length,
      modifiedAtMs: Date.now(),
      open: () => Readable.from([text], { objectMode: false }),
    },
  ];
}

/** Characters that some system has no place for in names of files: those that lead to other folders first of all. */
// oxlint-disable-next-line no-control-regex -- control characters are among them
const FORBIDDEN = /[\u0000-\u001f\u007f/\\:*?"<>|]/g;

/**
 * Gives each file a name that no other has, also where upper and lower case are the same: `a.jpg`, then `a (2).jpg`. No name
 * leads out of the folder into which the archive is unpacked.
 */
function createNames(): (fileName: string) => string {
  const taken = new Set([NOTE.toLowerCase()]);
  const numbers = new Map<string, number>();
  return (fileName) => {
    const plain = fileName.normalize("NFC").toWellFormed().replaceAll(FORBIDDEN, "_");
    const name = /^\.*$/.test(plain) ? "photo" : plain;
    const ending = extname(name);
    const stem = name.slice(0, name.length - ending.length);
    const key = name.toLowerCase();
    let number = numbers.get(key) ?? 1;
    let free = name;
    while (taken.has(free.toLowerCase())) free = `${stem} (${++number})${ending}`;
    numbers.set(key, number);
    taken.add(free.toLowerCase());
    return free;
  };
}
