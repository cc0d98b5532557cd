import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { PhotoSummary } from "../../../src/api/photos.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { type GridSection, sectionOf } from "../components/grid-section.ts";
import { PhotoGrid } from "../components/photo-grid.tsx";
import { useScrollPlace } from "../components/use-scroll-place.ts";
import { useGridScroll } from "../components/use-viewport.ts";
import { gridGeometry } from "../layout/grid-geometry.ts";
import { layoutGrid } from "../layout/grid-layout.ts";
import type { PagedList } from "../people/paged-list.ts";
import { createPhotoSelection, type PhotoSelection } from "../state/photo-selection.ts";
import { createListSequence, hiddenPhotoIds, photoSequence } from "../state/photo-sequence.ts";

/** The next photos are fetched when the end is nearer than this, CSS pixels. */
const FETCH_AHEAD = 1500;

/** A list of photos on the server in a grid like every other: fetched page by page, opened and browsed in its order. */
export function ListedPhotos(props: {
  readonly list: PagedList<PhotoSummary>;
  readonly label: string;
  /** What is said when there are none. */
  readonly emptyText: string;
  /** What can be done with chosen photos; drawn while any is chosen. */
  readonly actions: (selection: PhotoSelection) => ComponentChildren;
}) {
  const { list } = props;
  const loaded = useRef(0);
  useEffect(() => void list.need(0, 1), [list]);

  const { total, error, pages } = list.state.value;
  const hidden = hiddenPhotoIds.value;
  const photos = useMemo(() => photosOf(list).filter(({ id }) => !hidden.has(id)), [pages, hidden]);
  loaded.current = Math.max(1, pages.size * list.pageSize);
  const loadMore = async () => {
    if (total !== undefined && loaded.current < total) await list.need(0, loaded.current + 1);
  };

  const element = useRef<HTMLDivElement>(null);
  const { viewport, scroll } = useGridScroll(element, 0);
  const width = viewport?.width ?? 0;
  const sections = useMemo<readonly GridSection[]>(() => {
    if (width === 0 || total === undefined) return [];
    return sectionOf("photos", photos, layoutGrid(photos, gridGeometry(width)));
  }, [photos, width, total]);
  const height = sections[0]?.height ?? 0;
  useScrollPlace(scroll, sections);

  const latest = useRef({ photos, loadMore });
  latest.current = { photos, loadMore };
  // Positions are those of the grid, which leaves out photos hidden a moment ago.
  const selection = useMemo(
    () =>
      createPhotoSelection(async (first, end) =>
        latest.current.photos.slice(first, end + 1).map(({ id }) => id),
      ),
    [list],
  );
  useEffect(() => {
    photoSequence.value = createListSequence(
      () => latest.current.photos,
      () => latest.current.loadMore(),
    );
  }, [list]);
  useEffect(() => {
    if (viewport && height > 0 && viewport.bottom + FETCH_AHEAD > height && !error) void loadMore();
  }, [viewport, height]);

  return (
    <>
      {error && <FailureNote error={error} onRetry={() => void list.reload()} />}
      {total === 0 && <p class="empty-line">{props.emptyText}</p>}
      <PhotoGrid
        elementRef={element}
        sections={sections}
        height={height}
        count={total ?? photos.length}
        viewport={viewport}
        scroll={scroll}
        label={props.label}
        selection={selection}
      />
      {selection.isActive.value && props.actions(selection)}
    </>
  );
}

/** The photos from the first one on without a gap, each once. */
function photosOf(list: PagedList<PhotoSummary>): PhotoSummary[] {
  const { pages } = list.state.value;
  const byId = new Map<number, PhotoSummary>();
  for (let page = 0; pages.has(page); page++) {
    for (const photo of pages.get(page)!) byId.set(photo.id, photo);
  }
  return [...byId.values()];
}
