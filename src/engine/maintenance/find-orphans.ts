import { stat } from "node:fs/promises";
import { isFileMissing } from "../../core/errors.ts";
import type { Database } from "../../database/database.ts";
import { findRowOrphans, removeRowOrphans } from "../../database/orphan-store.ts";
import type { PhotoStore } from "../../database/photo-store.ts";

/** Photos looked at between two turns of the event loop. */
const PAGE = 200;
const EXAMPLES = 5;

/** What of a kind was found, and how many of it could be put right. */
export interface Orphans {
  readonly kind: string;
  readonly description: string;
  readonly count: number;
  readonly fixed: number;
  readonly examples: readonly string[];
}

export interface FindOrphansOptions {
  readonly database: Database;
  readonly photos: Pick<PhotoStore, "getMany" | "listIds">;
  /** Has all folders scanned, which puts photos out of sight whose file is gone, and knows a drive that is away. */
  readonly rescan: () => Promise<void>;
  /** Where the thumbnail of a photo is, or would be. */
  readonly thumbnailPath: (photo: Awaited<ReturnType<PhotoStore["getMany"]>>[number]) => string;
  /** Has the pictures of these photos made again. */
  readonly remakePictures: (photoIds: readonly number[]) => Promise<void>;
  /** Removes pictures that no photo has, or counts them only. */
  readonly tidyPictures: (fix: boolean, signal: AbortSignal) => Promise<number>;
  /** Faces that cannot be compared; with `fix` they are looked for again. */
  readonly findBareFaces: (
    fix: boolean,
  ) => Promise<{ readonly faceIds: readonly number[]; readonly isFixed: boolean }>;
}

/**
 * Looks for what lost its other half: photos whose file is gone, pictures without a photo, faces without an embedding, rows that
 * point to nothing. With `fix` it puts right what can be put right without losing anything: nothing that a human decided, and
 * no original, is ever removed.
 */
export function createOrphanSearch(options: FindOrphansOptions) {
  const { database, photos } = options;

  /** Whether the files of all photos are where they should be. */
  async function checkFiles(fix: boolean, signal: AbortSignal): Promise<readonly Orphans[]> {
    const ids = await photos.listIds({ includeHidden: true, includeMissing: true });
    const gone: Found = { ids: [], examples: [] };
    const back: Found = { ids: [], examples: [] };
    const bare: Found = { ids: [], examples: [] };
    for (let start = 0; start < ids.length; start += PAGE) {
      signal.throwIfAborted();
      const page = await photos.getMany([...ids.subarray(start, start + PAGE)]);
      await Promise.all(
        page.map(async (photo) => {
          const isThere = await isFile(photo.path);
          if (!isThere && photo.missingSince === undefined) note(gone, photo);
          if (isThere && photo.missingSince !== undefined) note(back, photo);
          const isDone = photo.status === "completed" || photo.status === "partial";
          if (
            isThere &&
            isDone &&
            photo.hiddenAt === undefined &&
            !(await isFile(options.thumbnailPath(photo)))
          )
            note(bare, photo);
        }),
      );
    }
    if (fix && gone.ids.length + back.ids.length > 0) await options.rescan();
    if (fix && bare.ids.length > 0) await options.remakePictures(bare.ids);
    return [
      toOrphans(
        "missing-files",
        "photos whose file is gone; a scan puts them out of sight until it is back",
        gone,
        fix,
      ),
      toOrphans("returned-files", "photos whose file is back; a scan brings them into sight", back, fix),
      toOrphans("missing-pictures", "photos without previews; they are made again", bare, fix),
    ];
  }

  return async function findOrphans(fix: boolean, signal: AbortSignal): Promise<readonly Orphans[]> {
    const found = [...(await checkFiles(fix, signal))];
    const pictures = await options.tidyPictures(fix, signal);
    found.push({
      kind: "stray-pictures",
      description: "previews and thumbnails of no photo",
      count: pictures,
      fixed: fix ? pictures : 0,
      examples: [],
    });
    const { faceIds, isFixed } = await options.findBareFaces(fix);
    found.push({
      kind: "bare-faces",
      description: "faces without an embedding; they are looked for again",
      count: faceIds.length,
      fixed: isFixed ? faceIds.length : 0,
      examples: faceIds.slice(0, EXAMPLES).map((id) => `face ${id}`),
    });
    for (const rows of await findRowOrphans(database)) {
      signal.throwIfAborted();
      found.push({ ...rows, fixed: fix ? await removeRowOrphans(database, rows.kind) : 0 });
    }
    return found.filter(({ count }) => count > 0);
  };
}

interface Found {
  readonly ids: number[];
  readonly examples: string[];
}

function note(found: Found, { id, path }: { readonly id: number; readonly path: string }): void {
  found.ids.push(id);
  if (found.examples.length < EXAMPLES) found.examples.push(path);
}

function toOrphans(kind: string, description: string, { ids, examples }: Found, fix: boolean): Orphans {
  return { kind, description, count: ids.length, fixed: fix ? ids.length : 0, examples };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    // A folder that cannot be read, or a drive that is away, says nothing of its files.
    return !isFileMissing(error);
  }
}
