import { useEffect } from "preact/hooks";
import type { Person } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { PageLoading } from "../components/page-loading.tsx";
import { formatCount } from "../format.ts";
import { location, navigate } from "../router.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { useUndoKey } from "./decide.ts";
import { usePeopleReload } from "./people-changes.ts";
import { PersonFaces } from "./person-faces.tsx";
import { PersonHead } from "./person-head.tsx";
import { PersonPhotos } from "./person-photos.tsx";

const TABS = ["photos", "faces"] as const;

/** One person: name, photos, faces, and questions about them. */
export function PersonPage({ id, query }: { readonly id: string; readonly query: string }) {
  const { data: person, error, reload } = useResource(id, (signal) => api.person(id, signal));
  usePeopleReload(reload);
  useUndoKey();
  useEffect(() => {
    const isShown = location.peek().path === `/people/${id}`;
    if (person && isShown) document.title = `${person.name} · ${strings.appName}`;
  }, [person?.name]);
  useEffect(() => {
    // Whoever was merged is now somebody else.
    if (person?.mergedIntoId) navigate(`/people/${person.mergedIntoId}`, { replace: true });
  }, [person?.mergedIntoId]);

  if (error?.status === 404 || person?.status === "deleted") return <NoSuchPerson />;
  if (error && !person) {
    return (
      <main id="main" class="page">
        <h1>{strings.people.title}</h1>
        <FailureNote error={error} onRetry={reload} />
      </main>
    );
  }
  if (!person || person.status === "merged") return <PageLoading />;
  const chosen = new URLSearchParams(query).get("tab");
  const tab = TABS.find((name) => name === chosen) ?? "photos";
  return (
    <main id="main" class="person-page">
      <PersonHead person={person} />
      <PersonTabs person={person} tab={tab} />
      {tab === "photos" ? (
        <PersonPhotos key={id} person={person} />
      ) : (
        <PersonFaces key={id} person={person} />
      )}
    </main>
  );
}

function PersonTabs({ person, tab }: { readonly person: Person; readonly tab: (typeof TABS)[number] }) {
  const questions = useResource(`questions ${person.id}`, (signal) =>
    api.suggestions(person.id, 100, signal),
  );
  usePeopleReload(questions.reload);
  const counts = { photos: person.photoCount, faces: person.faceCount };
  return (
    <nav class="tabs" aria-label={strings.people.tabs.label}>
      {TABS.map((name) => {
        const href = `/people/${person.id}${name === "photos" ? "" : `?tab=${name}`}`;
        return (
          <a
            key={name}
            class="tab-link"
            href={href}
            aria-current={name === tab ? "page" : undefined}
            onClick={(event) => {
              event.preventDefault();
              navigate(href, { replace: true });
            }}
          >
            {strings.people.tabs[name]} <span class="section-count">{formatCount(counts[name])}</span>
          </a>
        );
      })}
      {questions.data && questions.data.items.length > 0 && (
        <a class="tab-link" href={`/people/review?person=${person.id}`}>
          {strings.people.tabs.questions}{" "}
          <span class="section-count">{formatCount(questions.data.items.length)}</span>
        </a>
      )}
    </nav>
  );
}

function NoSuchPerson() {
  return (
    <main id="main" class="empty-state">
      <Icon name="person" size={40} />
      <h1>{strings.people.notFound}</h1>
      <p class="quiet">{strings.people.notFoundHint}</p>
      <a class="button" href="/people">
        {strings.people.back}
      </a>
    </main>
  );
}
