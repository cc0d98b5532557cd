import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FaceCluster } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { formatCount } from "../format.ts";
import { strings } from "../strings.ts";
import { ClusterCard } from "./cluster-card.tsx";
import { nameCluster } from "./cluster-decisions.ts";
import { decide } from "./decide.ts";
import { NameDialog } from "./name-dialog.tsx";
import { type Named, toWhom } from "./name-field.tsx";
import { createPagedList } from "./paged-list.ts";
import { usePeopleReload } from "./people-changes.ts";
import { SelectionBar } from "../components/selection-bar.tsx";
import { useSelection } from "./use-selection.ts";

const PAGE_SIZE = 24;

/** Groups of faces without a name, largest first: to name in place, several together, or to ignore as strangers. */
export function UnknownFaces({ onCount }: { readonly onCount: (count: number) => void }) {
  const list = useMemo(
    () => createPagedList((page, pageSize) => api.clusters(`page=${page}&pageSize=${pageSize}`), PAGE_SIZE),
    [],
  );
  const [shown, setShown] = useState(PAGE_SIZE);
  const [isNaming, setNaming] = useState(false);
  const section = useRef<HTMLElement>(null);
  const focusAt = useRef<number | undefined>(undefined);
  useEffect(() => void list.need(0, shown), [shown]);
  usePeopleReload(() => void list.reload());

  const { total, error } = list.state.value;
  const clusters = Array.from({ length: Math.min(shown, total ?? 0) }, (_, i) => list.at(i)).filter(
    (cluster): cluster is FaceCluster => cluster !== undefined,
  );
  const selection = useSelection<string>(async (first, last) =>
    clusters.slice(first, last + 1).map(({ clusterId }) => clusterId),
  );
  useEffect(() => {
    if (total !== undefined) onCount(total);
  }, [total]);
  useEffect(() => {
    // The card that was named is gone: the next one has taken its place, and gets the keyboard.
    if (focusAt.current === undefined) return;
    const fields = section.current?.querySelectorAll<HTMLElement>(".cluster-card .field");
    fields?.[Math.min(focusAt.current, fields.length - 1)]?.focus();
    focusAt.current = undefined;
  }, [list.state.value]);

  const name = async (cluster: FaceCluster, index: number, named: Named) => {
    const done = await nameCluster(cluster.clusterId, named);
    if (done) focusAt.current = index;
  };
  const nameTogether = async (named: Named) => {
    setNaming(false);
    const done = await decide(
      async () => api.assignFaces(await facesOf(selection.ids), toWhom(named)),
      () => strings.people.done.clustersNamed(selection.ids.size, named.shownName),
    );
    if (done) selection.clear();
    if (done) focusAt.current = 0;
  };
  const ignore = async () => {
    const done = await decide(
      async () => api.ignoreFaces(await facesOf(selection.ids)),
      ({ facesChanged }) => strings.people.done.ignored(facesChanged),
    );
    if (done) selection.clear();
    if (done) focusAt.current = 0;
  };

  if (error && total === undefined) {
    return <FailureNote error={error} onRetry={() => void list.reload()} />;
  }
  return (
    <section ref={section} class="people-section" aria-labelledby="unknown-title">
      <header class="section-head">
        <h2 id="unknown-title">
          {strings.people.unknown}{" "}
          <span class="section-count">{total === undefined ? "" : formatCount(total)}</span>
        </h2>
        {total !== 0 && <p class="quiet section-hint">{strings.people.unknownHint}</p>}
        {total !== 0 && (
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
        )}
      </header>
      {total === 0 && <p class="empty-line">{strings.people.allNamed}</p>}
      <ul class="cluster-cards">
        {clusters.map((cluster, index) => (
          <ClusterCard
            key={cluster.clusterId}
            cluster={cluster}
            isChosen={selection.ids.has(cluster.clusterId)}
            isChoosing={selection.isActive}
            onToggle={(isRange) =>
              isRange ? selection.extendTo(index) : selection.toggle(cluster.clusterId, index)
            }
            onName={(named) => void name(cluster, index, named)}
          />
        ))}
      </ul>
      {total !== undefined && shown < total && (
        <button type="button" class="button" onClick={() => setShown(shown + PAGE_SIZE)}>
          {strings.people.more}
        </button>
      )}
      {selection.isActive && (
        <SelectionBar count={selection.ids.size} onClear={selection.clear}>
          <button
            type="button"
            class="button is-primary"
            disabled={selection.ids.size === 0}
            onClick={() => setNaming(true)}
          >
            {strings.people.nameTogether}
          </button>
          <button
            type="button"
            class="button"
            disabled={selection.ids.size === 0}
            title={strings.people.ignoreHint}
            onClick={() => void ignore()}
          >
            {strings.people.ignore}
          </button>
        </SelectionBar>
      )}
      {isNaming && (
        <NameDialog
          title={strings.people.clusterTitle}
          onName={(named) => void nameTogether(named)}
          onClose={() => setNaming(false)}
        />
      )}
    </section>
  );
}

async function facesOf(clusterIds: ReadonlySet<string>): Promise<readonly number[]> {
  const clusters = await Promise.all([...clusterIds].map((id) => api.cluster(id, "pageSize=1")));
  return clusters.flatMap(({ faceIds }) => faceIds);
}
