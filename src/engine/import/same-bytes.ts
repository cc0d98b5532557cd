import { open } from "node:fs/promises";
import { isFileMissing } from "../../core/errors.ts";

/** Bytes compared at a time. */
const CHUNK = 1024 * 1024;

/** Whether two files hold the same bytes; false when one of them is gone. */
export async function haveSameBytes(pathA: string, pathB: string): Promise<boolean> {
  try {
    await using a = await open(pathA, "r");
    await using b = await open(pathB, "r");
    const bufferA = Buffer.alloc(CHUNK);
    const bufferB = Buffer.alloc(CHUNK);
    for (;;) {
      const [readA, readB] = await Promise.all([a.read(bufferA, 0, CHUNK), b.read(bufferB, 0, CHUNK)]);
      const isEqual = bufferA.subarray(0, readA.bytesRead).equals(bufferB.subarray(0, readB.bytesRead));
      if (!isEqual) return false;
      if (readA.bytesRead === 0) return true;
    }
  } catch (error) {
    if (isFileMissing(error)) return false;
    throw error;
  }
}
