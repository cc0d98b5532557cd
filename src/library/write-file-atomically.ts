import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const TEMPORARY_NAME = /^\..+\.[0-9a-f-]{36}\.tmp$/;

/** True for the name of a file that {@link writeFileAtomically} has not finished. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY_NAME.test(name);
}

/**
 * Writes a file so that its name stands for the whole content or, after a crash at any moment, for what was there before. The
 * bytes are on disk when it returns; folders are made as needed. Rejects with the system's error and leaves nothing behind.
 */
export async function writeFileAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  await mkdir(folder, { recursive: true });
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
