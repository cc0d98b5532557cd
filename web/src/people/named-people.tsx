import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Person } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { formatCount } from "../format.ts";
import { strings } from "../strings.ts";
import { CardGrid } from "./card-grid.tsx";
import { decide } from "./decide.ts";
import { MergeDialog } from "./merge-dialog.tsx";
import { createPagedList, type PagedList } from "./paged-list.ts";
import { usePeopleReload } from "./people-changes.ts";
import { PersonCard } from "./person-card.tsx";
import { SelectionBar } from "../components/selection-bar.tsx";
import { useSelection } from "./use-selection.ts";

const SORTS = ["photos", "name", "newest"] as const;
type Sort = (typeof SORTS)[number];

/** So many people are all shown at once; of more, at first some rows only, so that unknown faces are not far below. */
const ALL_AT_ONCE = 60;
const FIRST_SHOWN = 30;
const SEARCH_DELAY_MS = 120;

/**
 * Everybody with a name: to open, to sort, to find, to choose several and make them one. `expected` is how many there are as
 * far as is known elsewhere: their room is kept until they are there.
 */
export function NamedPeople({ expected }: { readonly expected: number }) {
  const [text, setText] = useState("");
  const search = useSlowly(text.trim(), SEARCH_DELAY_MS);
  const [sort, setSort] = useState<Sort>("photos");
  const [isHidden, setHidden] = useState(false);
  const [isExpanded, setExpanded] = useState(false);
  const [isMerging, setMerging] = useState<readonly Person[]>();

  const asked = useMemo(() => {
    const query = new URLSearchParams({ sort, status: isHidden ? "hidden" : "active" });
    if (search !== "") query.set("q", search);
    return createPagedList((page, pageSize) => {
      query.set("page", String(page));
      query.set("pageSize", String(pageSize));
      return api.persons(query.toString());
    });
  }, [search, sort, isHidden]);
  useEffect(() => void asked.need(0, 1), [asked]);
  usePeopleReload(() => void asked.reload());
  const list = useAnswered(asked);
  const { total, error } = list.state.value;
  const selection = useSelection<string>(async (first, last) => {
    await list.need(first, last + 1);
    return range(first, last).flatMap((index) => list.at(index)?.id ?? []);
  });
  useEffect(() => selection.clear(), [isHidden]);
  const known = useRef(new Map<string, Person>());
  for (const page of list.state.value.pages.values()) {
    for (const person of page) known.current.set(person.id, person);
  }
  const chosen = [...selection.ids].flatMap((id) => known.current.get(id) ?? []);

  const favour = (person: Person) =>
    void decide(
      () => api.updatePerson(person.id, { isFavourite: !person.isFavourite }),
      () => strings.people.done[person.isFavourite ? "noFavourite" : "favourite"](person.name),
    );
  const merge = async (people: readonly Person[], target: Person) => {
    setMerging(undefined);
    const sources = people.filter(({ id }) => id !== target.id).map(({ id }) => id);
    const done = await decide(
      () => api.mergePersons(sources, target.id),
      () => strings.people.done.merged(target.name),
    );
    if (!done) return;
    selection.clear();
    focusCard();
  };
  const setAllHidden = async () => {
    const one = chosen.length === 1 ? chosen[0]!.name : undefined;
    const { hidden, hiddenMany, shown, shownMany } = strings.people.done;
    const [sayOne, sayMany] = isHidden ? [shown, shownMany] : [hidden, hiddenMany];
    const done = await decide(
      () =>
        api.hidePersons(
          chosen.map(({ id }) => id),
          !isHidden,
        ),
      () => (one === undefined ? sayMany(chosen.length) : sayOne(one)),
    );
    if (!done) return;
    selection.clear();
    focusCard();
  };

  if (error && total === undefined) {
    return <FailureNote error={error} onRetry={() => void list.reload()} />;
  }
  const count = total ?? expected;
  const isShort = count > ALL_AT_ONCE && !isExpanded && search === "";
  return (
    <section class="people-section" aria-labelledby="named-title">
      <header class="section-head">
        <h2 id="named-title">
          {isHidden ? strings.people.hidden : strings.people.named}{" "}
          <span class="section-count">{total === undefined ? "" : formatCount(total)}</span>
        </h2>
        <div class="section-tools">
          <input
            class="field people-search"
            type="search"
            dir="auto"
            aria-label={strings.people.search}
            placeholder={strings.people.search}
            value={text}
            maxLength={200}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <select
            class="select"
            aria-label={strings.people.sort.label}
            value={sort}
            onChange={(event) => setSort(event.currentTarget.value as Sort)}
          >
            {SORTS.map((name) => (
              <option key={name} value={name}>
                {strings.people.sort[name]}
              </option>
            ))}
          </select>
          <button
            type="button"
            class="icon-button"
            aria-pressed={selection.isActive}
            title={strings.people.choose}
            aria-label={strings.people.choose}
            onClick={selection.isActive ? selection.clear : selection.start}
          >
            <Icon name="check" />
          </button>
          <button
            type="button"
            class="icon-button"
            aria-pressed={isHidden}
            title={strings.people.showHidden}
            aria-label={strings.people.showHidden}
            onClick={() => setHidden(!isHidden)}
          >
            <Icon name="hide" />
          </button>
        </div>
      </header>
      {total === 0 && (
        <p class="empty-line">
          {search !== ""
            ? strings.people.nobodyFound(search)
            : isHidden
              ? strings.people.nobodyHidden
              : strings.people.nobodyNamed}
        </p>
      )}
      <CardGrid
        label={strings.people.named}
        count={isShort ? FIRST_SHOWN : count}
        shape={personShape}
        idAt={(index) => list.at(index)?.id}
        onNeed={(start, end) => void list.need(start, end)}
        selection={selection}
        render={(place) => (
          <PersonCard
            person={list.at(place.index)!}
            place={place}
            selection={selection}
            onFavourite={() => favour(list.at(place.index)!)}
          />
        )}
      />
      {isShort && (
        <button type="button" class="button" onClick={() => setExpanded(true)}>
          {strings.people.showAll(count)}
        </button>
      )}
      {selection.isActive && (
        <SelectionBar count={selection.ids.size} onClear={selection.clear}>
          <button
            type="button"
            class="button is-primary"
            disabled={chosen.length < 2}
            onClick={() => setMerging(chosen)}
          >
            {strings.people.merge}
          </button>
          <button
            type="button"
            class="button"
            disabled={chosen.length === 0}
            onClick={() => void setAllHidden()}
          >
            {isHidden ? strings.people.show : strings.people.hide}
          </button>
        </SelectionBar>
      )}
      {isMerging && (
        <MergeDialog
          people={isMerging}
          onClose={() => setMerging(undefined)}
          onMerge={(target) => void merge(isMerging, target)}
        />
      )}
    </section>
  );
}

function personShape(pageWidth: number) {
  const isNarrow = pageWidth < 600;
  return {
    pageWidth,
    minWidth: isNarrow ? 96 : 144,
    heightOf: (width: number) => Math.min(width - 16, 128) + 84,
    gap: isNarrow ? 8 : 12,
  };
}

/** The keyboard goes to the first card that takes it, once the changed list is drawn. */
function focusCard(): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>('.person-card [data-card][tabindex="0"]')?.focus(),
  );
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** A value that follows another once that has rested for a moment. */
function useSlowly(value: string, delayMs: number): string {
  const [slow, setSlow] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(value), delayMs);
    return () => clearTimeout(timer);
  }, [value]);
  return slow;
}

/** The list asked for once it has an answer; until then the one before, so that nothing flickers. */
function useAnswered<T>(asked: PagedList<T>): PagedList<T> {
  const answered = useRef(asked);
  const { total, error } = asked.state.value;
  if (total !== undefined || error) answered.current = asked;
  return answered.current;
}
