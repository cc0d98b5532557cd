import { randomUUID } from "node:crypto";
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeepsightError } from "../../core/errors.ts";

/** Rows gathered into one write: 256 rows of 512 dimensions are half a megabyte. */
const STAGED_ROWS = 256;

/** Float32 rows by row number, in a file. */
export interface ExactRows {
  /** Number of the open file, valid in every thread of this process. */
  readonly fileDescriptor: number;
  /** Sets a row; other threads see it after `flush`. */
  write(row: number, values: Float32Array): void;
  flush(): void;
  /** The row; the caller may keep it. */
  read(row: number): Float32Array;
  close(): void;
}

/**
 * An empty file of float32 rows. It loses its name at once, so nothing is left of it when the process ends in whatever
 * way: its rows are copies of a table. The operating system keeps in its page cache what memory allows and no more.
 * Throws `unavailable` when the directory cannot be written.
 */
export function createExactRows(dimensions: number, directory: string | undefined): ExactRows {
  const fileDescriptor = openNameless(directory ?? tmpdir());
  const staged = new Float32Array(STAGED_ROWS * dimensions);
  let firstStaged = 0;
  let stagedCount = 0;

  function flush(): void {
    const bytes = new Uint8Array(staged.buffer, 0, stagedCount * dimensions * 4);
    let at = firstStaged * dimensions * 4;
    for (let done = 0; done < bytes.length;) {
      const written = writeSync(fileDescriptor, bytes, done, bytes.length - done, at);
      done += written;
      at += written;
    }
    stagedCount = 0;
  }

  return {
    fileDescriptor,
    write(row, values) {
      if (stagedCount === STAGED_ROWS || row !== firstStaged + stagedCount) flush();
      if (stagedCount === 0) firstStaged = row;
      staged.set(values, stagedCount++ * dimensions);
    },
    flush,
    read(row) {
      if (stagedCount > 0) flush();
      const values = new Float32Array(dimensions);
      readExactRow(fileDescriptor, row, values);
      return values;
    },
    close: () => closeSync(fileDescriptor),
  };
}

/** Fills `values` with a row of the file; throws `unavailable` when the file ends before it. */
export function readExactRow(fileDescriptor: number, row: number, values: Float32Array): void {
  const read = readSync(fileDescriptor, values, 0, values.byteLength, row * values.byteLength);
  if (read !== values.byteLength) {
    throw new KeepsightError(
      "unavailable",
      `Exact row ${row} of the vector index is missing from its file; rebuild the index.`,
    );
  }
}

function openNameless(directory: string): number {
  const path = join(directory, `keepsight-vectors-${randomUUID()}`);
  try {
    const fileDescriptor = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    return fileDescriptor;
  } catch (error) {
    throw new KeepsightError(
      "unavailable",
      `The vector index cannot keep its exact rows in ${directory}; make the directory writable or choose another.`,
      { cause: error },
    );
  }
}
