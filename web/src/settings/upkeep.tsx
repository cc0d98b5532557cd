import { useEffect } from "preact/hooks";
import type { MaintenanceRun, MaintenanceStatus } from "../../../src/api/maintenance.ts";
import { get, post } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { formatMilliseconds, formatMoment } from "../format.ts";
import { onLibraryEvent } from "../state/events.ts";
import { attempt } from "../state/notices.ts";
import { useResource } from "../state/resource.ts";
import { throttle } from "../state/throttle.ts";
import { strings } from "../strings.ts";
import { type SectionProps, useReady } from "./use-ready.ts";

/** The list follows running tasks at most so often. */
const REFRESH_MS = 1500;

/** What is done every night: when it ran last, what it did or why it did not. */
export function Upkeep({ onReady }: SectionProps) {
  const status = useResource("maintenance", (signal) =>
    get<MaintenanceStatus>("/maintenance/status?pageSize=1", signal),
  );
  useReady(status, onReady);
  useEffect(() => {
    const reload = throttle(status.reload, () => REFRESH_MS);
    const stop = onLibraryEvent((event) => event.type === "progress" && reload());
    return () => {
      stop();
      reload.cancel();
    };
  }, []);
  const run = async (task: string) => {
    await attempt(() => post("/maintenance/run", { tasks: [task] }), strings.settings.running);
    status.reload();
  };
  return (
    <section class="card">
      <h2>{strings.settings.upkeep}</h2>
      {status.data && <p class="quiet">{strings.settings.upkeepHint(status.data.nightlyHour)}</p>}
      {status.error && !status.data && <FailureNote error={status.error} onRetry={status.reload} />}
      <ul class="settings-list">
        {status.data?.tasks.map(({ task, title, description, lastRun }) => (
          <li key={task}>
            <div class="settings-words">
              <strong>{title}</strong>
              <span class="quiet">{description}</span>
              <span class={lastRun?.state === "failed" ? "is-bad" : "quiet"}>{wordsOf(lastRun)}</span>
            </div>
            <button
              type="button"
              class="button is-small"
              aria-label={`${title}: ${strings.settings.runNow}`}
              disabled={lastRun?.state === "running"}
              onClick={() => void run(task)}
            >
              {strings.settings.runNow}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function wordsOf(run: MaintenanceRun | null): string {
  if (run === null) return strings.settings.never;
  const took = run.durationMs === null ? "" : ` (${formatMilliseconds(run.durationMs)})`;
  return `${strings.settings.states[run.state]}, ${formatMoment(run.startedAt)}${took}: ${run.summary}`;
}
