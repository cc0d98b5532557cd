import { stat } from "node:fs/promises";
import { isFileMissing } from "../../core/errors.ts";

/** A file as the file system describes it. */
export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  readonly byteSize: number;
  readonly modifiedAtMs: number;
}

/** What the file system says of a file; undefined when there is none at the path. */
export async function readFoundFile(path: string): Promise<FoundFile | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { path, byteSize: size, modifiedAtMs: Math.trunc(mtimeMs) };
  } catch (error) {
    if (isFileMissing(error)) return undefined;
    throw error;
  }
}

/** Whether there is certainly no file at the path; one in a folder that cannot be looked into may well be there. */
export async function isFileGone(path: string): Promise<boolean> {
  return readFoundFile(path).then(
    (file) => file === undefined,
    () => false,
  );
}
