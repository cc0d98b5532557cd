import { PassThrough, pipeline, type Readable } from "node:stream";
import { ZipFile } from "yazl";
import { KeepsightError } from "../core/errors.ts";

/** A file of an archive. */
export interface ZipEntry {
  /** What it is called in the archive: no path. */
  readonly name: string;
  readonly byteSize: number;
  readonly modifiedAtMs: number;
  /** Its content, of exactly `byteSize` bytes; opened when its turn comes. */
  open(): Readable;
}

/** An archive on its way. */
export interface ZipArchive {
  /** Length of the whole archive. */
  readonly byteSize: number;
  /** Must be read to its end or destroyed. */
  readonly content: Readable;
}

/** Length in bytes of the archive of these files; none of them is opened. */
export function zipLength(entries: readonly Omit<ZipEntry, "open">[]): number {
  // A stream that never comes: the lengths say all.
  return addEntries(new ZipFile(), entries, () => {});
}

/**
 * Files as they are in one archive, written while it is read: photos are compressed already, so nothing is compressed again
 * and its length is known before the first byte. One file is open at a time. The content ends with `file_unreadable` when a
 * file cannot be read or is not as long as it should be.
 */
export function createZip(entries: readonly ZipEntry[]): ZipArchive {
  const zip = new ZipFile();
  const content = new PassThrough();
  let current: { readonly name: string; readonly source: Readable } | undefined;
  content.once("close", () => current?.source.destroy());
  zip.on("error", (cause) => {
    const name = current?.name ?? "A file";
    content.destroy(
      new KeepsightError("file_unreadable", `${name} changed or cannot be read any more.`, { cause }),
    );
  });
  const byteSize = addEntries(zip, entries, ({ name, open }, use) => {
    if (content.destroyed) return;
    current = { name, source: open() };
    use(null, current.source);
  });
  // What goes wrong reaches whoever reads `content`.
  pipeline(zip.outputStream, content, () => {});
  return { byteSize, content };
}

/** Adds all and ends the archive; gives its length. */
function addEntries<Entry extends Omit<ZipEntry, "open">>(
  zip: ZipFile,
  entries: readonly Entry[],
  open: (entry: Entry, use: (error: unknown, source: Readable) => void) => void,
): number {
  for (const entry of entries) {
    const { name, byteSize, modifiedAtMs } = entry;
    const options = { size: byteSize, mtime: new Date(modifiedAtMs), mode: REGULAR_FILE, compress: false };
    zip.addReadStreamLazy(name, options, (use) => open(entry, use));
  }
  let length = 0;
  // It is told the length, which its published types do not say.
  zip.end({ forceZip64Format: false, comment: "" }, (...[total]: number[]) => (length = total!));
  return length;
}

/** A file that everybody may read. */
const REGULAR_FILE = 0o100644;
