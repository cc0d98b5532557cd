import type { JobStore } from "../../database/jobs/job-store.ts";
import type { SettingsStore } from "../../database/settings-store.ts";
import type { TextIndex } from "../../database/text-index.ts";
import type { JobHandler } from "../jobs/job-runner.ts";

/** Kind of the job that makes the full-text index anew. */
export const INDEX_TEXT_JOB = "index-text";

/** The setting that a migration leaves behind when it changed what the index holds. */
const STALE = "textIndex.isStale";

/** Fills the full-text index of a library that an older version wrote. */
export function createIndexText({
  textIndex,
  settings,
  jobs,
}: {
  readonly textIndex: TextIndex;
  readonly settings: SettingsStore;
  readonly jobs: JobStore;
}) {
  const handler: JobHandler = {
    concurrency: 1,
    async run(_job, { setProgress }) {
      await textIndex.rebuild((done) => void setProgress(done).catch(() => {}));
      await settings.remove(STALE);
    },
  };
  return {
    handler,
    /** Queues the job where a migration says that it is needed. */
    async begin(): Promise<void> {
      if ((await settings.get(STALE)) !== true) return;
      await jobs.enqueue([{ kind: INDEX_TEXT_JOB, dedupeKey: "library" }]);
    },
  };
}
