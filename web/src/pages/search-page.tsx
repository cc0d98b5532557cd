import { useEffect, useMemo, useRef } from "preact/hooks";
import type { PhotoSummary } from "../../../src/api/photos.ts";
import type { SearchHit } from "../../../src/api/search.ts";
import { exportUrl } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { Prose } from "../components/prose.tsx";
import { withoutCommands } from "../components/without-commands.ts";
import { PageLoading } from "../components/page-loading.tsx";
import { Icon } from "../components/icon.tsx";
import { type GridSection, sectionOf } from "../components/grid-section.ts";
import { PhotoGrid } from "../components/photo-grid.tsx";
import { useScrollPlace } from "../components/use-scroll-place.ts";
import { useGridScroll } from "../components/use-viewport.ts";
import { formatMilliseconds } from "../format.ts";
import { gridGeometry } from "../layout/grid-geometry.ts";
import { type GridLayout, layoutGrid } from "../layout/grid-layout.ts";
import { isReturning, navigate } from "../router.ts";
import { PhotoActions } from "../photos/photo-actions.tsx";
import { ChoosePicture } from "../search/choose-picture.tsx";
import { FacetPanel } from "../search/facet-panel.tsx";
import { FilterBar } from "../search/filter-bar.tsx";
import { HitReasons } from "../search/hit-reasons.tsx";
import { LikePicture } from "../search/like-picture.tsx";
import { ModeSwitch } from "../search/mode-switch.tsx";
import { openSearch, type SearchProgress, type SearchRun } from "../search/search-results.ts";
import { SaveSearch } from "../search/save-search.tsx";
import { SearchStart } from "../search/search-start.tsx";
import { formatSearchState, parseSearchState, searchHref, type SearchState } from "../search/search-state.ts";
import { TeachActions } from "../search/teach-actions.tsx";
import { UnderstoodQuery } from "../search/understood-query.tsx";
import { chipsOf } from "../search/filter-words.ts";
import { onLibraryEvent, reconnects } from "../state/events.ts";
import { createPhotoSelection } from "../state/photo-selection.ts";
import { createListSequence, hiddenPhotoIds, photoSequence } from "../state/photo-sequence.ts";
import { throttle } from "../state/throttle.ts";
import { strings } from "../strings.ts";

/** Height of the line under each row that says why photos were found, CSS pixels; the style sheet uses the same. */
const CAPTION_HEIGHT = 26;

/** The next hits are fetched when the end is nearer than this. */
const FETCH_AHEAD = 1500;

/** During an import a list without words is fetched again at most this often. */
const REFRESH_MS = 4000;

/**
 * Search: words, mode and filters of the address, and what they find. The results are drawn anew for each address; the
 * tools above stay, and with them the keyboard's place.
 */
export function SearchPage({ query }: { readonly query: string }) {
  const state = useMemo(() => parseSearchState(query), [query]);
  const hasQuestion = state.q.trim() !== "" || state.filters.length > 0 || state.like !== "";
  const change = (changed: Partial<SearchState>) => navigate(searchHref({ ...state, ...changed }));
  return (
    <main id="main" class="search-page">
      <h1 class="visually-hidden">{strings.search.title}</h1>
      <div class="search-tools">
        <ModeSwitch mode={state.mode} onChange={(mode) => change({ mode })} />
        <FilterBar filters={state.filters} onChange={(filters) => change({ filters })} />
        <ChoosePicture />
      </div>
      {state.like !== "" && <LikePicture like={state.like} onRemove={() => change({ like: "" })} />}
      {hasQuestion ? <Results key={query} state={state} onChange={change} /> : <SearchStart state={state} />}
    </main>
  );
}

function Results({ state, onChange }: ResultsProps) {
  const run = useMemo(() => openSearch(state), [state]);
  const progress = run.progress.value;
  const hasWords = state.q.trim() !== "";
  useEffect(() => {
    // Going back shows what was there; a search asked anew is made anew.
    if (isReturning.peek() && run.progress.peek().total !== undefined) return;
    void run.restart();
  }, [run]);
  useFreshResults(run, hasWords);

  if (progress.error && progress.hits.length === 0) {
    return <FailureNote error={progress.error} onRetry={() => void run.restart()} />;
  }
  if (progress.total === undefined) {
    return <PageLoading />;
  }
  return (
    <>
      {progress.query && hasWords && (
        <UnderstoodQuery q={state.q} query={progress.query} onChange={(q) => onChange({ q })} />
      )}
      <ResultsBar state={state} progress={progress} onChange={onChange} />
      <div class={hasFacets(state) && progress.total > 0 ? "results has-facets" : "results"}>
        {hasFacets(state) && progress.total > 0 && (
          <FacetPanel state={state} onChange={(filters) => onChange({ filters })} />
        )}
        <div class="results-main">
          {progress.hits.length === 0 ? (
            <NothingFound state={state} ranMode={progress.ranMode} onChange={onChange} />
          ) : (
            <ResultsGrid run={run} progress={progress} state={state} />
          )}
        </div>
      </div>
    </>
  );
}

