import { useEffect } from "preact/hooks";
import type { Concept } from "../../../src/api/concepts.ts";
import { post } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { decide, decisionChanges } from "../people/decide.ts";
import { searchApi } from "../search/search-api.ts";
import { searchHref } from "../search/search-state.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";

/** What was taught by examples: how far each lesson got, its photos, and the way to forget it. */
export function Concepts() {
  const list = useResource("concepts", searchApi.concepts);
  const decisions = decisionChanges.value;
  useEffect(() => list.reload(), [decisions]);
  const { data, error } = list;
  return (
    <section class="concepts">
      <h2 class="section-title">{strings.concepts.title}</h2>
      <p class="quiet">{strings.concepts.intro}</p>
      {error && !data && <FailureNote error={error} onRetry={list.reload} />}
      {data?.items.length === 0 && <p class="empty-line">{strings.concepts.none}</p>}
      <ul class="category-list">
        {data?.items.map((concept) => (
          <li key={concept.id} class="card">
            <ConceptCard concept={concept} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ConceptCard({ concept }: { readonly concept: Concept }) {
  const { id, name, state } = concept;
  const remove = () =>
    decide(
      () => post<{ readonly decisionId: number }>(`/concepts/${id}`, undefined, "DELETE"),
      () => strings.concepts.removed(name),
    );
  return (
    <header class="category-head">
      <h3>
        <a
          href={searchHref({ filters: [{ kind: "concept", value: name }] })}
          aria-label={strings.concepts.show(name)}
          dir="auto"
        >
          {name}
        </a>
      </h3>
      <span class="quiet">
        {strings.concepts.learnt(concept.examples, concept.counterexamples)}
        {` · ${state === "ready" ? strings.concepts.found(concept.photos) : strings.concepts.states[state]}`}
      </span>
      <span class="category-tools">
        <button
          type="button"
          class="button is-small"
          aria-label={strings.concepts.removeLabel(name)}
          onClick={() => void remove()}
        >
          {strings.concepts.remove}
        </button>
      </span>
    </header>
  );
}
