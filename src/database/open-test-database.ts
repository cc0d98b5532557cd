import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PhotoAnalysis } from "../core/photo-analysis.ts";
import { createAnalysisStore } from "./analysis-store.ts";
import { openDatabase } from "./database.ts";
import { createPhotoStore } from "./photo-store.ts";
import { createSqliteTextIndex } from "./sqlite/sqlite-text-index.ts";

/** A real database in a temporary directory, with the stores that most tests need; `remove` closes and deletes it. */
export async function openTestDatabase() {
  const directory = await mkdtemp(join(tmpdir(), "keepsight-database-"));
  const database = await openDatabase({ directory });
  const textIndex = createSqliteTextIndex({ database });
  return {
    directory,
    database,
    textIndex,
    photos: createPhotoStore({ database, textIndex }),
    analyses: createAnalysisStore({ database, textIndex }),
    async remove() {
      await database.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
export type TestDatabase = Awaited<ReturnType<typeof openTestDatabase>>;

/** An analysis that found nothing but the given parts. */
export function makeAnalysis(
  parts: Partial<PhotoAnalysis>,
  steps: PhotoAnalysis["steps"] = {},
): PhotoAnalysis {
  return { objects: [], faces: [], tags: [], textLines: [], ...parts, steps };
}
