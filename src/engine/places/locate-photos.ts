import type { JobStore } from "../../database/jobs/job-store.ts";
import type { PlaceStore } from "../../database/place-store.ts";
import { PLACE_SOURCE } from "../../geo/place-source.ts";
import type { JobHandler } from "../jobs/job-runner.ts";
import type { PlaceThread } from "./place-thread.ts";

/** Kind of the job that names where photos were taken. */
export const PLACES_JOB = "places";

/** Photos named in one transaction: short enough to let other writers in between. */
const PAGE = 200;

export interface LocatePhotosOptions {
  readonly places: PlaceStore;
  readonly thread: PlaceThread;
  readonly jobs: JobStore;
  readonly notify: () => void;
}

type Work = Awaited<ReturnType<PlaceStore["listUnnamed"]>>;

/** Names where photos were taken: each when it is stored, and by a job those that are there already. */
export function createLocatePhotos({ places, thread, jobs, notify }: LocatePhotosOptions) {
  async function name(work: Work): Promise<void> {
    const points = work.flatMap(({ latitude, longitude }) =>
      latitude === undefined || longitude === undefined ? [] : [{ latitude, longitude }],
    );
    const locations = points.length === 0 ? [] : await thread.locate(points);
    let next = 0;
    const located = work.map((photo) => {
      const location = photo.latitude === undefined ? {} : (locations[next++] ?? {});
      return { ...photo, location };
    });
    await places.save(located, PLACE_SOURCE);
  }

  /** The whole library, in pages; what was named by other data is named anew. */
  const handler: JobHandler = {
    concurrency: 1,
    async run(_job, { signal, setProgress }) {
      let afterId = 0;
      for (let done = 0; ;) {
        signal.throwIfAborted();
        const page = await places.listUnnamed({ source: PLACE_SOURCE, afterId, limit: PAGE });
        if (page.length === 0) return;
        await name(page);
        afterId = page.at(-1)!.photoId;
        await setProgress((done += page.length));
      }
    },
  };

  return {
    handler,
    /** Names the place of one photo that was just stored, where it has one. */
    async locate(photoId: number): Promise<void> {
      const work = await places.findUnnamed(photoId, PLACE_SOURCE);
      if (work !== undefined) await name([work]);
    },
    /** Queues the job if any photo is to be named. */
    async begin(): Promise<void> {
      const [first] = await places.listUnnamed({ source: PLACE_SOURCE, afterId: 0, limit: 1 });
      if (first === undefined) return;
      await jobs.enqueue([{ kind: PLACES_JOB, dedupeKey: "library" }]);
      notify();
    },
  };
}
