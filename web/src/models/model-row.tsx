import { useState } from "preact/hooks";
import type { Model } from "../../../src/api/system.ts";
import { api } from "../api-client.ts";
import { Dialog } from "../components/dialog.tsx";
import { Icon } from "../components/icon.tsx";
import { formatBytes } from "../format.ts";
import { downloads } from "../state/events.ts";
import { attempt } from "../state/notices.ts";
import { strings } from "../strings.ts";

/** One model: what it is for, its size and licence, where it stands, and how to get it. */
export function ModelRow({ model, onPulled }: { readonly model: Model; readonly onPulled: () => void }) {
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
            strings.models.tasks[model.task],
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