/** Pictures are compared with all photos: their values say nothing about those that are alike. */
function hasFacets({ like }: SearchState): boolean {
  return like === "";
}

interface ResultsProps {
  readonly state: SearchState;
  readonly onChange: (changed: Partial<SearchState>) => void;
}

/** Fetches again what is shown when the connection came back, and lists without words when photos arrive. */
function useFreshResults(run: SearchRun, hasWords: boolean): void {
  const seen = useRef(reconnects.value);
  useEffect(() => {
    if (seen.current === reconnects.value) return;
    seen.current = reconnects.value;
    void run.restart();
  }, [reconnects.value]);
  useEffect(() => {
    if (hasWords) return undefined;
    // Once further pages are loaded, a list that begins anew would take photos away under the reader.
    const refresh = throttle(
      () => run.progress.peek().hits.length <= 100 && void run.restart(),
      () => REFRESH_MS,
    );
    const stop = onLibraryEvent((event) => {
      if (event.type === "photo" || (event.type === "library" && event.reason !== "models-changed"))
        refresh();
    });
    return () => {
      stop();
      refresh.cancel();
    };
  }, [run, hasWords]);
}

function ResultsBar({ state, progress, onChange }: ResultsProps & { readonly progress: SearchProgress }) {
  const hasWords = state.q.trim() !== "";
  const isRanked = hasWords || state.like !== "";
  const query = formatSearchState({ ...state, sort: "best", like: "" });
  return (
    <div class="results-bar">
      <p class="results-count" role="status">
        <strong>{strings.search.found(progress.total!)}</strong>
        {hasWords && (
          <span class="quiet results-took">
            {" "}
            {strings.search.took(formatMilliseconds(progress.durationMs))}
          </span>
        )}
        {progress.method && <span class="quiet"> · {strings.search.method[progress.method]}</span>}
      </p>
      {progress.notice && (
        <p class="search-notice" role="status">
          <Icon name="info" size={16} />
          <Prose text={withoutCommands(progress.notice)} />{" "}
          <a href="/models">{strings.search.missingModel}</a>
        </p>
      )}
      {state.like === "" && (
        <label class="select-label">
          <span class="visually-hidden">{strings.search.sort.label}</span>
          <select
            class="select"
            value={!isRanked && state.sort === "best" ? "newest" : state.sort}
            onChange={({ currentTarget: { value } }) =>
              onChange({ sort: value === "oldest" || (value === "newest" && isRanked) ? value : "best" })
            }
          >
            {isRanked && <option value="best">{strings.search.sort.best}</option>}
            <option value="newest">{strings.search.sort.newest}</option>
            <option value="oldest">{strings.search.sort.oldest}</option>
          </select>
        </label>
      )}
      {state.like === "" && <SaveSearch key={query} state={state} />}
      {progress.total! > 0 && state.like === "" && (
        <span class="export-links">
          <Icon name="download" size={16} />
          <a href={exportUrl(query, "csv")} download aria-label={strings.search.exportCsv}>
            CSV
          </a>
          <a href={exportUrl(query, "json")} download aria-label={strings.search.exportJson}>
            JSON
          </a>
        </span>
      )}
    </div>
  );
}

