import { useEffect, useMemo, useState } from "preact/hooks";
import type { Face, Person } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { strings } from "../strings.ts";
import { CardGrid } from "./card-grid.tsx";
import { decide } from "./decide.ts";
import { FaceCard } from "./face-card.tsx";
import { faceShape } from "./face-shape.ts";
import { NameDialog } from "./name-dialog.tsx";
import { type Named, toWhom } from "./name-field.tsx";
import { createPagedList } from "./paged-list.ts";
import { usePeopleReload } from "./people-changes.ts";
import { SelectionBar } from "../components/selection-bar.tsx";
import { useSelection } from "./use-selection.ts";

const STATES = ["all", "confirmed", "suggested"] as const;

/** All faces of a person, those that a human confirmed and those that Keepsight found; to correct several at once. */
export function PersonFaces({ person }: { readonly person: Person }) {
  const [state, setState] = useState<(typeof STATES)[number]>("all");
  const [isMoving, setMoving] = useState(false);
  const list = useMemo(() => {
    const filter = state === "all" ? "" : `&state=${state}`;
    return createPagedList((page, pageSize) =>
      api.personFaces(person.id, `page=${page}&pageSize=${pageSize}${filter}`),
    );
  }, [person.id, state]);
  useEffect(() => void list.need(0, 1), [list]);
  usePeopleReload(() => void list.reload());
  const { total, error, pages } = list.state.value;
  const selection = useSelection<number>(async (first, last) => {
    await list.need(first, last + 1);
    return Array.from({ length: last - first + 1 }, (_, i) => list.at(first + i)?.id ?? []).flat();
  });
  useEffect(() => selection.clear(), [state]);

  const ids = [...selection.ids];
  const suggested = new Set(
    [...pages.values()].flat().flatMap((face: Face) => (face.state === "suggested" ? face.id : [])),
  );
  const open = ids.filter((id) => suggested.has(id));
  const { done } = strings.people;
  const act = async (action: Parameters<typeof decide>[0], say: () => string) => {
    if (!(await decide(action, say))) return;
    selection.clear();
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>('.face-card [data-card][tabindex="0"]')?.focus(),
    );
  };
  const move = async (named: Named) => {
    setMoving(false);
    // The same name again is no move; all faces of a person cannot be split off it.
    if ("personId" in named || ids.length === person.faceCount) {
      await act(
        () => api.assignFaces(ids, toWhom(named)),
        () => done.named(ids.length, named.shownName),
      );
    } else {
      await act(
        () => api.splitPerson(person.id, ids, named.name),
        () => done.split(ids.length, named.shownName),
      );
    }
  };

  return (
    <section aria-label={strings.people.tabs.faces}>
      <div class="face-tools">
        <div class="segmented" role="group" aria-label={strings.people.tabs.faces}>
          {STATES.map((name) => (
            <button
              key={name}
              type="button"
              class="segment"
              aria-pressed={name === state}
              onClick={() => setState(name)}
            >
              {strings.people.states[name]}
            </button>
          ))}
        </div>
        {total !== undefined && total > 0 && !selection.isActive && (
          <button type="button" class="link-button" onClick={selection.start}>
            {strings.people.choose}
          </button>
        )}
        {total !== undefined && total > 0 && selection.isActive && (
          <button
            type="button"
            class="link-button"
            onClick={() => selection.set([...pages.values()].flat().map(({ id }: Face) => id))}
          >
            {strings.people.selectAll}
          </button>
        )}
      </div>
      {error && <FailureNote error={error} onRetry={() => void list.reload()} />}
      {total === 0 && <p class="empty-line">{strings.people.noFacesOfPerson}</p>}
      <CardGrid
        label={strings.people.facesGrid(person.name)}
        count={total ?? 0}
        shape={faceShape}
        idAt={(index) => list.at(index)?.id}
        onNeed={(start, end) => void list.need(start, end)}
        selection={selection}
        render={(place) => (
          <FaceCard face={list.at(place.index)!} place={place} selection={selection} marksState />
        )}
      />
      {selection.isActive && (
        <SelectionBar count={ids.length} onClear={selection.clear}>
          {open.length > 0 && (
            <button
              type="button"
              class="button is-primary"
              onClick={() =>
                void act(
                  () => api.assignFaces(open, { personId: person.id }),
                  () => done.named(open.length, person.name),
                )
              }
            >
              {strings.people.confirm}
            </button>
          )}
          <button type="button" class="button" onClick={() => setMoving(true)}>
            {strings.people.move}
          </button>
          <button
            type="button"
            class="button"
            onClick={() =>
              void act(
                () => api.rejectFaces(ids, person.id),
                () => done.rejected(ids.length, person.name),
              )
            }
          >
            {strings.people.notPerson(person.name)}
          </button>
          <button
            type="button"
            class="button"
            onClick={() =>
              void act(
                () => api.removeFaces(ids),
                () => done.removed(ids.length),
              )
            }
          >
            {strings.people.notFace}
          </button>
          {ids.length === 1 && (
            <button
              type="button"
              class="button"
              onClick={() =>
                void act(
                  () => api.updatePerson(person.id, { representativeFaceId: ids[0]! }),
                  () => done.cover(person.name),
                )
              }
            >
              {strings.people.cover}
            </button>
          )}
        </SelectionBar>
      )}
      {isMoving && (
        <NameDialog
          title={strings.people.moveTitle(ids.length)}
          hint={strings.people.moveHint}
          exceptIds={[person.id]}
          onName={(named) => void move(named)}
          onClose={() => setMoving(false)}
        />
      )}
    </section>
  );
}
