import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { formatMonth } from "../format.ts";
import { spreadLabels } from "../layout/spread-labels.ts";
import { strings } from "../strings.ts";
import type { GridScroll } from "./use-viewport.ts";

/** The bar at the top of the window hides so much of the content, CSS pixels. */
const HEAD = 64;

/** A month and where it begins in the grid, CSS pixels. */
export interface ScrubberMonth {
  readonly month: string;
  readonly top: number;
}

/** The date scrubber at the edge of the timeline: a scroll bar that knows months. Dragging jumps. */
export function Scrubber(props: {
  readonly months: readonly ScrubberMonth[];
  readonly height: number;
  readonly scroll: GridScroll;
}) {
  const { months, height, scroll } = props;
  const track = useRef<HTMLDivElement>(null);
  const [trackHeight, setTrackHeight] = useState(0);
  const [at, setAt] = useState(0);
  const [pointerY, setPointerY] = useState<number | undefined>(undefined);
  const [isDragging, setDragging] = useState(false);
  const [isScrolling, setScrolling] = useState(false);

  useEffect(() => {
    const measure = () => setTrackHeight(track.current?.clientHeight ?? 0);
    let idle: ReturnType<typeof setTimeout>;
    const onScroll = () => {
      setAt(Math.max(0, scroll.top()));
      setScrolling(true);
      clearTimeout(idle);
      idle = setTimeout(() => setScrolling(false), 900);
    };
    measure();
    addEventListener("resize", measure);
    addEventListener("scroll", onScroll, { passive: true });
    return () => {
      clearTimeout(idle);
      removeEventListener("resize", measure);
      removeEventListener("scroll", onScroll);
    };
  }, []);

  const scrollable = Math.max(1, height - innerHeight);
  const fraction = Math.min(1, at / scrollable);
  const years = useMemo(
    () => spreadLabels(yearStarts(months, scrollable), trackHeight),
    [months, trackHeight, height],
  );
  const pointed = pointerY === undefined ? undefined : monthAt(months, (pointerY / trackHeight) * scrollable);
  const current = monthAt(months, at + HEAD) ?? months[0];

  const jump = (event: PointerEvent) => {
    const y = Math.min(trackHeight, Math.max(0, event.clientY - track.current!.getBoundingClientRect().top));
    setPointerY(y);
    scroll.to((y / trackHeight) * scrollable);
  };
  const stepMonth = (step: number) => {
    const index = months.indexOf(current!);
    const target = months[Math.min(months.length - 1, Math.max(0, index + step))];
    if (target) scroll.to(target.top + 1 - HEAD);
  };

  return (
    <div
      ref={track}
      class={`scrubber ${isDragging ? "is-dragging" : ""} ${isScrolling ? "is-scrolling" : ""}`}
      role="slider"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={strings.timeline.scrubber}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(fraction * 100)}
      aria-valuetext={current ? formatMonth(current.month) : ""}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        track.current!.setPointerCapture(event.pointerId);
        setDragging(true);
        jump(event);
      }}
      onPointerMove={(event) => {
        if (isDragging) jump(event);
        else if (event.pointerType === "mouse") {
          setPointerY(event.clientY - track.current!.getBoundingClientRect().top);
        }
      }}
      onPointerUp={() => {
        setDragging(false);
        setPointerY(undefined);
      }}
      onPointerCancel={() => setDragging(false)}
      onPointerLeave={() => !isDragging && setPointerY(undefined)}
      onKeyDown={(event) => {
        const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        stepMonth(step);
      }}
    >
      {years.map(({ label, y }) => (
        <span key={label} class="scrubber-year" style={{ top: `${y}px` }}>
          {label}
        </span>
      ))}
      <span class="scrubber-thumb" style={{ top: `${fraction * trackHeight}px` }} />
      {pointed && pointerY !== undefined && (
        <span class="scrubber-bubble" style={{ top: `${pointerY}px` }}>
          {formatMonth(pointed.month)}
        </span>
      )}
    </div>
  );
}

function yearStarts(months: readonly ScrubberMonth[], scrollable: number) {
  const starts: { label: string; at: number }[] = [];
  for (const { month, top } of months) {
    const year = month.slice(0, 4);
    if (starts.at(-1)?.label !== year) starts.push({ label: year, at: Math.min(1, top / scrollable) });
  }
  return starts;
}

function monthAt(months: readonly ScrubberMonth[], y: number): ScrubberMonth | undefined {
  let low = 0;
  let high = months.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (months[middle]!.top <= y) low = middle + 1;
    else high = middle;
  }
  return months[Math.max(0, low - 1)];
}