function ResultsGrid(props: {
  readonly run: SearchRun;
  readonly progress: SearchProgress;
  readonly state: SearchState;
}) {
  const { run, progress, state } = props;
  const element = useRef<HTMLDivElement>(null);
  const { viewport, scroll } = useGridScroll(element, 0);
  const width = viewport?.width ?? 0;
  const hidden = hiddenPhotoIds.value;
  const hits = useMemo(
    () => progress.hits.filter((hit) => !hidden.has(hit.photo.id)),
    [progress.hits, hidden],
  );
  const photos = useMemo(() => hits.map((hit) => hit.photo), [hits]);
  const latest = useRef<readonly PhotoSummary[]>(photos);
  const hasCaptions = state.q.trim() !== "" || state.like !== "";
  const strong = useMemo(() => countStrong(hits), [hits]);
  const sections = useMemo<readonly GridSection[]>(() => {
    if (width === 0) return [];
    const layoutOf = (part: readonly PhotoSummary[]) =>
      layoutGrid(part, gridGeometry(width), hasCaptions ? CAPTION_HEIGHT : 0);
    return sectionsOf(photos, strong, layoutOf);
  }, [photos, width, hasCaptions, strong]);
  const last = sections.at(-1);
  const height = last ? last.top + last.height : 0;
  const selection = useMemo(
    () =>
      createPhotoSelection(async (first, end) => latest.current.slice(first, end + 1).map(({ id }) => id)),
    [run],
  );
  useScrollPlace(scroll, sections);

  latest.current = photos;
  useEffect(() => {
    photoSequence.value = createListSequence(
      () => latest.current,
      () => run.loadMore(),
    );
  }, [run]);
  useEffect(() => {
    if (viewport && height > 0 && viewport.bottom + FETCH_AHEAD > height && !progress.error)
      void run.loadMore();
  }, [viewport, height]);

  const byId = useMemo(() => new Map(hits.map((hit) => [hit.photo.id, hit])), [hits]);
  const label = hasCaptions
    ? strings.search.grid
    : state.sort === "oldest"
      ? strings.search.gridOldest
      : strings.search.gridNewest;
  return (
    <>
      <PhotoGrid
        elementRef={element}
        sections={sections}
        height={height + (hasCaptions ? CAPTION_HEIGHT : 0)}
        count={progress.total ?? photos.length}
        viewport={viewport}
        scroll={scroll}
        label={label}
        selection={selection}
        renderInTile={(photo) => reasonsOf(byId.get(photo.id))}
      />
      <div class="results-end" aria-busy={progress.isLoading}>
        {progress.isLoading && <span class="spinner" aria-label={strings.common.loading} />}
        {progress.error && <FailureNote error={progress.error} onRetry={() => void run.loadMore()} />}
      </div>
      {selection.isActive.value && (
        <PhotoActions selection={selection}>
          <TeachActions q={state.q.trim()} selection={selection} onLearnt={() => void run.restart()} />
        </PhotoActions>
      )}
    </>
  );
}

/** Sure hits come first: how many they are; all where nothing was looked for. */
function countStrong(hits: readonly SearchHit[]): number {
  const first = hits.findIndex(({ section }) => section === "maybe");
  return first < 0 ? hits.length : first;
}

/** Height of the heading above doubtful hits, CSS pixels; the style sheet uses the same. */
const HEADING_HEIGHT = 72;

/** Sure hits without a heading, and below them the doubtful ones under theirs. */
function sectionsOf(
  photos: readonly PhotoSummary[],
  strong: number,
  layoutOf: (photos: readonly PhotoSummary[]) => GridLayout,
): readonly GridSection[] {
  const sure = photos.slice(0, strong);
  const [first] = sectionOf("results", sure, layoutOf(sure));
  if (strong === photos.length) return [first];
  const doubtful = photos.slice(strong);
  const [second] = sectionOf("maybe", doubtful, layoutOf(doubtful));
  const headed: GridSection = {
    ...second,
    top: strong === 0 ? 0 : first.height,
    height: second.height + HEADING_HEIGHT,
    headerHeight: HEADING_HEIGHT,
    offset: strong,
    header: (
      <header class="results-heading">
        <h2>{strings.search.sections.maybe}</h2>
        <p class="quiet">{strings.search.sections.maybeHint}</p>
      </header>
    ),
  };
  return strong === 0 ? [headed] : [first, headed];
}

function reasonsOf(hit: SearchHit | undefined) {
  return hit && hit.reasons.length > 0 ? <HitReasons hit={hit} /> : null;
}

function titleOfNothing({ q, mode }: SearchState): string {
  if (q.trim() === "") return strings.search.emptyFilters;
  return mode === "keyword" ? strings.search.empty(q) : strings.search.nothing.title(q);
}

function NothingFound({
  state,
  ranMode,
  onChange,
}: ResultsProps & { readonly ranMode: SearchProgress["ranMode"] }) {
  const hasWords = state.q.trim() !== "";
  const isByMeaning = hasWords && ranMode !== "keyword";
  return (
    <div class="empty-state">
      <Icon name="search" size={36} />
      <h2>{titleOfNothing(state)}</h2>
      {state.filters.length > 0 && (
        <div class="empty-actions">
          <span>{strings.search.emptyHints.filters}</span>
          {chipsOf(state.filters).map((chip) => (
            <button
              key={`${chip.kind} ${chip.value}`}
              type="button"
              class="chip"
              onClick={() =>
                onChange({ filters: state.filters.filter((filter) => !chip.filters.includes(filter)) })
              }
            >
              <bdi>{chip.value}</bdi>
              <Icon name="close" size={14} />
            </button>
          ))}
        </div>
      )}
      {hasWords && state.mode !== "hybrid" && (
        <button type="button" class="button" onClick={() => onChange({ mode: "hybrid" })}>
          {strings.search.emptyHints.mode}
        </button>
      )}
      {hasWords && (
        <p class="quiet">{isByMeaning ? strings.search.nothing.hint : strings.search.emptyHints.spelling}</p>
      )}
    </div>
  );
}
