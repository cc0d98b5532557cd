import { KeepsightError } from "../core/errors.ts";
import { lastDayOf } from "../core/last-day-of.ts";
import { NOT_WANTED, type Step } from "../core/photo-analysis.ts";
import type { AnalysisStore } from "../database/analysis-store.ts";
import type { PhotoDetails } from "../database/photo-details.ts";
import type { PhotoFilter } from "../core/photo-filter.ts";
import type { Photo, PhotoStore } from "../database/photo-store.ts";
import { ANALYSER_STEPS } from "./analyser/analyser-steps.ts";
import { derivativePath, type DerivativeKind, faceThumbnailPrefix } from "../library/derivatives.ts";
import { createDownloads } from "./downloads.ts";
import type { AnalysisQueue } from "./import/analysis-queue.ts";
import type { LiveStatus } from "./import/live-status.ts";
import type { LibraryEvents } from "./library-events.ts";

/** Photos of a month read at a time: 500 take about 7 ms of the event loop, 5,000 at once took 300. */
const MONTH_PAGE = 500;

export interface PhotoLibraryOptions {
  readonly dataDirectory: string;
  readonly photos: PhotoStore;
  readonly analyses: AnalysisStore;
  readonly queue: AnalysisQueue;
  readonly liveStatus: LiveStatus;
  readonly events: LibraryEvents;
}

/** Looking at and tending the photos of a library. Unknown and removed photos are `not_found`. */
export function createPhotoLibrary(options: PhotoLibraryOptions) {
  const { photos, analyses, liveStatus } = options;

  /** The photo as it stands at this moment, running steps included. */
  function withLiveStatus(photo: Photo): Photo {
    const status = liveStatus.get(photo.id);
    return status === undefined ? photo : { ...photo, status };
  }

  async function get(photoId: number): Promise<Photo> {
    const photo = await photos.get(photoId);
    // A copy in whose place another one was kept can still be looked at.
    if (photo === undefined || (photo.hiddenAt !== undefined && photo.duplicateOf === undefined)) {
      throw new KeepsightError("not_found", `There is no photo ${photoId} in the library.`);
    }
    return withLiveStatus(photo);
  }

  /** A photo also when it was taken out of sight: the list of removed ones shows what can be brought back. */
  async function getRemovedToo(photoId: number): Promise<Photo> {
    return (await photos.get(photoId)) ?? get(photoId);
  }

  async function getDetails(photoId: number): Promise<PhotoDetails> {
    const photo = await get(photoId);
    const details = await analyses.getDetails(photoId);
    if (details === undefined)
      throw new KeepsightError("not_found", `There is no photo ${photoId} in the library.`);
    return { ...details, photo };
  }

  async function list(
    filter: PhotoFilter,
    page: { sort: "newest" | "oldest"; limit: number; offset: number },
  ) {
    const [items, total] = await Promise.all([photos.list(filter, page), photos.count(filter)]);
    return { items: items.map(withLiveStatus), total };
  }

  /** How many photos each month has, newest first. */
  async function listMonths(filter: PhotoFilter): Promise<{ month: string; count: number }[]> {
    const months = new Map<string, number>();
    for (const { day, count } of await photos.dayBuckets(filter)) {
      const month = day.slice(0, 7);
      months.set(month, (months.get(month) ?? 0) + count);
    }
    return Array.from(months, ([month, count]) => ({ month, count }));
  }

  /** A filter for one month (`YYYY-MM`) of what another lets through; undefined when nothing can match. */
  function withinMonth(month: string, filter: PhotoFilter): PhotoFilter | undefined {
    const first = `${month}-01`;
    const last = lastDayOf(month);
    const from = filter.takenFrom !== undefined && filter.takenFrom > first ? filter.takenFrom : first;
    const to = filter.takenTo !== undefined && filter.takenTo < last ? filter.takenTo : last;
    return from > to ? undefined : { ...filter, takenFrom: from, takenTo: to };
  }

  /** Some photos of one month (`YYYY-MM`) in the order of {@link listMonth}. */
  async function listMonthSlice(
    month: string,
    filter: PhotoFilter,
    slice: { offset: number; limit: number },
  ): Promise<readonly Photo[]> {
    const ofMonth = withinMonth(month, filter);
    if (ofMonth === undefined) return [];
    return (await photos.list(ofMonth, { sort: "newest", ...slice })).map(withLiveStatus);
  }

  /** All photos of one month (`YYYY-MM`), newest first, some at a time. */
  async function* listMonth(month: string, filter: PhotoFilter): AsyncGenerator<readonly Photo[]> {
    const ofMonth = withinMonth(month, filter);
    if (ofMonth === undefined) return;
    const listed = new Set<number>();
    for (let offset = 0; ; offset += MONTH_PAGE) {
      const page = { sort: "newest", limit: MONTH_PAGE, offset } as const;
      const found = await photos.list(ofMonth, page);
      // A photo that is added meanwhile moves others on to the next page.
      yield found.filter(({ id }) => !listed.has(id)).map(withLiveStatus);
      for (const { id } of found) listed.add(id);
      if (found.length < MONTH_PAGE) return;
    }
  }

  /** Where a derivative of the photo's present content is; the file may not have been made yet. */
  function pathOfDerivative(photo: Pick<Photo, "id" | "contentVersion">, kind: DerivativeKind): string {
    return derivativePath(options.dataDirectory, photo.id, photo.contentVersion, kind);
  }

  /** Where all derivatives of the photo's present content are to be written. */
  function derivativePaths(photo: Photo) {
    return {
      thumbnailPath: pathOfDerivative(photo, "thumbnail"),
      previewPath: pathOfDerivative(photo, "preview"),
      facePrefix: faceThumbnailPrefix(options.dataDirectory, photo.id, photo.contentVersion),
    };
  }

  /**
   * Takes a photo out of the library: its file stays untouched, and a scan does not bring it back. Gives the decision, which
   * can be taken back in the history.
   */
  async function hide(photoId: number, actor: string): Promise<number> {
    await get(photoId);
    const { id } = await photos.hide(photoId, actor);
    options.events.publish({ type: "library", reason: "photos-removed" });
    return id;
  }

  /** Photos that were taken out of the library, those of removed folders too, the latest first. */
  async function listHidden(page: { readonly limit: number; readonly offset: number }) {
    const [items, total] = await Promise.all([photos.listHidden(page), photos.countHidden()]);
    return { items, total };
  }

  /** Queues a new analysis, of all steps but those not wanted for this photo unless some are named; gives the job. */
  async function reprocess(photoId: number, steps: readonly Step[] | undefined): Promise<number> {
    const details = await getDetails(photoId);
    const unwanted = details.steps.filter(({ errorCode }) => errorCode === NOT_WANTED);
    const usual = ANALYSER_STEPS.filter((step) => !unwanted.some((other) => other.step === step));
    const [jobId] = await options.queue.add([photoId], "request", { steps: steps ?? usual });
    return jobId!;
  }

  return {
    get,
    getRemovedToo,
    getDetails,
    list,
    listMonths,
    listMonth,
    listMonthSlice,
    dayShapes: photos.dayShapes,
    mapCells: photos.mapCells,
    pathOfDerivative,
    derivativePaths,
    hide,
    listHidden,
    reprocess,
    downloads: createDownloads({ photos }),
  };
}

export type PhotoLibrary = ReturnType<typeof createPhotoLibrary>;
