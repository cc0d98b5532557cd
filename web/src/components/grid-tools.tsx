import type { RefObject } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { GRID_ZOOMS } from "../layout/grid-geometry.ts";
import { gridZoom, zoomGrid } from "../state/grid-zoom.ts";
import { isTyping } from "../state/shortcuts.ts";
import { strings } from "../strings.ts";
import { Icon } from "./icon.tsx";

/** Two fingers this much farther apart, or nearer, are one step. */
const PINCH_STEP = 1.35;

/** Turns of the wheel with Ctrl, and pinches of a trackpad, that are one step. */
const WHEEL_STEP = 60;

const STEPS: Readonly<Record<string, -1 | 0 | 1>> = { "+": 1, "=": 1, "-": -1, "0": 0 };

/** The buttons that make the photos of a grid larger and smaller; also the keys, the wheel and the fingers that do. */
export function GridTools({ grid }: { readonly grid: RefObject<HTMLElement | null> }) {
  const zoom = gridZoom.value;
  useZoomKeys();
  useZoomGestures(grid);
  return (
    <div class="grid-tools" role="group" aria-label={strings.timeline.tools}>
      <button
        type="button"
        class="icon-button"
        title={`${strings.timeline.smaller} (−)`}
        aria-label={strings.timeline.smaller}
        disabled={zoom === GRID_ZOOMS[0]}
        onClick={() => zoomGrid(-1)}
      >
        <Icon name="minus" size={18} />
      </button>
      <button
        type="button"
        class="icon-button"
        title={`${strings.timeline.larger} (+)`}
        aria-label={strings.timeline.larger}
        disabled={zoom === GRID_ZOOMS.at(-1)}
        onClick={() => zoomGrid(1)}
      >
        <Icon name="plus" size={18} />
      </button>
    </div>
  );
}

function useZoomKeys(): void {
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      const isCovered =
        document.documentElement.classList.contains("is-viewing") || document.querySelector("dialog[open]");
      const step = STEPS[event.key];
      if (isCovered || step === undefined) return;
      event.preventDefault();
      zoomGrid(step);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function useZoomGestures(grid: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = grid.current;
    if (!element) return undefined;
    let turned = 0;
    let startDistance = 0;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      turned += event.deltaY;
      if (Math.abs(turned) < WHEEL_STEP) return;
      zoomGrid(turned > 0 ? -1 : 1);
      turned = 0;
    };
    const distanceOf = ({ touches: [a, b] }: TouchEvent) =>
      a && b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
    const onTouchStart = (event: TouchEvent) => (startDistance = distanceOf(event));
    const onTouchMove = (event: TouchEvent) => {
      const distance = distanceOf(event);
      if (distance === 0 || startDistance === 0) return;
      event.preventDefault();
      const factor = distance / startDistance;
      if (factor < PINCH_STEP && factor > 1 / PINCH_STEP) return;
      zoomGrid(factor > 1 ? 1 : -1);
      startDistance = distance;
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    element.addEventListener("touchstart", onTouchStart, { passive: true });
    element.addEventListener("touchmove", onTouchMove, { passive: false });
    return () => {
      element.removeEventListener("wheel", onWheel);
      element.removeEventListener("touchstart", onTouchStart);
      element.removeEventListener("touchmove", onTouchMove);
    };
  }, []);
}
