import type { RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { elementHeight, toContent, toElement } from "../layout/scroll-map.ts";

/**
 * The band of a grid's content that is on the screen, CSS pixels from its top, in coarse steps; and the grid's width.
 * What is at `y` in the content stands at `y - offset` in the element: another number only where the content is taller
 * than a browser can lay out.
 */
export interface Viewport {
  readonly top: number;
  readonly bottom: number;
  readonly width: number;
  readonly offset: number;
}

/** Where a grid's content is scrolled to, exactly, and how to scroll it. */
export interface GridScroll {
  /** What is at the top edge of the window, CSS pixels from the content's top; negative above it. */
  top(): number;
  /** Brings `y` of the content to the top edge of the window. */
  to(y: number): void;
}

/** Scroll positions are rounded to this, so that a grid is drawn again a few times a screen and not at every pixel. */
const STEP = 160;

/** A movement of more screens than this at once is a jump of the browser's scroll bar, not a turn of the wheel. */
const JUMP_SCREENS = 3;

/** After so long without movement, and so far from where it belongs, a tall grid's element is put right, unseen. */
const IDLE_MS = 300;
const MAX_DRIFT = 20_000;

/** Follows window scrolling and resizing for `element`. Undefined before the first measurement. */
export function useViewport(element: RefObject<HTMLElement | null>): Viewport | undefined {
  return useGridScroll(element, 0).viewport;
}

/**
 * Follows window scrolling and resizing for a grid whose content is `height` high. Movements of the wheel, of fingers and
 * of keys move the content by as much; where the content is squeezed into its element, the browser's own scroll bar still
 * reaches all of it.
 */
export function useGridScroll(
  element: RefObject<HTMLElement | null>,
  height: number,
): { readonly viewport: Viewport | undefined; readonly scroll: GridScroll } {
  const [viewport, setViewport] = useState<Viewport | undefined>(undefined);
  const content = useRef(height);
  content.current = height;
  const offset = useRef(0);
  /** Where the element was when last looked at. */
  const seen = useRef(0);
  /** Where the element is to go as soon as it was drawn with its new offset. */
  const pending = useRef<number | undefined>(undefined);

  const show = (y: number, width: number) => {
    const top = Math.floor(y / STEP) * STEP;
    const bottom = Math.ceil((y + window.innerHeight) / STEP) * STEP;
    setViewport((old) =>
      old?.top === top && old.bottom === bottom && old.width === width && old.offset === offset.current
        ? old
        : { top, bottom, width, offset: offset.current },
    );
  };

  const scroll = useMemo<GridScroll>(() => {
    const elementTop = () => -(element.current?.getBoundingClientRect().top ?? 0);
    return {
      top: () => (pending.current ?? elementTop()) + offset.current,
      to: (y) => {
        if (!element.current) return;
        const target = toElement(y, content.current);
        seen.current = target;
        if (y - target === offset.current) {
          window.scrollBy({ top: target - elementTop(), behavior: "instant" });
          return;
        }
        offset.current = y - target;
        pending.current = target;
        show(y, element.current.clientWidth);
      },
    };
  }, []);

  // Before the browser paints: the content stays where it is while the element below it moves.
  useLayoutEffect(() => {
    if (pending.current === undefined || !element.current) return;
    const moved = pending.current + element.current.getBoundingClientRect().top;
    pending.current = undefined;
    window.scrollBy({ top: moved, behavior: "instant" });
  });

  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured) return undefined;
    let frame = 0;
    let idle: ReturnType<typeof setTimeout> | undefined;
    let isMeasured = false;
    let isTouched = false;
    const isTall = () => elementHeight(content.current) < content.current;

    const measure = () => {
      frame = 0;
      // An open photo takes the scroll bar away; the grid below must not be laid out anew for that.
      if (isMeasured && document.documentElement.classList.contains("is-viewing")) return;
      if (pending.current !== undefined) return;
      isMeasured = true;
      const at = -measured.getBoundingClientRect().top;
      if (!isTall()) offset.current = 0;
      else if (Math.abs(at - seen.current) > window.innerHeight * JUMP_SCREENS)
        offset.current = toContent(at, content.current) - at;
      seen.current = at;
      show(at + offset.current, measured.clientWidth);
    };
    const putRight = () => {
      if (!isTall() || isTouched) return;
      const y = scroll.top();
      if (Math.abs(toElement(y, content.current) - (y - offset.current)) > MAX_DRIFT) scroll.to(y);
    };
    const schedule = () => {
      frame ||= requestAnimationFrame(measure);
    };
    const onScroll = () => {
      schedule();
      clearTimeout(idle);
      idle = setTimeout(putRight, IDLE_MS);
    };
    const onTouch = (event: TouchEvent) => (isTouched = event.touches.length > 0);
    measure();
    const observer = new ResizeObserver(schedule);
    observer.observe(measured);
    addEventListener("scroll", onScroll, { passive: true });
    addEventListener("resize", schedule);
    addEventListener("touchstart", onTouch, { passive: true });
    addEventListener("touchend", onTouch, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(idle);
      observer.disconnect();
      removeEventListener("scroll", onScroll);
      removeEventListener("resize", schedule);
      removeEventListener("touchstart", onTouch);
      removeEventListener("touchend", onTouch);
    };
  }, []);

  return { viewport, scroll };
}
