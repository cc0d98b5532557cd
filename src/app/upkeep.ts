import type { Config } from "../config.ts";
import type { Logger } from "../core/logger.ts";
import type { Database } from "../database/database.ts";
import { createMaintenanceStore } from "../database/maintenance-store.ts";
import { optimiseDatabase } from "../database/sqlite/optimise-database.ts";
import type { Albums } from "../engine/albums/albums.ts";
import { backUp } from "../engine/backup/back-up.ts";
import type { OwnEvaluation } from "../engine/evaluation/own-grades.ts";
import type { AnalysisQueue } from "../engine/import/analysis-queue.ts";
import type { LibraryFolders } from "../engine/import/library-folders.ts";
import { tidyDerivatives } from "../engine/import/tidy-derivatives.ts";
import { createOrphanSearch } from "../engine/maintenance/find-orphans.ts";
import { createMaintenance, type Maintenance } from "../engine/maintenance/maintenance.ts";
import type { People } from "../engine/people/people.ts";
import type { PhotoLibrary } from "../engine/photo-library.ts";
import type { Stores } from "./stores.ts";

/** Faces without an embedding that one look gives. */
const MAX_BARE_FACES = 10_000;

interface UpkeepParts {
  readonly config: Config;
  readonly database: Database;
  readonly stores: Stores;
  readonly queue: AnalysisQueue;
  readonly folders: LibraryFolders;
  readonly photoLibrary: PhotoLibrary;
  readonly people: People;
  readonly albums: Albums;
  readonly evaluation: OwnEvaluation;
  readonly backfill: () => Promise<number>;
  readonly notify: () => void;
  readonly logger: Logger;
}

/** What keeps a library in order by night. */
export function createUpkeep(parts: UpkeepParts): Maintenance {
  const { config, database, people, evaluation, backfill, notify, logger } = parts;
  const { dataDirectory, backups } = config;
  return createMaintenance({
    store: createMaintenanceStore({ database }),
    jobs: parts.stores.jobs,
    auto: parts.albums.auto,
    runPeopleRound: people.upkeep.runRound,
    computeCentroids: async () => {
      const modelId = await people.modelId();
      return modelId === undefined ? undefined : people.known.recompute(modelId);
    },
    backfill,
    grade: async (signal) => {
      const { result } = await evaluation.run(signal);
      return Object.fromEntries(result.grades.map(({ subject, labels }) => [subject, labels]));
    },
    findOrphans: createLibraryOrphanSearch(parts),
    optimise: () => optimiseDatabase(database),
    backUp: (wanted) => backUp({ dataDirectory, to: backups.directory, ...wanted }),
    backupDirectory: backups.directory,
    keepBackups: backups.keep,
    nightlyHour: config.nightlyHour,
    notify,
    logger,
  });
}

function createLibraryOrphanSearch({
  config: { dataDirectory },
  database,
  stores: { photos, analyses },
  queue,
  folders,
  photoLibrary,
  people,
}: UpkeepParts) {
  return createOrphanSearch({
    database,
    photos,
    rescan: async () => void (await folders.scanAll()),
    thumbnailPath: (photo) => photoLibrary.pathOfDerivative(photo, "thumbnail"),
    remakePictures: async (photoIds) =>
      void (await queue.add(photoIds, "backfill", { steps: ["preprocessing"] })),
    tidyPictures: (fix, signal) => tidyDerivatives({ dataDirectory, photos, analyses }, fix, signal),
    findBareFaces: async (fix) => {
      const modelId = await people.modelId();
      if (modelId === undefined) return { faceIds: [], isFixed: false };
      const { orphans } = await people.rounds.findOrphans(modelId, MAX_BARE_FACES);
      if (fix) {
        const bare = new Set(orphans.map(({ photoId }) => photoId));
        await queue.add([...bare], "backfill", { steps: ["faces"] });
      }
      return { faceIds: orphans.map(({ faceId }) => faceId), isFixed: fix };
    },
  });
}
