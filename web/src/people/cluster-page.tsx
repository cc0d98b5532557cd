import { useEffect, useMemo, useState } from "preact/hooks";
import type { ClusterDetails } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { PageLoading } from "../components/page-loading.tsx";
import { navigate } from "../router.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { CardGrid } from "./card-grid.tsx";
import { nameCluster } from "./cluster-decisions.ts";
import { decide, useUndoKey } from "./decide.ts";
import { FaceCard } from "./face-card.tsx";
import { faceShape } from "./face-shape.ts";
import { NameField, type Named, toWhom } from "./name-field.tsx";
import { createPagedList } from "./paged-list.ts";
import { usePeopleReload } from "./people-changes.ts";
import { useSelection } from "./use-selection.ts";

/** A group of faces that look alike: take out those that do not belong, then say who the others are. */
export function ClusterPage({ id }: { readonly id: string }) {
  const cluster = useResource(`cluster ${id}`, (signal) => api.cluster(id, "pageSize=1", signal));
  usePeopleReload(cluster.reload);
  useUndoKey();
  const isGone = cluster.error?.status === 404;
  if (isGone) return <ClusterGone />;
  if (cluster.error && !cluster.data) {
    return (
      <main id="main" class="page">
        <h1>{strings.people.clusterTitle}</h1>
        <FailureNote error={cluster.error} onRetry={cluster.reload} />
      </main>
    );
  }
  if (!cluster.data) return <PageLoading />;
  return <ClusterFaces key={id} cluster={cluster.data} />;
}

function ClusterFaces({ cluster }: { readonly cluster: ClusterDetails }) {
  const { clusterId, faceIds } = cluster;
  const list = useMemo(
    () =>
      createPagedList(async (page, pageSize) => {
        const { faces, faceCount } = await api.cluster(clusterId, `page=${page}&pageSize=${pageSize}`);
        return { items: faces, total: faceCount };
      }),
    [clusterId],
  );
  useEffect(() => void list.need(0, 1), [list]);
  usePeopleReload(() => void list.reload());
  const [isBusy, setBusy] = useState(false);
  const selection = useSelection<number>(async (first, last) => faceIds.slice(first, last + 1));
  useEffect(() => selection.set(faceIds), [clusterId]);
  // A click takes a face out or in, also when none is left.
  const alwaysChoosing = { ...selection, isActive: true };
  const chosen = faceIds.filter((faceId) => selection.ids.has(faceId));
  const isWhole = chosen.length === faceIds.length;
  const { done } = strings.people;

  const act = async <T,>(action: () => Promise<T | undefined>) => {
    setBusy(true);
    const answer = await action();
    setBusy(false);
    if (answer === undefined) return;
    if (isWhole) navigate("/people");
    else selection.set(faceIds.filter((faceId) => !selection.ids.has(faceId)));
  };
  const name = (named: Named) =>
    act(() =>
      isWhole
        ? nameCluster(clusterId, named)
        : decide(
            () => api.assignFaces(chosen, toWhom(named)),
            ({ facesChanged, personName }) => done.named(facesChanged, personName),
          ),
    );
  const split = async () => {
    setBusy(true);
    const answer = await decide(
      () => api.splitCluster(clusterId),
      ({ newClusters }) =>
        newClusters.length > 0 ? done.clusterSplit(newClusters.length) : done.clusterWhole,
    );
    setBusy(false);
    if (answer?.status === "split") navigate("/people");
  };

  return (
    <main id="main" class="page cluster-page">
      <header class="page-head">
        <a class="back-link" href="/people">
          <Icon name="back" size={18} />
          {strings.people.back}
        </a>
        <h1>{strings.people.clusterTitle}</h1>
        <p class="quiet">{strings.people.clusterHint}</p>
      </header>
      <div class="cluster-tools" aria-busy={isBusy}>
        <NameField label={strings.people.name} hasFocus onName={(named) => void name(named)} />
        <button
          type="button"
          class="button"
          disabled={isBusy || chosen.length === 0}
          title={strings.people.ignoreHint}
          onClick={() =>
            void act(() =>
              decide(
                () => api.ignoreFaces(chosen),
                ({ facesChanged }) => done.ignored(facesChanged),
              ),
            )
          }
        >
          {strings.people.ignore}
        </button>
        <button
          type="button"
          class="button"
          disabled={isBusy || chosen.length === 0}
          onClick={() =>
            void act(() =>
              decide(
                () => api.removeFaces(chosen),
                ({ facesChanged }) => done.removed(facesChanged),
              ),
            )
          }
        >
          {strings.people.notFace}
        </button>
        <button
          type="button"
          class="button"
          disabled={isBusy}
          title={strings.people.splitHint}
          onClick={() => void split()}
        >
          {strings.people.split}
        </button>
      </div>
      <p class="cluster-chosen" role="status">
        {strings.people.chosenOf(chosen.length, faceIds.length)}
        {!isWhole && (
          <button type="button" class="link-button" onClick={() => selection.set(faceIds)}>
            {strings.people.chooseAll}
          </button>
        )}
      </p>
      <CardGrid
        label={strings.people.clusterGrid}
        count={list.state.value.total ?? cluster.faceCount}
        shape={faceShape}
        idAt={(index) => list.at(index)?.id}
        onNeed={(start, end) => void list.need(start, end)}
        selection={alwaysChoosing}
        render={(place) => (
          <FaceCard face={list.at(place.index)!} place={place} selection={alwaysChoosing} hasPhotoButton />
        )}
      />
    </main>
  );
}

function ClusterGone() {
  return (
    <main id="main" class="empty-state">
      <Icon name="face" size={40} />
      <h1>{strings.people.clusterNotFound}</h1>
      <p class="quiet">{strings.people.clusterNotFoundHint}</p>
      <a class="button" href="/people">
        {strings.people.back}
      </a>
    </main>
  );
}
