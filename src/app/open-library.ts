import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { KeepsightError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { DATABASE_FILE, openDatabase } from "../database/database.ts";
import { acquireLibraryLock } from "../database/sqlite/library-lock.ts";
import { finishRestore } from "../engine/backup/restore.ts";
import type { Library } from "../engine/library.ts";
import { wireLibrary } from "./wire-library.ts";

/**
 * Opens the library in the configured data directory. `owning` takes its lock and may work on it (`library_locked` while
 * another process does); `reading` only looks, beside a server that owns it.
 */
export async function openLibrary(
  config: Config,
  logger: Logger,
  access: "owning" | "reading",
): Promise<Library> {
  const { dataDirectory } = config;
  await prepareDataDirectory(dataDirectory, access);
  const lock = access === "owning" ? acquireLibraryLock(dataDirectory) : undefined;
  if (lock?.wasTakenOver) logger.warn("the last run did not end properly; what it left undone goes on now");
  try {
    if (lock !== undefined) await finishRestore(dataDirectory);
    const database = await openDatabase({ directory: dataDirectory, isReadOnly: access === "reading" });
    try {
      const library = await wireLibrary(config, logger, database, lock);
      if (lock?.wasTakenOver) await library.queueTidying();
      return library;
    } catch (error) {
      await database.close();
      throw error;
    }
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** Makes the directory of a library to be worked on; one that is only read must be there. */
export async function prepareDataDirectory(path: string, access: "owning" | "reading"): Promise<void> {
  if (access === "reading") {
    if (existsSync(join(path, DATABASE_FILE))) return;
    throw new KeepsightError(
      "not_found",
      `There is no library in ${path} yet; \`keepsight import FOLDER\` makes one. (--data-dir names another place.)`,
    );
  }
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new KeepsightError(
      "config_invalid",
      `The data directory ${path} cannot be made (${(error as Error).message}); choose another with --data-dir.`,
      { cause: error },
    );
  }
}
