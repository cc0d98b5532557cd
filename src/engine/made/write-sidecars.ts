import { readFile } from "node:fs/promises";
import { basename, join, resolve, sep } from "node:path";
import { isFileMissing, KeepsightError } from "../../core/errors.ts";
import type { MadePhoto } from "../../core/made-document.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { MadeStore } from "../../database/made/made-store.ts";
import type { SidecarStore } from "../../database/sidecar-store.ts";
import { findSidecars } from "../../library/sidecar.ts";
import { writeFileAtomically } from "../../library/write-file-atomically.ts";
import { isOwnXmp, writeXmp } from "../../library/write-xmp.ts";

/** What became of the sidecars. */
export interface WrittenSidecars {
  readonly written: number;
  /** Those that said it all already. */
  readonly unchanged: number;
  /** Sidecars of other programs, which are never overwritten. */
  readonly kept: readonly string[];
}

/** Where sidecars go: below a folder of their own, in folders like those of the photos, or beside the photos. */
export type SidecarPlace = { readonly directory: string } | { readonly besideOriginals: true };

/** Writes the sidecars that are not there yet, or say something else; `bad_request` for a folder of the library itself. */
export type WriteSidecars = (place: SidecarPlace, signal?: AbortSignal) => Promise<WrittenSidecars>;

/**
 * Writes what humans said of photos as XMP sidecars, `photo.jpg.xmp`, which other programs read. Originals are never touched, and
 * a sidecar that another program wrote is left as it is and named in the answer.
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
    const text = writeXmp({
      keywords,
      ...(rating === undefined ? {} : { rating }),
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      faces: said.faces.flatMap(({ person, box }) =>
        person === null ? [] : [{ name: person, normalizedBox: box }],
      ),
      ...(width === undefined || height === undefined ? {} : { size: { width, height } }),
    });
    const path = toSidecarPath(said.path, place);
    const [formerState] = await findSidecars(said.path, [basename(path)]);
    const former = await readIfThere(path);
    if (former === text) return "unchanged";
    if (former !== undefined && !isOwnXmp(former)) return "kept";
    await writeFileAtomically(path, text);
    const [written] = await findSidecars(said.path, [basename(path)]);
    // What is said in it was said here: it is not to be taken in as news.
    if ("besideOriginals" in place && written !== undefined)
      await options.sidecars.noteWritten(photoId, written, formerState);
    return "written";
  }

  return async function writeSidecars(place: SidecarPlace, signal?: AbortSignal): Promise<WrittenSidecars> {
    if ("directory" in place) checkOutside(place.directory, options.dataDirectory);
    const done = { written: 0, unchanged: 0, kept: [] as string[] };
    for await (const page of options.store.photos()) {
      for (const { photoId, ...said } of page) {
        signal?.throwIfAborted();
        const outcome = await writeOne(photoId, said, place);
        if (outcome === "kept") done.kept.push(toSidecarPath(said.path, place));
        else if (outcome !== undefined) done[outcome]++;
      }
    }
    return done;
  };
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

function checkOutside(directory: string, dataDirectory: string): void {
  const path = resolve(directory) + sep;
  if (!path.startsWith(resolve(dataDirectory) + sep)) return;
  throw new KeepsightError("bad_request", `${directory} is inside the library's own folder: choose another.`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isFileMissing(error)) return undefined;
    throw error;
  }
}
