import { useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { PhotoSummary } from "../../../src/api/photos.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { PageLoading } from "../components/page-loading.tsx";
import { type GridSection, PhotoGrid } from "../components/photo-grid.tsx";
import { Scrubber } from "../components/scrubber.tsx";
import { gridGeometry, useViewport, type Viewport } from "../components/use-viewport.ts";
import { useScrollPlace } from "../components/use-scroll-place.ts";
import { formatCount, formatMonth } from "../format.ts";
import type { GridLayout } from "../layout/grid-layout.ts";
import type { GridGeometry } from "../layout/justify.ts";
import { estimateMonthHeight, layoutMonth, MONTH_HEADER_HEIGHT } from "../layout/month-layout.ts";
import { reconnects } from "../state/events.ts";
import { photoSequence } from "../state/photo-sequence.ts";
import {
  followTimeline,
  refreshTimeline,
  showMonths,
  shownMonths,
  timeline,
  timelineError,
  timelineSequence,
} from "../state/timeline-store.ts";
import { throttle } from "../state/throttle.ts";
import { strings } from "../strings.ts";
import { WelcomePage } from "./welcome-page.tsx";

/** Months within so many pixels of the screen are fetched. */
const FETCH_AHEAD = 1600;

/** While the page flies past, months are asked for at most this often: most of what flies past is not wanted. */
const FETCH_MS = 80;

/** All photos by month and day. */
export function TimelinePage() {
  useSignalEffect(() => {
    void reconnects.value;
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
  const viewport = useViewport(element);
  const months = timeline.value!.months;
  const photos = shownMonths.value;
  const width = viewport?.width ?? 0;
  const geometry = useMemo(() => gridGeometry(width), [width]);
  const layouts = useRef(createLayoutCache()).current;
  const sections = useMemo(
    () => (width === 0 ? [] : placeMonths(months, photos, geometry, layouts)),
    [months, photos, geometry],
  );
  const last = sections.at(-1);
  const height = last ? last.top + last.height : 0;

  useScrollPlace(element, sections);
  const shown = useRef({ viewport, sections });
  shown.current = { viewport, sections };
  const fetchNear = useMemo(
    () =>
      throttle(
        () => {
          const { viewport: band, sections: all } = shown.current;
          showMonths(all.filter((section) => isNear(section, band)).map((section) => section.key));
        },
        () => FETCH_MS,
      ),
    [],
  );
  useEffect(fetchNear, [viewport, sections]);
  useEffect(() => fetchNear.cancel, []);

  const gridTop = useRef(0);
  useLayoutEffect(() => {
    gridTop.current = (element.current?.getBoundingClientRect().top ?? 0) + scrollY;
  });
  const scrubberMonths = useMemo(
    () => sections.map((section) => ({ month: section.key, top: section.top })),
    [sections],
  );

  return (
    <main id="main" class="timeline">
      <h1 class="visually-hidden">{strings.timeline.title}</h1>
      {timelineError.value && (
        <p class="timeline-error" role="alert">
          <span>{timelineError.value.message}</span>
          <button
            type="button"
            class="button is-small"
            onClick={() => {
              void refreshTimeline();
              showMonths(
                sections.filter((section) => isNear(section, viewport)).map((section) => section.key),
              );
            }}
          >
            {strings.common.retry}
          </button>
        </p>
      )}
      <PhotoGrid
        elementRef={element}
        sections={sections}
        height={height}
        count={timeline.value!.total}
        viewport={viewport}
        label={strings.timeline.grid}
      />
      {height > innerHeight && (
        <Scrubber
          months={scrubberMonths}
          height={height + gridTop.current}
          onJump={(y) => scrollTo({ top: y, behavior: "instant" })}
        />
      )}
    </main>
  );
}

function isNear(section: GridSection, viewport: Viewport | undefined): boolean {
  if (!viewport) return false;
  const bottom = section.top + section.height;
  return bottom >= viewport.top - FETCH_AHEAD && section.top <= viewport.bottom + FETCH_AHEAD;
}

/** Layouts and heights of months for the current geometry; heights outlive the photos that were let go. */
interface LayoutCache {
  layout(month: string, photos: readonly PhotoSummary[], geometry: GridGeometry): GridLayout;
  height(month: string, count: number, geometry: GridGeometry): number;
}

function createLayoutCache(): LayoutCache {
  let current: GridGeometry | undefined;
  let layouts = new WeakMap<readonly PhotoSummary[], GridLayout>();
  const heights = new Map<string, { readonly count: number; readonly height: number }>();
  let photosSeen = 0;
  let pixelsSeen = 0;

  const useGeometry = (geometry: GridGeometry) => {
    if (geometry === current) return;
    current = geometry;
    layouts = new WeakMap();
    heights.clear();
    photosSeen = 0;
    pixelsSeen = 0;
  };
  return {
    layout: (month, photos, geometry) => {
      useGeometry(geometry);
      const known = layouts.get(photos);
      if (known) return known;
      const layout = layoutMonth(photos, geometry);
      layouts.set(photos, layout);
      heights.set(month, { count: photos.length, height: layout.height });
      photosSeen += photos.length;
      pixelsSeen += layout.height;
      return layout;
    },
    height: (month, count, geometry) => {
      useGeometry(geometry);
      const known = heights.get(month);
      if (known?.count === count) return known.height + MONTH_HEADER_HEIGHT;
      return estimateMonthHeight(count, geometry, photosSeen < 50 ? undefined : pixelsSeen / photosSeen);
    },
  };
}

function placeMonths(
  months: readonly { readonly month: string; readonly count: number }[],
  photos: ReadonlyMap<string, readonly PhotoSummary[]>,
  geometry: GridGeometry,
  cache: LayoutCache,
): GridSection[] {
  let top = 0;
  let offset = 0;
  return months.map(({ month, count }) => {
    const loaded = photos.get(month);
    const layout = loaded && cache.layout(month, loaded, geometry);
    const section: GridSection = {
      key: month,
      top,
      offset,
      height: layout ? layout.height + MONTH_HEADER_HEIGHT : cache.height(month, count, geometry),
      headerHeight: MONTH_HEADER_HEIGHT,
      header: (
        <h2 class="month-header">
          {formatMonth(month)} <span class="month-count">{formatCount(loaded?.length ?? count)}</span>
        </h2>
      ),
      ...(layout && loaded ? { layout, photos: loaded } : {}),
    };
    top += section.height;
    offset += count;
    return section;
  });
}
