import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { SidecarFile } from "../core/photo-analysis.ts";
import { hasPhotoExtension } from "./photo-extensions.ts";

/** Larger files are no sidecars. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Whether the name is that of a sidecar. */
export function hasSidecarExtension(name: string): boolean {
  return extname(name).toLowerCase() === ".xmp";
}

/** Names that the sidecar of a photo may have, the one that counts first: `a.jpg.xmp` before `a.xmp`, either case. */
export function sidecarNames(photoName: string): readonly string[] {
  const stem = photoName.slice(0, photoName.length - extname(photoName).length);
  return [`${photoName}.xmp`, `${photoName}.XMP`, `${stem}.xmp`, `${stem}.XMP`];
}

/** The sidecars beside a photo, the one that counts first. What cannot be looked at counts as absent. */
export async function findSidecars(
  photoPath: string,
  names: readonly string[] = sidecarNames(basename(photoPath)),
): Promise<readonly SidecarFile[]> {
  const files = await Promise.all(names.map((name) => describe(join(dirname(photoPath), name))));
  return files.filter((file) => file !== undefined);
}

async function describe(path: string): Promise<SidecarFile | undefined> {
  try {
    const { size, mtimeMs } = await stat(path).then((stats) =>
      stats.isFile() ? stats : Promise.reject(new Error(`${path} is no file.`)),
    );
    if (size > MAX_BYTES) return undefined;
    return { fileName: basename(path), byteSize: size, modifiedAtMs: Math.trunc(mtimeMs) };
  } catch {
    // Absent or unreadable: a sidecar must not cost the photo, whose own metadata stands.
    return undefined;
  }
}

/** Whether both are the same file in the same state; where letter case does not matter, it may be listed in either. */
export function isSameSidecar(a: SidecarFile | undefined, b: SidecarFile | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.fileName.toLowerCase() === b.fileName.toLowerCase() &&
    a.byteSize === b.byteSize &&
    a.modifiedAtMs === b.modifiedAtMs
  );
}

/** The sidecar that counts: the first that this library did not write itself. */
export function chooseSidecar(
  found: readonly SidecarFile[],
  written: SidecarFile | undefined,
): SidecarFile | undefined {
  return found.find((file) => !isSameSidecar(file, written));
}

/** The sidecar of a photo that counts, in the state in which it was read, and its content; undefined where there is none. */
export async function readSidecar(
  photoPath: string,
  written?: SidecarFile,
): Promise<{ readonly file: SidecarFile; readonly content: Uint8Array } | undefined> {
  const file = chooseSidecar(await findSidecars(photoPath), written);
  if (file === undefined) return undefined;
  try {
    return { file, content: await readFile(join(dirname(photoPath), file.fileName)) };
  } catch {
    // As in `describe`.
    return undefined;
  }
}

/** The photos that a sidecar may be of: `a.jpg.xmp` of `a.jpg`, `a.xmp` of every photo `a.*` beside it. */
export async function photosOfSidecar(sidecarPath: string): Promise<readonly string[]> {
  const folder = dirname(sidecarPath);
  const name = basename(sidecarPath);
  const names = await readdir(folder).catch(() => []);
  const isMeant = (photo: string) => hasPhotoExtension(photo) && sidecarNames(photo).includes(name);
  return names.filter(isMeant).map((photo) => join(folder, photo));
}
