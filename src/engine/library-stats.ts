import { fromTakenDay } from "../core/taken-day.ts";
import type { FolderStore } from "../database/folder-store.ts";
import type { Photo, PhotoStore } from "../database/photo-store.ts";
import type { TagStore } from "../database/tag-store.ts";

/** Tags named in the overview. */
const TOP_TAGS = 30;

export interface LibraryStatsOptions {
  readonly photos: PhotoStore;
  readonly folders: FolderStore;
  readonly tags: TagStore;
}

/** Where the photo stands in the timeline: its wall clock, or the day of its file when none was recorded. */
const toMoment = ({ takenAtLocal, takenDay }: Photo) => takenAtLocal ?? fromTakenDay(takenDay);

/** What a library holds, in numbers. */
export function createLibraryStats({ photos, folders, tags }: LibraryStatsOptions) {
  async function read() {
    const [stats, known, topTags, [newest], [oldest]] = await Promise.all([
      photos.stats(),
      folders.list(),
      tags.list({ limit: TOP_TAGS, offset: 0 }),
      photos.list({}, { sort: "newest", limit: 1, offset: 0 }),
      photos.list({}, { sort: "oldest", limit: 1, offset: 0 }),
    ]);
    const counted = await Promise.all(
      known.map(async ({ path }) => ({ path, photos: await photos.count({ folder: path }) })),
    );
    return {
      photos: stats.photos,
      byStatus: stats.byStatus as Record<string, number>,
      byFormat: { ...stats.byFormat },
      bytes: stats.byteSize,
      withFaces: stats.photosWithFaces,
      withText: stats.photosWithText,
      withGps: stats.photosWithGps,
      faces: stats.faces,
      objects: stats.objects,
      missing: stats.missing,
      firstTakenAt: oldest === undefined ? null : toMoment(oldest),
      lastTakenAt: newest === undefined ? null : toMoment(newest),
      folders: counted,
      topTags: topTags.map(({ name, photos: count }) => ({ name, count })),
    };
  }

  return { read };
}

export type LibraryStats = ReturnType<typeof createLibraryStats>;
