import { createAnalysisStore } from "../database/analysis-store.ts";
import type { Database } from "../database/database.ts";
import { createEmbeddingStore } from "../database/embedding-store.ts";
import { createDecidedSettings } from "../database/evaluation-store.ts";
import { createFingerprintStore } from "../database/fingerprint-store.ts";
import { createFolderStore } from "../database/folder-store.ts";
import { createJobStore } from "../database/jobs/job-store.ts";
import { createPersonStore } from "../database/people/person-store.ts";
import { createPhotoStore } from "../database/photo-store.ts";
import { createPhotoVisibility } from "../database/photo-visibility.ts";
import { createSidecarStore } from "../database/sidecar-store.ts";
import { createSqliteTextIndex } from "../database/sqlite/sqlite-text-index.ts";
import { createTagStore } from "../database/tag-store.ts";

/** The stores that more than one part of a library reads or writes. */
export function createStores(database: Database) {
  const textIndex = createSqliteTextIndex({ database });
  return {
    textIndex,
    photos: createPhotoStore({ database, textIndex }),
    analyses: createAnalysisStore({ database, textIndex }),
    tags: createTagStore({ database, textIndex }),
    persons: createPersonStore({ database }),
    jobs: createJobStore({ database }),
    folders: createFolderStore({ database }),
    visibility: createPhotoVisibility({ database }),
    fingerprints: createFingerprintStore({ database }),
    embeddings: createEmbeddingStore({ database }),
    sidecars: createSidecarStore({ database }),
    decidedSettings: createDecidedSettings({ database }),
  };
}

/** See {@link createStores}. */
export type Stores = ReturnType<typeof createStores>;
