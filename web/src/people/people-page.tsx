import { useState } from "preact/hooks";
import { api } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { PageLoading } from "../components/page-loading.tsx";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { useUndoKey } from "./decide.ts";
import { IgnoredFaces } from "./ignored-faces.tsx";
import { NamedPeople } from "./named-people.tsx";
import { usePeopleReload } from "./people-changes.ts";
import { ReviewStrip } from "./review-strip.tsx";
import { UnknownFaces } from "./unknown-faces.tsx";

/** Who is in the photos: people with names, questions about them, and faces that nobody named yet. */
export function PeoplePage() {
  const stats = useResource("face stats", (signal) => api.faceStats(signal));
  const [unknownCount, setUnknownCount] = useState<number>();
  usePeopleReload(stats.reload);
  useUndoKey();
  if (stats.error && !stats.data) {
    return (
      <main id="main" class="page">
        <h1>{strings.people.title}</h1>
        <FailureNote error={stats.error} onRetry={stats.reload} />
      </main>
    );
  }
  if (!stats.data) return <PageLoading />;
  const { totalFaces, totalPersons, activePersons, modelId } = stats.data;
  return (
    <main id="main" class="page people-page">
      <header class="page-head people-head">
        <div>
          <h1>{strings.people.title}</h1>
          <p class="quiet">{strings.people.intro}</p>
        </div>
        <a class="button is-small" href="/history">
          <Icon name="clock" size={16} />
          {strings.people.history}
        </a>
      </header>
      {modelId === null && totalFaces > 0 && <NoRecogniser />}
      {totalFaces === 0 && totalPersons === 0 ? (
        <NoFaces />
      ) : (
        <>
          {modelId !== null && totalPersons > 0 && <ReviewStrip />}
          <NamedPeople expected={activePersons} />
          <UnknownFaces onCount={setUnknownCount} />
          <IgnoredFaces />
          {unknownCount === 0 && totalPersons === 0 && (
            <p class="empty-line">{strings.people.notGrouped(totalFaces)}</p>
          )}
        </>
      )}
    </main>
  );
}

function NoFaces() {
  return (
    <div class="empty-state">
      <Icon name="face" size={44} />
      <h2>{strings.people.noFaces}</h2>
      <p class="quiet">{strings.people.noFacesHint}</p>
      <div class="empty-actions">
        <a class="button" href="/">
          {strings.people.noFacesAdd}
        </a>
        <a class="button" href="/models">
          {strings.people.noRecogniserAction}
        </a>
      </div>
    </div>
  );
}

function NoRecogniser() {
  return (
    <div class="hint-card" role="note">
      <Icon name="models" size={28} />
      <div>
        <strong>{strings.people.noRecogniser}</strong>
        <p class="quiet">{strings.people.noRecogniserHint}</p>
      </div>
      <a class="button is-small" href="/models">
        {strings.people.noRecogniserAction}
      </a>
    </div>
  );
}
