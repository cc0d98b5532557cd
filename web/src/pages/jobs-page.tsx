import { useEffect, useState } from "preact/hooks";
import type { Job } from "../../../src/api/system.ts";
import { api } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { JobRow } from "../jobs/job-row.tsx";
import { QueueCard, queuesWorthACard } from "../jobs/queue-card.tsx";
import { navigate } from "../router.ts";
import { onLibraryEvent, queues } from "../state/events.ts";
import { useResource } from "../state/resource.ts";
import { throttle } from "../state/throttle.ts";
import { strings } from "../strings.ts";

const PAGE_SIZE = 50;
const REFRESH_MS = 1500;
const STATES = ["all", "running", "queued", "failed", "succeeded", "cancelled"] as const;

/** Background work: what each queue does, how long it takes, and what failed and why. */
export function JobsPage({ query }: { readonly query: string }) {
  const chosen = new URLSearchParams(query).get("state");
  const state = STATES.find((known) => known === chosen) ?? "all";
  const [pages, setPages] = useState(1);
  useEffect(() => setPages(1), [state]);
  const list = useResource(`${state} ${pages}`, (signal) => loadPages(state, pages, signal));
  const [shown, setShown] = useState<{
    readonly state: string;
    readonly jobs: readonly Job[];
    readonly total: number;
  }>();
  useEffect(() => {
    if (list.data) setShown({ state, ...list.data });
  }, [list.data]);
  useEffect(() => {
    const reload = throttle(list.reload, () => REFRESH_MS);
    const stop = onLibraryEvent(reload);
    return () => {
      stop();
      reload.cancel();
    };
  }, []);
  const current = shown?.state === state ? shown : undefined;

  return (
    <main id="main" class="page">
      <header class="page-head">
        <h1>{strings.jobs.title}</h1>
        <p class="quiet">{strings.jobs.intro}</p>
      </header>
      <div class="queue-cards">
        {queuesWorthACard(queues.value).map((queue) => (
          <QueueCard key={queue.kind} queue={queue} />
        ))}
      </div>
      <nav class="tabs" aria-label={strings.jobs.filter}>
        {STATES.map((name) => (
          <a
            key={name}
            class="tab-link"
            href={name === "all" ? "/jobs" : `/jobs?state=${name}`}
            aria-current={name === state ? "page" : undefined}
            onClick={(event) => {
              event.preventDefault();
              navigate(name === "all" ? "/jobs" : `/jobs?state=${name}`, { replace: true });
            }}
          >
            {strings.jobs.states[name]}
          </a>
        ))}
      </nav>
      {list.error && !current && <FailureNote error={list.error} onRetry={list.reload} />}
      {current?.jobs.length === 0 && (
        <p class="empty-line">{state === "failed" ? strings.jobs.noneFailed : strings.jobs.none}</p>
      )}
      {current && (
        <ul class="job-list">
          {current.jobs.map((job) => (
            <JobRow key={job.id} job={job} onChanged={list.reload} />
          ))}
        </ul>
      )}
      {current && current.jobs.length < current.total && (
        <button type="button" class="button" onClick={() => setPages(pages + 1)}>
          {strings.jobs.more}
        </button>
      )}
    </main>
  );
}

async function loadPages(state: string, pages: number, signal: AbortSignal) {
  const filter = state === "all" ? "" : `&state=${state}`;
  const loaded = await Promise.all(
    Array.from({ length: pages }, (_, index) =>
      api.jobs(`page=${index + 1}&pageSize=${PAGE_SIZE}${filter}`, signal),
    ),
  );
  const byId = new Map(loaded.flatMap((page) => page.items.map((job) => [job.id, job])));
  return { jobs: [...byId.values()], total: loaded[0]!.total };
}
