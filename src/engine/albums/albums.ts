import type { AlbumSpace } from "../../core/album-space.ts";
import { LIBRARY_KINDS } from "../../core/library-decision.ts";
import type { Logger } from "../../core/logger.ts";
import { createAlbumStore } from "../../database/albums/album-store.ts";
import { createSpaceStore } from "../../database/albums/space-store.ts";
import { readAlbumFacts } from "../../database/albums/title-facts.ts";
import type { Database } from "../../database/database.ts";
import { createLibraryDecisions, type LibraryDecisions } from "../../database/decided/library-decisions.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import { createPeopleIndexing } from "../../database/people/index-people.ts";
import { createSettingsStore } from "../../database/settings-store.ts";
import type { TagStore } from "../../database/tag-store.ts";
import type { TextIndex } from "../../database/text-index.ts";
import type { Undoer } from "../history/history.ts";
import type { JobHandler } from "../jobs/job-runner.ts";
import type { LibraryEvents } from "../library-events.ts";
import { askThread } from "../people/ask-thread.ts";
import { REINDEX_JOB } from "../people/people-upkeep.ts";
import { type AutoAlbums, createAutoAlbums } from "./auto-albums.ts";
import { createCurating, type Curating } from "./decide-library.ts";

/** The kind of job that computes the auto-albums of a space anew. */
export const ALBUMS_JOB = "albums.train";

/** The first albums of a space are made this long after its first photos came in, milliseconds: more may be coming. */
const FIRST_TRAINING_DELAY_MS = 60_000;

export interface AlbumsOptions {
  readonly database: Database;
  readonly jobs: JobStore;
  readonly textIndex: TextIndex;
  readonly tags: Pick<TagStore, "categories">;
  readonly events: LibraryEvents;
  readonly servingModel: (kind: "photo" | "face") => string | undefined;
  readonly notify: () => void;
  readonly logger: Logger;
}

/** Albums of both kinds, and what else a human curates. */
export interface Albums {
  readonly curating: Curating;
  readonly auto: AutoAlbums;
  readonly decisions: LibraryDecisions;
  /** Queues a training and gives its job; `model_missing` where the space has nothing to work on. */
  queueTraining(space: AlbumSpace, options: { readonly clusterCount?: number }): Promise<number>;
  /** A photo was analysed: it joins the albums it belongs to. */
  onStored(photoId: number): Promise<void>;
  readonly undoer: Undoer;
  readonly handlers: Readonly<Record<string, JobHandler>>;
}

/** The albums of one library. */
export function createAlbums(options: AlbumsOptions): Albums {
  const { database, jobs, textIndex, events, notify, logger } = options;
  /** Spaces whose first training is queued by this process. */
  const begun = new Set<AlbumSpace>();
  const worker = new URL("./centroid-worker.ts", import.meta.url);
  const auto = createAutoAlbums({
    spaces: createSpaceStore({ database }),
    settings: createSettingsStore({ database }),
    readFacts: (space) => readAlbumFacts(database, space),
    servingModel: options.servingModel,
    compute: {
      train: (sample, signal) => askThread(worker, sample, signal),
      assign: (task, signal) => askThread(worker, task, signal),
    },
  });

  async function enqueue(kind: string, payload: object, dedupeKey: string, runInMs = 0): Promise<number> {
    const [job] = await jobs.enqueue([{ kind, payload, dedupeKey, runAfter: Date.now() + runInMs }]);
    notify();
    return job!.id;
  }

  const decisions = createLibraryDecisions({
    database,
    onPhotosChanged: async (transaction, photoIds) => {
      await createPeopleIndexing({ textIndex, jobs, jobKind: REINDEX_JOB })(transaction, photoIds);
      notify();
    },
  });
  const curating = createCurating({
    decisions,
    albums: createAlbumStore({ database }),
    tags: options.tags,
    events,
    queueReindex: (photoIds) => enqueue(REINDEX_JOB, { photoIds }, `categories ${Date.now()}`),
    async findPhotosOfCategory(categoryId) {
      const rows = await database.reads
        .selectFrom("photoTags")
        .innerJoin("categoryTags", "categoryTags.tagId", "photoTags.tagId")
        .select("photoTags.photoId")
        .distinct()
        .$if(categoryId !== undefined, (query) => query.where("categoryId", "=", categoryId ?? 0))
        .execute();
      return rows.map(({ photoId }) => photoId);
    },
  });

  return {
    curating,
    auto,
    decisions,
    async queueTraining(space, { clusterCount }) {
      await auto.checkTrainable(space);
      const payload = clusterCount === undefined ? { space } : { space, clusterCount };
      return enqueue(ALBUMS_JOB, payload, JSON.stringify(payload));
    },
    async onStored(photoId) {
      for (const space of await auto.join(photoId)) {
        if (begun.has(space)) continue;
        begun.add(space);
        await enqueue(ALBUMS_JOB, { space }, `first ${space}`, FIRST_TRAINING_DELAY_MS);
      }
    },
    undoer: { kinds: LIBRARY_KINDS, undo: curating.undo },
    handlers: {
      [ALBUMS_JOB]: {
        concurrency: 1,
        async run({ payload }, context) {
          const { space, clusterCount } = payload as { space: AlbumSpace; clusterCount?: number };
          begun.delete(space);
          const done = await auto.train(space, clusterCount === undefined ? {} : { clusterCount }, context);
          logger.info({ space, ...done }, done.isSkipped ? "no albums were made" : "albums were made");
          if (!done.isSkipped) events.publish({ type: "library", reason: "albums-changed" });
        },
      },
    },
  };
}
