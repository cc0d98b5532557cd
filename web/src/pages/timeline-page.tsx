import { useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { FailureNote } from "../components/failure-note.tsx";
import type { GridSection } from "../components/grid-section.ts";
import { GridTools } from "../components/grid-tools.tsx";
import { PageLoading } from "../components/page-loading.tsx";
import { PhotoGrid } from "../components/photo-grid.tsx";
import { Scrubber } from "../components/scrubber.tsx";
import { useScrollPlace } from "../components/use-scroll-place.ts";
import { useGridScroll, type Viewport } from "../components/use-viewport.ts";
import { formatCount, formatMonth } from "../format.ts";
import { gridGeometry } from "../layout/grid-geometry.ts";
import type { GridLayout } from "../layout/grid-layout.ts";
import type { GridGeometry } from "../layout/justify.ts";
import { createMonthHeights, type MonthHeights } from "../layout/month-heights.ts";
import { layoutMonth, MONTH_HEADER_HEIGHT } from "../layout/month-layout.ts";
import { lowerBound } from "../layout/visible-tiles.ts";
import { decisionChanges } from "../people/decide.ts";
import { PhotoActions } from "../photos/photo-actions.tsx";
import { reconnects } from "../state/events.ts";
import { gridZoom } from "../state/grid-zoom.ts";
import { createPhotoSelection } from "../state/photo-selection.ts";
import { photoSequence } from "../state/photo-sequence.ts";
import { toApiError } from "../state/resource.ts";
import { throttle } from "../state/throttle.ts";
import {
  chunkChanges,
  indexInMonth,
  type MonthRange,
  photoAt,
  showRanges,
} from "../state/timeline-chunks.ts";
import {
  countOf,
  followTimeline,
  refreshTimeline,
  type ShapedMonth,
  timeline,
  timelineError,
  timelineIdsBetween,
  timelineSequence,
} from "../state/timeline-store.ts";
import { strings } from "../strings.ts";
import { WelcomePage } from "./welcome-page.tsx";

/** Photos within so many pixels of the screen are fetched. */
const FETCH_AHEAD = 1200;

/** While the page flies past, photos are asked for at most this often: most of what flies past is not wanted. */
const FETCH_MS = 60;

/** Heights are measured so long at a time: the rest of a frame is for drawing. */
const MEASURE_MS = 8;

/** Layouts kept: those of the months near the screen, and some passed a moment ago. */
const MAX_LAYOUTS = 16;

/** All photos by month and day. */
export function TimelinePage() {
  useSignalEffect(() => {
    void reconnects.value;
    void decisionChanges.value;
    void refreshTimeline();
  });
  useEffect(() => followTimeline(), []);
  useEffect(() => {
    photoSequence.value = timelineSequence;
  }, []);
  if (timeline.value === undefined) {
    return timelineError.value ? (
      <FailureNote error={timelineError.value} onRetry={() => void refreshTimeline()} />
    ) : (
      <PageLoading />
    );
  }
  return timeline.value.total === 0 ? <WelcomePage /> : <Timeline />;
}

function Timeline() {
  const element = useRef<HTMLDivElement>(null);
  const { months, total } = timeline.value!;
  const [width, setWidth] = useState(0);
  const zoom = gridZoom.value;
  const geometry = useMemo(() => gridGeometry(width, zoom), [width, zoom]);
  const heights = useMonthHeights(months, geometry);
  const layoutOf = useMemo(() => createLayouts(geometry), [geometry]);
  const sections = useMemo(
    () => (width === 0 ? [] : placeMonths(months, heights, layoutOf)),
    [months, geometry, heights],
  );
  const last = sections.at(-1);
  const height = last ? last.top + last.height : 0;

  const { viewport, scroll } = useGridScroll(element, height);
  useEffect(() => setWidth(viewport?.width ?? 0), [viewport?.width]);
  useScrollPlace(scroll, sections);
  useFetchNear(sections, viewport);

  const selection = useMemo(() => createPhotoSelection(timelineIdsBetween), []);
  const scrubberMonths = useMemo(() => sections.map(({ key, top }) => ({ month: key, top })), [sections]);

  return (
    <main id="main" class="timeline">
      <h1 class="visually-hidden">{strings.timeline.title}</h1>
      {timelineError.value && (
        <p class="timeline-error" role="alert">
          <span>{timelineError.value.message}</span>
          <button type="button" class="button is-small" onClick={() => void refreshTimeline()}>
            {strings.common.retry}
          </button>
        </p>
      )}
      <GridTools grid={element} />
      <PhotoGrid
        elementRef={element}
        sections={sections}
        height={height}
        count={total}
        viewport={viewport}
        scroll={scroll}
        label={strings.timeline.grid}
        selection={selection}
        changes={chunkChanges.value}
      />
      {height > innerHeight && <Scrubber months={scrubberMonths} height={height} scroll={scroll} />}
      {selection.isActive.value && <PhotoActions selection={selection} />}
    </main>
  );
}

/** Heights of all months: of the first ones at once, of the rest within the next frames; a new object when they are. */
function useMonthHeights(months: readonly ShapedMonth[], geometry: GridGeometry): { of: MonthHeights } {
  const measured = useMemo(() => createMonthHeights(geometry), [geometry]);
  const [isDone, setDone] = useState({});
  useMemo(() => measured.measure(months, performance.now() + MEASURE_MS), [measured, months]);
  useEffect(() => {
    if (measured.measure(months, 0)) return undefined;
    let timer: ReturnType<typeof setTimeout>;
    const goOn = () => {
      if (measured.measure(months, performance.now() + MEASURE_MS)) setDone({});
      else timer = setTimeout(goOn);
    };
    timer = setTimeout(goOn);
    return () => clearTimeout(timer);
  }, [measured, months]);
  return useMemo(() => ({ of: measured }), [measured, months, isDone]);
}

/** Sees to it that photos near the screen are fetched. */
function useFetchNear(sections: readonly GridSection[], viewport: Viewport | undefined): void {
  const latest = useRef({ viewport, sections });
  latest.current = { viewport, sections };
  const fetchNear = useMemo(
    () =>
      throttle(
        () => {
          const { viewport: band, sections: all } = latest.current;
          if (!band) return;
          showRanges(rangesNear(all, band), (error) => (timelineError.value = toApiError(error)));
        },
        () => FETCH_MS,
      ),
    [],
  );
  const isFirst = useRef(true);
  useEffect(() => {
    if (viewport && sections.length > 0 && isFirst.current) {
      isFirst.current = false;
      showRanges(rangesNear(sections, viewport), (error) => (timelineError.value = toApiError(error)));
    } else fetchNear();
  }, [viewport, sections]);
  useEffect(() => fetchNear.cancel, []);
}

function rangesNear(sections: readonly GridSection[], { top, bottom }: Viewport): MonthRange[] {
  const ranges: MonthRange[] = [];
  for (const section of sections) {
    const from = top - FETCH_AHEAD - section.top - section.headerHeight;
    const to = bottom + FETCH_AHEAD - section.top - section.headerHeight;
    if (to < 0 || from > section.height) continue;
    const { tiles } = section.layout;
    const first = lowerBound(tiles, from);
    const last = lowerBound(tiles, to);
    if (first < last) ranges.push({ month: section.key, from: first, to: last });
  }
  return ranges;
}

/** Layouts of months, made when they are first looked at. */
function createLayouts(geometry: GridGeometry): (month: ShapedMonth) => GridLayout {
  const layouts = new Map<ShapedMonth, GridLayout>();
  return (month) => {
    const layout = layouts.get(month) ?? layoutMonth(month.days, geometry);
    layouts.delete(month);
    layouts.set(month, layout);
    if (layouts.size > MAX_LAYOUTS) layouts.delete(layouts.keys().next().value!);
    return layout;
  };
}

function placeMonths(
  months: readonly ShapedMonth[],
  heights: { readonly of: MonthHeights },
  layoutOf: (month: ShapedMonth) => GridLayout,
): GridSection[] {
  let top = 0;
  let offset = 0;
  return months.map((month) => {
    const key = month.month;
    const count = countOf(month);
    const section: GridSection = {
      key,
      top,
      offset,
      count,
      height: heights.of.heightOf(month),
      headerHeight: MONTH_HEADER_HEIGHT,
      header: (
        <h2 class="month-header">
          {formatMonth(key)} <span class="month-count">{formatCount(count)}</span>
        </h2>
      ),
      get layout() {
        return layoutOf(month);
      },
      photoAt: (index) => photoAt(key, index),
      indexOf: (photoId) => indexInMonth(key, photoId),
    };
    top += section.height;
    offset += count;
    return section;
  });
}
