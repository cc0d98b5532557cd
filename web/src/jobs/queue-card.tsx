import type { Queue } from "../../../src/api/system.ts";
import { api } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { formatDuration, formatRate } from "../format.ts";
import { refreshQueues } from "../state/events.ts";
import { attempt } from "../state/notices.ts";
import { strings } from "../strings.ts";

/** Whether a queue has anything to tell: work, a pause, or failures. The import's always has. */
export function isWorthACard(queue: Queue): boolean {
  return queue.kind === IMPORT || queue.isPaused || queue.queued + queue.running + queue.failed > 0;
}

/** The queue a person waits for. */
const IMPORT = "analyse";

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
      </p>
    </section>
  );
}
