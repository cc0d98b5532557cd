import type { PhotoDetails, PhotoStep } from "../../../src/api/photos.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import { Prose } from "../components/prose.tsx";
import { formatMilliseconds } from "../format.ts";
import { strings } from "../strings.ts";
import { reprocess } from "./reprocess.ts";

const STATE_ICONS: Readonly<Record<PhotoStep["status"], IconName>> = {
  pending: "clock",
  running: "refresh",
  done: "check",
  failed: "warning",
  skipped: "pause",
};

/** The steps in the order in which they run: the order of their names in the strings. */
const ORDER = Object.keys(strings.steps);

function byOrder(a: PhotoStep, b: PhotoStep): number {
  return ORDER.indexOf(a.step) - ORDER.indexOf(b.step);
}

/** The steps of a photo's analysis: how each ended, why, and a way to run it again. Open by itself where one failed. */
export function StepList({
  details,
  onChanged,
}: {
  readonly details: PhotoDetails;
  readonly onChanged: () => void;
}) {
  const { steps, fingerprints } = details;
  const hasFailure = details.status === "failed" || steps.some((step) => step.status === "failed");
  const again = (only?: readonly string[]) => void reprocess(details.id, only).then(onChanged);
  return (
    <details class="panel-section steps" open={hasFailure}>
      <summary>
        <h2>{strings.photo.analysis}</h2>
        <span class={`status-badge is-${details.status}`}>{strings.statuses[details.status]}</span>
      </summary>
      {details.failureReason && (
        <p class="step-reason" dir="auto">
          <Prose text={details.failureReason} />
        </p>
      )}
      <ul class="step-list">
        {steps.toSorted(byOrder).map((step) => (
          <li key={step.step} class={`step is-${step.status}`}>
            <Icon name={STATE_ICONS[step.status]} size={18} />
            <div class="step-body">
              <p>
                {strings.steps[step.step] ?? step.step}
                <span class="quiet"> · {strings.stepStates[step.status]}</span>
                {step.durationMs !== null && step.status === "done" && (
                  <span class="quiet"> · {formatMilliseconds(step.durationMs)}</span>
                )}
              </p>
              {step.reason && step.reason !== details.failureReason && (
                <p class="step-reason" dir="auto">
                  <Prose text={step.reason} />
                  {step.attempts > 1 && ` (${strings.photo.attempts(step.attempts)})`}
                </p>
              )}
              {step.modelId && <p class="quiet step-model">{step.modelId}</p>}
            </div>
            {step.status === "failed" && step.reason !== details.failureReason && (
              <button
                type="button"
                class="button is-small"
                aria-label={strings.photo.retryStep(strings.steps[step.step] ?? step.step)}
                onClick={() => again([step.step])}
              >
                {strings.common.retry}
              </button>
            )}
          </li>
        ))}
      </ul>
      <button type="button" class="button is-small" onClick={() => again()}>
        <Icon name="refresh" size={16} />
        {strings.photo.reprocess}
      </button>
      {(fingerprints.imohash ?? fingerprints.pdq) && (
        <dl class="fingerprints">
          {fingerprints.imohash && (
            <>
              <dt>{strings.photo.fingerprints.imohash}</dt>
              <dd>{fingerprints.imohash}</dd>
            </>
          )}
          {fingerprints.pdq && (
            <>
              <dt>
                {strings.photo.fingerprints.pdq}
                {fingerprints.pdqQuality !== null &&
                  `, ${strings.photo.fingerprints.quality(fingerprints.pdqQuality)}`}
              </dt>
              <dd>{fingerprints.pdq}</dd>
            </>
          )}
        </dl>
      )}
    </details>
  );
}
