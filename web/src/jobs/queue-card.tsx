import type { Queue } from "../../../src/api/system.ts";
import { api } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { formatDuration, formatRate } from "../format.ts";
import { refreshQueues } from "../state/events.ts";
import { attempt } from "../state/notices.ts";
import { strings } from "../strings.ts";

/** Queues whose job waits for the night: there is nothing to see of them by day. */
export const NIGHTLY: ReadonlySet<string> = new Set(["maintenance.nightly", "faces.nightly"]);

/** The queue a person waits for. */
const IMPORT = "analyse";

/** The queues that have anything to tell, work, a pause, or failures, the fullest first; before them that of the import. */
export function queuesWorthACard(queues: readonly Queue[]): readonly Queue[] {
  const others = queues.filter((queue) => queue.kind !== IMPORT && hasNews(queue));
  return [
    ...queues.filter(({ kind }) => kind === IMPORT),
    ...others.toSorted((a, b) => b.queued + b.running - a.queued - a.running),
  ];
}

function hasNews({ kind, isPaused, queued, running, failed }: Queue): boolean {
  return isPaused || running + failed > 0 || (queued > 0 && !NIGHTLY.has(kind));
}

/** One kind of background work: how far, how fast, how long still; pause and resume. */
export function QueueCard({ queue }: { readonly queue: Queue }) {
  const open = queue.queued + queue.running;
  const done = queue.succeeded + queue.failed;
  const total = open + done;
  const name = strings.jobs.kinds[queue.kind] ?? queue.kind;
  const toggle = async () => {
    await attempt(() => (queue.isPaused ? api.resumeQueue(queue.kind) : api.pauseQueue(queue.kind)));
    await refreshQueues();
  };
  const retryAll = () => void attempt(() => api.retryFailed(queue.kind)).then(refreshQueues);
  const pace = [
    queue.ratePerSecond ? formatRate(queue.ratePerSecond) : undefined,
    queue.etaSeconds && open > 0 ? strings.jobs.left(formatDuration(queue.etaSeconds)) : undefined,
  ].filter((part) => part !== undefined);
  return (
    <section class={`card queue ${queue.isPaused ? "is-paused" : ""}`} aria-label={name}>
      <header>
        <h2>{name}</h2>
        <button
          type="button"
          class="button is-small"
          aria-pressed={queue.isPaused}
          onClick={() => void toggle()}
        >
          <Icon name={queue.isPaused ? "play" : "pause"} size={16} />
          {queue.isPaused ? strings.jobs.resume : strings.jobs.pause}
        </button>
      </header>
      {open > 0 && (
        <>
          <p class="queue-progress">
            <strong>{strings.jobs.progress(done, total)}</strong>
            <span class="quiet">{queue.isPaused ? strings.jobs.paused : pace.join(" · ")}</span>
          </p>
          <progress value={done} max={total} aria-label={name} />
        </>
      )}
      <p class="queue-counts quiet">
        {open === 0 && <span>{queue.isPaused ? strings.jobs.paused : strings.jobs.idle}</span>}
        {queue.running > 0 && <span>{strings.jobs.running(queue.running)}</span>}
        {queue.queued > 0 && <span>{strings.jobs.queued(queue.queued)}</span>}
        {queue.succeeded > 0 && <span>{strings.jobs.done(queue.succeeded)}</span>}
        {queue.failed > 0 && (
          <a class="is-bad" href="/jobs?state=failed">
            {strings.jobs.failed(queue.failed)}
          </a>
        )}
        {queue.failed > 1 && (
          <button type="button" class="link-button" onClick={retryAll}>
            {strings.jobs.retryAll}
          </button>
        )}
      </p>
    </section>
  );
}
