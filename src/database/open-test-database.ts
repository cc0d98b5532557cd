import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Transaction } from "kysely";
import type { PhotoAnalysis } from "../core/photo-analysis.ts";
import { createAnalysisStore } from "./analysis-store.ts";
import { openDatabase } from "./database.ts";
import { createFaceRegionStore } from "./people/face-regions.ts";
import { createFaceStore } from "./people/face-store.ts";
import { createPeopleDecisions } from "./people/people-decisions.ts";
import { createPersonStore } from "./people/person-store.ts";
import { createPhotoStore } from "./photo-store.ts";
import type { Schema } from "./schema.ts";
import { createSqliteTextIndex } from "./sqlite/sqlite-text-index.ts";

/** A real database in a temporary directory, with the stores that most tests need; `remove` closes and deletes it. */
export async function openTestDatabase() {
  const directory = await mkdtemp(join(tmpdir(), "keepsight-database-"));
  const database = await openDatabase({ directory });
  const textIndex = createSqliteTextIndex({ database });
  // In production a large change is a job of its own; a test wants it at once.
  const onPhotosChanged = (transaction: Transaction<Schema>, photoIds: readonly number[]) =>
    textIndex.update(transaction, photoIds);
  const decisions = createPeopleDecisions({ database, onPhotosChanged });
  return {
    directory,
    database,
    textIndex,
    photos: createPhotoStore({ database, textIndex }),
    analyses: createAnalysisStore({ database, textIndex }),
    decisions,
    faces: createFaceStore({ database, onPhotosChanged }),
    persons: createPersonStore({ database }),
    regions: createFaceRegionStore({ database, decisions }),
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
