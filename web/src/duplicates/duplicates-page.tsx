import { useEffect, useState } from "preact/hooks";
import type { DuplicateGroup, DuplicateStats } from "../../../src/api/duplicates.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { PageLoading } from "../components/page-loading.tsx";
import { formatBytes } from "../format.ts";
import { decisionChanges, useUndoKey } from "../people/decide.ts";
import { navigate } from "../router.ts";
import { onLibraryEvent } from "../state/events.ts";
import { attempt } from "../state/notices.ts";
import { useResource } from "../state/resource.ts";
import { throttle } from "../state/throttle.ts";
import { strings } from "../strings.ts";
import { BulkDialog } from "./bulk-dialog.tsx";
import { duplicatesApi, type GroupKind, type GroupState } from "./duplicates-api.ts";
import { GroupCard } from "./group-card.tsx";

const STATES: readonly GroupState[] = ["open", "resolved", "dismissed"];
const KINDS: readonly GroupKind[] = ["exact", "copy", "near", "burst"];

/** Groups of one step down the page. */
const PAGE_SIZE = 20;

/** The list follows a running scan at most so often. */
const REFRESH_MS = 3000;

/** Groups of photos that are copies of each other, and what to do about them. */
export function DuplicatesPage({ query }: { readonly query: string }) {
  const parameters = new URLSearchParams(query);
  const state = STATES.find((name) => name === parameters.get("state")) ?? "open";
  const kind = KINDS.find((name) => name === parameters.get("kind"));
  const group = Number(parameters.get("group")) || undefined;
  const [pages, setPages] = useState(1);
  const [isDecidingAll, setDecidingAll] = useState(false);
  useEffect(() => setPages(1), [state, kind]);
  useUndoKey();

  const list = useResource(`${group} ${state} ${kind} ${pages}`, (signal) =>
    group === undefined ? loadGroups(state, kind, pages, signal) : loadGroup(group, signal),
  );
  const stats = useResource("duplicates", duplicatesApi.stats);
  const shown = useLatest(`${group} ${state} ${kind}`, list.data);
  const decisions = decisionChanges.value;
  useEffect(() => {
    list.reload();
    stats.reload();
  }, [decisions]);
  useEffect(() => {
    const reload = throttle(
      () => {
        list.reload();
        stats.reload();
      },
      () => REFRESH_MS,
    );
    const stop = onLibraryEvent(reload);
    return () => {
      stop();
      reload.cancel();
    };
  }, []);

  return (
    <main id="main" class="page duplicates-page">
      <header class="page-head">
        <h1>{strings.duplicates.title}</h1>
        <p class="quiet">{strings.duplicates.intro}</p>
        <Summary stats={stats.data} onDecideAll={() => setDecidingAll(true)} />
      </header>
      {group === undefined ? (
        <Filters state={state} kind={kind} />
      ) : (
        <p>
          <a href="/duplicates">{strings.duplicates.allGroups}</a>
        </p>
      )}
      {list.error && !shown && <FailureNote error={list.error} onRetry={list.reload} />}
      {!shown && !list.error && <PageLoading />}
      {shown?.groups.length === 0 && <p class="empty-line">{strings.duplicates.none[state]}</p>}
      <ul class="duplicate-groups">
        {shown?.groups.map((group) => (
          <GroupCard key={group.id} group={group} />
        ))}
      </ul>
      {shown && shown.groups.length < shown.total && (
        <button type="button" class="button" onClick={() => setPages(pages + 1)}>
          {strings.duplicates.loadMore}
        </button>
      )}
      {isDecidingAll && <BulkDialog onClose={() => setDecidingAll(false)} />}
    </main>
  );
}

function Filters({ state, kind }: { readonly state: GroupState; readonly kind: GroupKind | undefined }) {
  return (
    <>
      <nav class="tabs" aria-label={strings.duplicates.filter}>
        {STATES.map((name) => (
          <a
            key={name}
            class="tab-link"
            href={addressOf(name, kind)}
            aria-current={name === state ? "page" : undefined}
            onClick={(event) => {
              event.preventDefault();
              navigate(addressOf(name, kind), { replace: true });
            }}
          >
            {strings.duplicates.states[name]}
          </a>
        ))}
      </nav>
      <label class="duplicates-kind">
        <span class="visually-hidden">{strings.duplicates.kindFilter}</span>
        <select
          class="select"
          value={kind ?? "all"}
          onChange={({ currentTarget: { value } }) =>
            navigate(
              addressOf(
                state,
                KINDS.find((name) => name === value),
              ),
              { replace: true },
            )
          }
        >
          <option value="all">{strings.duplicates.kinds.all}</option>
          {KINDS.map((name) => (
            <option key={name} value={name}>
              {strings.duplicates.kinds[name]}
            </option>
          ))}
        </select>
        {kind && <span class="quiet">{strings.duplicates.kindHint[kind]}</span>}
      </label>
    </>
  );
}

function Summary(props: { readonly stats: DuplicateStats | undefined; readonly onDecideAll: () => void }) {
  const { stats } = props;
  const isSure = stats?.byKind.some(
    ({ kind, groups }) => groups > 0 && (kind === "exact" || kind === "copy"),
  );
  return (
    <div class="duplicates-summary">
      <p>
        {stats &&
          strings.duplicates.summary(
            stats.openGroups,
            stats.duplicatePhotos,
            formatBytes(stats.reclaimableBytes),
          )}
        {stats !== undefined && stats.photosWaiting > 0 && (
          <span class="quiet"> · {strings.duplicates.waiting(stats.photosWaiting)}</span>
        )}
      </p>
      <div class="duplicates-actions">
        <button
          type="button"
          class="button is-small"
          onClick={() => void attempt(duplicatesApi.scan, strings.duplicates.scanStarted)}
        >
          {strings.duplicates.scan}
        </button>
        {isSure && (
          <button type="button" class="button is-small" onClick={props.onDecideAll}>
            {strings.duplicates.all}
          </button>
        )}
      </div>
    </div>
  );
}

function addressOf(state: GroupState, kind: GroupKind | undefined): string {
  const parameters = new URLSearchParams();
  if (state !== "open") parameters.set("state", state);
  if (kind) parameters.set("kind", kind);
  const query = parameters.toString();
  return query === "" ? "/duplicates" : `/duplicates?${query}`;
}

interface Groups {
  readonly groups: readonly DuplicateGroup[];
  readonly total: number;
}

async function loadGroups(
  state: GroupState,
  kind: GroupKind | undefined,
  pages: number,
  signal: AbortSignal,
): Promise<Groups> {
  const filter = `state=${state}${kind ? `&kind=${kind}` : ""}${state === "open" ? "" : "&sort=newest"}`;
  const loaded = await Promise.all(
    Array.from({ length: pages }, (_, index) =>
      duplicatesApi.groups(`${filter}&page=${index + 1}&pageSize=${PAGE_SIZE}`, signal),
    ),
  );
  const byId = new Map(loaded.flatMap(({ items }) => items.map((group) => [group.id, group])));
  return { groups: [...byId.values()], total: loaded[0]!.total };
}

async function loadGroup(id: number, signal: AbortSignal): Promise<Groups> {
  return { groups: [await duplicatesApi.group(id, signal)], total: 1 };
}

/** What was fetched last for this key: it stays while more of the same is on its way. */
function useLatest<T>(key: string, data: T | undefined): T | undefined {
  const [kept, setKept] = useState<{ readonly key: string; readonly data: T }>();
  useEffect(() => {
    if (data !== undefined) setKept({ key, data });
  }, [data]);
  return kept?.key === key ? kept.data : undefined;
}
