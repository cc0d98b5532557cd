import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** The band of an element that is on the screen, CSS pixels from its top, in coarse steps; and the element's width. */
export interface Viewport {
  readonly top: number;
  readonly bottom: number;
  readonly width: number;
}

/** Scroll positions are rounded to this, so that a grid is drawn again a few times a screen and not at every pixel. */
const STEP = 160;

/** Follows window scrolling and resizing for `element`. Undefined before the first measurement. */
export function useViewport(element: RefObject<HTMLElement | null>): Viewport | undefined {
  const [viewport, setViewport] = useState<Viewport | undefined>(undefined);

  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured) return undefined;
    let frame = 0;
    let isMeasured = false;
    const measure = () => {
      frame = 0;
      // An open photo takes the scroll bar away; the grid below must not be laid out anew for that.
      if (isMeasured && document.documentElement.classList.contains("is-viewing")) return;
      isMeasured = true;
      const box = measured.getBoundingClientRect();
      const top = Math.floor(-box.top / STEP) * STEP;
      const bottom = Math.ceil((-box.top + window.innerHeight) / STEP) * STEP;
      const width = measured.clientWidth;
      setViewport((old) =>
        old && old.top === top && old.bottom === bottom && old.width === width ? old : { top, bottom, width },
      );
    };
    const schedule = () => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    const observer = new ResizeObserver(schedule);
    observer.observe(measured);
    addEventListener("scroll", schedule, { passive: true });
    addEventListener("resize", schedule);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      removeEventListener("scroll", schedule);
      removeEventListener("resize", schedule);
    };
  }, []);

  return viewport;
}

/** Row height and gap of photo grids for a page of the given width. */
export function gridGeometry(width: number) {
  if (width < 600) return { width, targetHeight: 116, gap: 3 };
  return width < 1100 ? { width, targetHeight: 180, gap: 4 } : { width, targetHeight: 216, gap: 4 };
}
