import { formatDuration, formatRate } from "../format.ts";
import { readProgress } from "../state/progress.ts";
import { queues } from "../state/events.ts";
import { location } from "../router.ts";
import { strings } from "../strings.ts";

/** How far the import is, while there is one: in the header, or floating above the tab bar of a phone. */
export function ProgressPill({ isFloating }: { readonly isFloating: boolean }) {
  const progress = readProgress(queues.value);
  // The page of jobs says the same, larger.
  if (!progress || (isFloating && location.value.path === "/jobs")) return null;
  const { done, total } = progress;
  const detail = progress.isPaused
    ? strings.jobs.pillPaused
    : [
        progress.ratePerSecond ? formatRate(progress.ratePerSecond) : undefined,
        progress.etaSeconds ? strings.jobs.left(formatDuration(progress.etaSeconds)) : undefined,
      ]
        .filter(Boolean)
        .join(" · ");
  const fraction = total === 0 ? 0 : done / total;
  return (
    <a
      class={`pill ${isFloating ? "is-floating" : ""}`}
      href="/jobs"
      aria-label={`${strings.jobs.pillLabel}: ${strings.jobs.pill(done, total)} ${detail}`}
    >
      <svg class="pill-ring" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <circle cx="10" cy="10" r="7.500" />
        <circle
          class="pill-ring-done"
          cx="10"
          cy="10"
          r="7.500"
          pathLength="100"
          stroke-dasharray={`${fraction * 100} 100`}
        />
      </svg>
      {total === 0 ? (
        <span>{strings.jobs.pillScanning}</span>
      ) : (
        <>
          <span>{strings.jobs.pill(done, total)}</span>
          {detail && <span class="pill-detail">{detail}</span>}
        </>
      )}
    </a>
  );
}
