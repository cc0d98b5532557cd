import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** A file whose parts are read where they lie, so that a model of a gigabyte is never in memory as a whole. */
export interface FileBytes {
  readonly byteLength: number;
  /** The bytes from `start` on, a copy of their own. Throws a RangeError where the file ends before. */
  read(start: number, byteLength: number): Uint8Array;
  close(): void;
}

/** Opens a file to read parts of it. Throws the file system's error. */
export function openFileBytes(path: string): FileBytes {
  const descriptor = openSync(path, "r");
  const byteLength = fstatSync(descriptor).size;
  return {
    byteLength,
    read(start, wanted) {
      if (start < 0 || wanted < 0 || start + wanted > byteLength)
        throw new RangeError(`${path} has ${byteLength} bytes; ${wanted} were wanted from ${start} on`);
      const bytes = new Uint8Array(wanted);
      let filled = 0;
      while (filled < wanted) {
        const count = readSync(descriptor, bytes, filled, wanted - filled, start + filled);
        if (count === 0) throw new RangeError(`${path} became shorter while it was read`);
        filled += count;
      }
      return bytes;
    },
    close: () => closeSync(descriptor),
  };
}
