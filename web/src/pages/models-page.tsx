import { useEffect, useState } from "preact/hooks";
import type { Model, ModelList } from "../../../src/api/system.ts";
import { api } from "../api-client.ts";
import { Dialog } from "../components/dialog.tsx";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { formatBytes } from "../format.ts";
import { downloads, onLibraryEvent } from "../state/events.ts";
import { attempt } from "../state/notices.ts";
import { useResource } from "../state/resource.ts";
import { throttle } from "../state/throttle.ts";
import { strings } from "../strings.ts";

const REFRESH_MS = 500;

/** What each step sees with, what is missing, what it would add, and how to get it. */
export function ModelsPage() {
  const { data, error, reload } = useResource("models", (signal) => api.models(signal));
  useEffect(() => {
    const refresh = throttle(reload, () => REFRESH_MS);
    const stop = onLibraryEvent((event) => {
      const isDone = event.type === "download" && event.receivedBytes >= event.totalBytes;
      if (isDone || (event.type === "library" && event.reason === "models-changed")) refresh();
    });
    return () => {
      stop();
      refresh.cancel();
    };
  }, []);
  return (
    <main id="main" class="page">
      <header class="page-head">
        <h1>{strings.models.title}</h1>
        <p class="quiet">{strings.models.intro}</p>
      </header>
      {error && !data && <FailureNote error={error} onRetry={reload} />}
      {data && (
        <>
          <section>
            <h2 class="section-title">{strings.models.capabilities}</h2>
            <div class="capabilities">
              {data.steps.map((step) => (
                <Capability key={step.step} step={step} />
              ))}
            </div>
          </section>
          <section>
            <h2 class="section-title">{strings.models.catalogue}</h2>
            <ul class="model-list">
              {data.items.toSorted(byUse).map((model) => (
                <ModelRow key={model.id} model={model} onPulled={reload} />
              ))}
            </ul>
          </section>
        </>
      )}
    </main>
  );
}

function byUse(a: Model, b: Model): number {
  const rank = (model: Model) => (model.isActive ? 0 : model.state === "missing" ? 2 : 1);
  return rank(a) - rank(b);
}

function Capability({ step }: { readonly step: ModelList["steps"][number] }) {
  return (
    <div class={`card capability ${step.isAvailable ? "is-on" : ""}`}>
      <p class="capability-head">
        <Icon name={step.isAvailable ? "check" : "clock"} size={18} />
        <strong>{strings.steps[step.step] ?? step.step}</strong>
        <span class="status-badge">
          {step.isAvailable ? strings.models.available : strings.models.unavailable}
        </span>
      </p>
      <p>{strings.models.adds[step.step]}</p>
      {step.reason && (
        <p class="quiet" dir="auto">
          {step.reason}
        </p>
      )}
      {step.isAvailable && step.modelIds.length > 0 && (
        <p class="quiet model-id">{step.modelIds.join(" + ")}</p>
      )}
    </div>
  );
}

function ModelRow({ model, onPulled }: { readonly model: Model; readonly onPulled: () => void }) {
  const download = downloads.value.get(model.id);
  const isInstalled = model.state === "installed";
  const { licence } = model;
  const [isAsking, setAsking] = useState(false);
  const pull = () => {
    setAsking(false);
    void attempt(() => api.pullModel(model.id), strings.models.started).then(onPulled);
  };
  return (
    <li class="model">
      <div class="model-body">
        <p class="model-title">
          <strong dir="auto">{model.title}</strong>
          <span class={`status-badge is-${model.isActive ? "active" : model.state}`}>
            {model.isActive ? strings.models.active : strings.models.states[model.state]}
          </span>
        </p>
        <p class="quiet">
          {[
            strings.models.tasks[model.task] ?? model.task,
            formatBytes(model.byteSize),
            model.source === null ? undefined : strings.models.sources[model.source],
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
        <p class="quiet">
          {licence.url === null ? (
            licence.name
          ) : (
            <a href={licence.url} target="_blank" rel="noreferrer noopener">
              {licence.name}
              <Icon name="external" size={12} />
            </a>
          )}
          <span class={`licence ${licence.commercial ? "" : "is-restricted"}`}>
            {licence.commercial ? strings.models.commercial : strings.models.research}
          </span>
        </p>
        {download && !isInstalled && (
          <div class="model-progress">
            <progress value={download.received} max={Math.max(1, download.total)} aria-label={model.title} />
            <span class="quiet">
              {strings.models.pulling(formatBytes(download.received), formatBytes(download.total))}
            </span>
          </div>
        )}
      </div>
      {!isInstalled && !download && model.canDownload && (
        <button type="button" class="button" onClick={() => (licence.commercial ? pull() : setAsking(true))}>
          <Icon name="download" size={18} />
          {strings.models.pull}
        </button>
      )}
      {isAsking && (
        <Dialog title={strings.models.consentTitle} onClose={() => setAsking(false)}>
          <p>{strings.models.consent(model.title, licence.name)}</p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setAsking(false)}>
              {strings.common.cancel}
            </button>
            <button type="button" class="button is-primary" onClick={pull}>
              {strings.models.pull}
            </button>
          </div>
        </Dialog>
      )}
      {!isInstalled && !model.canDownload && <p class="quiet model-manual">{strings.models.manual}</p>}
    </li>
  );
}
