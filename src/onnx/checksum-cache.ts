import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { z } from "zod";

import { sha256File } from "./sha256-file.ts";

const CacheFile = z.record(
  z.string(),
  z.object({ byteSize: z.number(), mtimeMs: z.number(), sha256: z.string() }),
);
type CacheEntries = z.infer<typeof CacheFile>;

/** Checksums of files, computed once and remembered as long as a file keeps its size and modification time. */
export interface ChecksumCache {
  /** The SHA-256 of the file; read anew when `fresh` is set. Rejects with the file system's error. */
  sha256(path: string, options?: { fresh?: boolean }): Promise<string>;
}

/**
 * A checksum cache kept in the JSON file `cachePath`. The file only saves work: a damaged one is begun anew, and one that
 * cannot be written (a read-only model directory) is done without.
 */
export function createChecksumCache(cachePath: string): ChecksumCache {
  return {
    async sha256(path, { fresh = false } = {}) {
      const { size: byteSize, mtimeMs } = await stat(path);
      const known = (await readEntries(cachePath))[path];
      if (!fresh && known?.byteSize === byteSize && known.mtimeMs === mtimeMs) return known.sha256;
      const sha256 = await sha256File(path);
      await writeEntries(cachePath, {
        ...(await readEntries(cachePath)),
        [path]: { byteSize, mtimeMs, sha256 },
      });
      return sha256;
    },
  };
}

async function readEntries(cachePath: string): Promise<CacheEntries> {
  try {
    return CacheFile.parse(JSON.parse(await readFile(cachePath, "utf8")));
  } catch {
    return {};
  }
}

async function writeEntries(cachePath: string, entries: CacheEntries): Promise<void> {
  // Written aside and renamed, so that another process never reads half of it.
  const draft = `${cachePath}.${randomUUID()}`;
  try {
    await mkdir(dirname(cachePath), { recursive: true });
    await writeFile(draft, JSON.stringify(entries));
    await rename(draft, cachePath);
  } catch {
    // Without the cache the next call hashes again: slower, not wrong.
    await rm(draft, { force: true }).catch(() => undefined);
  }
}
