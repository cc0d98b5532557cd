import { useState } from "preact/hooks";
import type { Job } from "../../../src/api/system.ts";
import { api, thumbnailUrl } from "../api-client.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import { Prose } from "../components/prose.tsx";
import { openPhoto } from "../components/photo-tile.tsx";
import { formatDuration, formatMoment } from "../format.ts";
import { attempt } from "../state/notices.ts";
import { strings } from "../strings.ts";
import { NIGHTLY } from "./queue-card.tsx";

/** Shorter work is done before anybody wonders. */
const LONG_MS = 10_000;

/** The ordinary kind of job of a file: it need not be said on every line. */
const PHOTO_JOB = "analyse";

/** One job: its photo, its state, why it failed or waits, and what can be done about it. */
export function JobRow({ job, onChanged }: { readonly job: Job; readonly onChanged: () => void }) {
  const kind = strings.jobs.kinds[job.kind] ?? job.kind;
  const act = (action: (id: number) => Promise<unknown>) =>
    void attempt(() => action(job.id)).then(onChanged);
  const { done, total } = job.progress;
  const facts = [
    job.fileName === null || job.kind === PHOTO_JOB ? undefined : kind,
    job.attempts > 1 ? strings.jobs.attempts(job.attempts) : undefined,
    job.state === "queued" && job.retryAt ? strings.jobs.retryAt(formatMoment(job.retryAt)) : undefined,
    job.state === "queued" && NIGHTLY.has(job.kind) ? strings.jobs.atNight : undefined,
    job.finishedAt ? formatMoment(job.finishedAt) : undefined,
    tookWords(job),
  ].filter((fact) => fact !== undefined);
  return (
    <li class={`job is-${job.state}`}>
      <JobThumbnail job={job} />
      <div class="job-body">
        <p class="job-title">
          {job.photoId === null ? (
            <bdi>{job.fileName ?? kind}</bdi>
          ) : (
            <a
              href={`/photo/${job.photoId}`}
              onClick={(event) => {
                event.preventDefault();
                openPhoto(job.photoId!);
              }}
            >
              <bdi>{job.fileName ?? kind}</bdi>
            </a>
          )}
          <span class={`status-badge is-${job.state}`}>{strings.jobs.states[job.state]}</span>
        </p>
        {job.reason && (
          <p class="job-reason" dir="auto">
            <Prose text={job.reason} />
          </p>
        )}
        {job.state === "running" && total !== null && total > 0 && (
          <progress value={done} max={total} aria-label={strings.jobs.progress(done, total)} />
        )}
        {facts.length > 0 && <p class="quiet">{facts.join(" · ")}</p>}
      </div>
      <div class="job-actions">
        {(job.state === "failed" || job.state === "cancelled") && (
          <button type="button" class="button is-small" onClick={() => act(api.retryJob)}>
            <Icon name="refresh" size={16} />
            {strings.jobs.retry}
          </button>
        )}
        {(job.state === "queued" || job.state === "running") && (
          <button type="button" class="button is-small" onClick={() => act(api.cancelJob)}>
            {strings.jobs.cancel}
          </button>
        )}
      </div>
    </li>
  );
}

/** How long a job ran, where that was long enough to be felt. */
function tookWords({ startedAt, finishedAt }: Job): string | undefined {
  if (startedAt === null || finishedAt === null) return undefined;
  const durationMs = Date.parse(finishedAt) - Date.parse(startedAt);
  return durationMs < LONG_MS ? undefined : strings.jobs.took(formatDuration(durationMs / 1000));
}

function JobThumbnail({ job }: { readonly job: Job }) {
  const [isBroken, setBroken] = useState(false);
  const hasThumbnail = job.photoId !== null && !isBroken && mayHaveThumbnail(job);
  return (
    <span class="job-thumb">
      {hasThumbnail ? (
        // Jobs do not carry the photo's version; which of two versions a small picture shows does not matter here.
        <img
          src={thumbnailUrl({ id: job.photoId!, version: 0 })}
          alt=""
          loading="lazy"
          onError={() => setBroken(true)}
        />
      ) : (
        <Icon name={job.photoId === null ? "jobs" : STATE_ICONS[job.state]} size={20} />
      )}
    </span>
  );
}

const STATE_ICONS: Readonly<Record<Job["state"], IconName>> = {
  queued: "clock",
  running: "clock",
  succeeded: "photos",
  failed: "broken",
  cancelled: "photos",
};

/** Failures before any pixel was read: such a photo has no thumbnail, and asking for one is an error in the console. */
const WITHOUT_PIXELS: ReadonlySet<string> = new Set([
  "undecodable",
  "unsupported_media",
  "too_large",
  "file_unreadable",
]);

function mayHaveThumbnail(job: Job): boolean {
  return job.state === "succeeded" || (job.state === "failed" && !WITHOUT_PIXELS.has(job.errorCode ?? ""));
}
