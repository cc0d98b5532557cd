import { useEffect } from "preact/hooks";
import { api } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { ModelGroupCard } from "../models/model-group-card.tsx";
import { groupModels } from "../models/model-groups.ts";
import { onLibraryEvent } from "../state/events.ts";
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
        <div class="model-groups">
          {groupModels(data).map((group) => (
            <ModelGroupCard key={group.step.step} group={group} onPulled={reload} />
          ))}
        </div>
      )}
    </main>
  );
}
