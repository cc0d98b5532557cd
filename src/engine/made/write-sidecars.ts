import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, extname, join, parse, resolve, sep } from "node:path";
import { isFileMissing, KeepsightError } from "../../core/errors.ts";
import type { MadePhoto } from "../../core/made-document.ts";
import { withoutUndefined } from "../../core/without-undefined.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { MadeStore } from "../../database/made/made-store.ts";
import type { SidecarStore } from "../../database/sidecar-store.ts";
import { findSidecars } from "../../library/sidecar.ts";
import { mergeXmp } from "../../library/merge-xmp.ts";
import { hasPhotoExtension } from "../../library/photo-extensions.ts";
import { writeFileAtomically } from "../../library/write-file-atomically.ts";
import { isOwnXmp, writeXmp } from "../../library/write-xmp.ts";

/** What became of the sidecars. */
export interface WrittenSidecars {
  readonly written: number;
  /** Those that said it all already. */
  readonly unchanged: number;
  /** Sidecars of other programs into which something was written; what was there before is kept as `….xmp.bak`. */
  readonly merged: number;
  /** Sidecars of other programs that were left as they are. */
  readonly kept: readonly string[];
}

/** Where sidecars go: below a folder of their own, in folders like those of the photos, or beside the photos. */
export type SidecarPlace = { readonly directory: string } | { readonly besideOriginals: true };

/** Writes the sidecars that are not there yet, or say something else; `bad_request` for a folder of the library itself. */
export type WriteSidecars = (place: SidecarPlace, signal?: AbortSignal) => Promise<WrittenSidecars>;

/**
 * Writes what humans said of photos as XMP sidecars, `photo.jpg.xmp`, which other programs read. Originals are never touched.
 * Beside them, what was said is written into a sidecar of another program, all of whose own fields stay; below a folder, and
 * where it cannot be merged, such a one is left as it is and named in the answer.
 */
export function createSidecarWriter(options: {
  readonly store: Pick<MadeStore, "photos">;
  readonly analyses: Pick<AnalysisStore, "getDetails">;
  readonly sidecars: Pick<SidecarStore, "noteWritten">;
  readonly dataDirectory: string;
}): WriteSidecars {
  async function writeOne(
    photoId: number,
    said: MadePhoto,
    place: SidecarPlace,
  ): Promise<keyof WrittenSidecars | undefined> {
    const details = await options.analyses.getDetails(photoId);
    if (details === undefined || said.isHidden === true) return undefined;
    const { rating, title, description, width, height } = details.photo;
    const keywords = [...new Set(details.tags.filter(isOfPeople).map(({ name }) => name))].toSorted();
    const content = {
      keywords,
      ...(rating === undefined ? {} : { rating }),
      ...withoutUndefined({
        title: title ?? takenAway(said.title),
        description: description ?? takenAway(said.description),
      }),
      faces: said.faces.flatMap(({ person, box }) =>
        person === null ? [] : [{ name: person, normalizedBox: box }],
      ),
      ...(width === undefined || height === undefined ? {} : { size: { width, height } }),
    };
    const path = await findSidecarPath(said.path, place);
    const [formerState] = await findSidecars(said.path, [basename(path)]);
    const former = await readIfThere(path);
    const isForeign = former !== undefined && !isOwnXmp(former);
    if (isForeign && "directory" in place) return "kept";
    const text = isForeign
      ? mergeXmp(former, content, { removedKeywords: said.removeTags })
      : writeXmp(content);
    if (text === undefined) return "kept";
    if (former === text) return "unchanged";
    if (isForeign) await writeFileAtomically(`${path}.bak`, former);
    await writeFileAtomically(path, text);
    const [written] = await findSidecars(said.path, [basename(path)]);
    // What is said in it was said here: it is not to be taken in as news.
    if ("besideOriginals" in place && written !== undefined)
      await options.sidecars.noteWritten(photoId, written, formerState);
    return isForeign ? "merged" : "written";
  }

  return async function writeSidecars(place: SidecarPlace, signal?: AbortSignal): Promise<WrittenSidecars> {
    if ("directory" in place) checkOutside(place.directory, options.dataDirectory);
    const done = { written: 0, unchanged: 0, merged: 0, kept: [] as string[] };
    for await (const page of options.store.photos()) {
      for (const { photoId, ...said } of page) {
        signal?.throwIfAborted();
        const outcome = await writeOne(photoId, said, place);
        if (outcome === "kept") done.kept.push(await findSidecarPath(said.path, place));
        else if (outcome !== undefined) done[outcome]++;
      }
    }
    return done;
  };
}

/** An empty text is no text, but what was there before must go. */
function takenAway(said: string | null | undefined): "" | undefined {
  return said === "" ? "" : undefined;
}

/** What people said, and what the file said before them; not what a model takes it for. */
function isOfPeople({ source }: { readonly source: string }): boolean {
  return source === "human" || source === "metadata";
}

function toSidecarPath(photoPath: string, place: SidecarPlace): string {
  const path = `${photoPath}.xmp`;
  // An absolute path below a folder: `/photos/a.jpg` and `C:\\photos\\a.jpg` lose what makes them absolute.
  return "directory" in place ? join(resolve(place.directory), path.replace(/^[A-Za-z]:/, "")) : path;
}

/**
 * Beside a photo, the sidecar that is there: `a.jpg.xmp`, or `a.xmp` as Lightroom calls it where no other photo of that name could
 * be meant by it.
 */
async function findSidecarPath(photoPath: string, place: SidecarPlace): Promise<string> {
  const path = toSidecarPath(photoPath, place);
  if ("directory" in place) return path;
  const folder = dirname(photoPath);
  const names = await readdir(folder).catch((): readonly string[] => []);
  const stem = parse(photoPath).name;
  const isOfPhoto = (name: string) => extname(name).toLowerCase() === ".xmp";
  const own = names.find((name) => isOfPhoto(name) && parse(name).name === basename(photoPath));
  if (own !== undefined) return join(folder, own);
  const shared = names.find((name) => isOfPhoto(name) && parse(name).name === stem);
  const photos = names.filter((name) => parse(name).name === stem && hasPhotoExtension(name));
  return shared === undefined || photos.length > 1 ? path : join(folder, shared);
}

function checkOutside(directory: string, dataDirectory: string): void {
  const path = resolve(directory) + sep;
  if (!path.startsWith(resolve(dataDirectory) + sep)) return;
  throw new KeepsightError("bad_request", `${directory} is inside the library's own folder: choose another.`);
}

/** The text as it is, its byte order mark included; what is not UTF-8 cannot be written back and counts as foreign. */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(path);
    return UTF8.decode(bytes);
  } catch (error) {
    if (isFileMissing(error)) return undefined;
    if (error instanceof TypeError) return "";
    throw error;
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
