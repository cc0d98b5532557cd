import { stat } from "node:fs/promises";
import { isFileMissing } from "../../core/errors.ts";
import type { SidecarFile } from "../../core/photo-analysis.ts";
import { findSidecars } from "../../library/sidecar.ts";

/** A file as the file system describes it. */
export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  readonly byteSize: number;
  readonly modifiedAtMs: number;
  /** XMP files beside it, the one that counts first; absent where there are none. */
  readonly sidecars?: readonly SidecarFile[];
}

/** What the file system says of a file; undefined when no file is at the path. */
export async function readFoundFile(path: string): Promise<FoundFile | undefined> {
  try {
    const stats = await stat(path);
    // What is a folder or a pipe now is no photo any more, whatever its name.
    if (!stats.isFile()) return undefined;
    return { path, byteSize: stats.size, modifiedAtMs: Math.trunc(stats.mtimeMs) };
  } catch (error) {
    if (isFileMissing(error)) return undefined;
    throw error;
  }
}

/** The same with the sidecars of the file. */
export async function readFoundPhoto(path: string): Promise<FoundFile | undefined> {
  const file = await readFoundFile(path);
  return file && { ...file, sidecars: await findSidecars(path) };
}

/** Whether there is certainly no file at the path; one in a folder that cannot be looked into may well be there. */
export async function isFileGone(path: string): Promise<boolean> {
  return readFoundFile(path).then(
    (file) => file === undefined,
    () => false,
  );
}
