import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { PhotoSelection } from "../state/photo-selection.ts";

/** A finger that rests this long on a photo chooses it. */
const LONG_PRESS_MS = 450;

/** A finger that moved further meanwhile scrolls. */
const SLOP = 10;

/** So near to the edge of the window, dragging scrolls; by so much a frame. */
const EDGE = 72;
const SCROLL_PER_FRAME = 14;

/**
 * Choosing photos of a grid by pointer: a click on a check mark, with Shift from the last one to here; dragging from a
 * check mark, or from a photo a finger rested on, over others. Tiles carry `data-photo` and `data-position`.
 */
export function useSelecting(
  grid: RefObject<HTMLElement | null>,
  selection: PhotoSelection | undefined,
): void {
  const latest = useRef(selection);
  latest.current = selection;

  useEffect(() => {
    const element = grid.current;
    if (!element || !latest.current) return undefined;
    let isDragging = false;
    let wasDragged = false;
    let reached = -1;
    let pointer = { x: 0, y: 0 };
    let press: ReturnType<typeof setTimeout> | undefined;
    let frame = 0;

    const tileOf = (target: EventTarget | null) => {
      const tile = target instanceof Element ? target.closest<HTMLElement>("[data-photo]") : null;
      if (!tile || !element.contains(tile)) return undefined;
      return { photoId: Number(tile.dataset["photo"]), position: Number(tile.dataset["position"]) };
    };
    const begin = (tile: { photoId: number; position: number }) => {
      isDragging = true;
      wasDragged = false;
      reached = tile.position;
      latest.current?.toggle(tile.photoId, tile.position);
    };
    const reach = () => {
      const tile = tileOf(document.elementFromPoint(pointer.x, pointer.y));
      if (!tile || tile.position === reached) return;
      wasDragged = true;
      reached = tile.position;
      void latest.current?.extendTo(tile.position);
    };
    const scrollAtEdge = () => {
      frame = 0;
      if (!isDragging) return;
      const below = pointer.y > innerHeight - EDGE ? 1 : 0;
      const direction = pointer.y < EDGE + 64 ? -1 : below;
      if (direction === 0) return;
      scrollBy(0, direction * SCROLL_PER_FRAME);
      reach();
      frame = requestAnimationFrame(scrollAtEdge);
    };
    const onDown = (event: PointerEvent) => {
      if (event.button !== 0) return;
      // After a finger drew a choice there was no click that would have ended it.
      reached = -1;
      wasDragged = false;
      const tile = tileOf(event.target);
      if (!tile) return;
      pointer = { x: event.clientX, y: event.clientY };
      const isCheck = (event.target as Element).closest(".tile-check") !== null;
      if (isCheck) {
        event.preventDefault();
        if (event.shiftKey && latest.current?.isActive.peek()) void latest.current.extendTo(tile.position);
        else begin(tile);
      } else if (event.pointerType === "touch") {
        press = setTimeout(() => {
          begin(tile);
          navigator.vibrate?.(15);
        }, LONG_PRESS_MS);
      }
    };
    const onMove = (event: PointerEvent) => {
      const distance = Math.hypot(event.clientX - pointer.x, event.clientY - pointer.y);
      if (!isDragging) {
        if (distance > SLOP) clearTimeout(press);
        return;
      }
      pointer = { x: event.clientX, y: event.clientY };
      reach();
      frame ||= requestAnimationFrame(scrollAtEdge);
    };
    const onUp = () => {
      clearTimeout(press);
      isDragging = false;
      cancelAnimationFrame(frame);
      frame = 0;
    };
    // The finger draws a choice now: the page must not scroll under it, nor offer the link's menu.
    const onTouchMove = (event: TouchEvent) => isDragging && event.preventDefault();
    const onMenu = (event: Event) => {
      if (isDragging) event.preventDefault();
    };
    const onClick = (event: MouseEvent) => {
      const tile = tileOf(event.target);
      const choice = latest.current;
      if (!tile || !choice || event.button !== 0) return;
      const isCheck = (event.target as Element).closest(".tile-check") !== null;
      const isLongPress =
        reached === tile.position && !isCheck && choice.isActive.peek() && isFromTouch(event);
      if (isCheck) {
        event.preventDefault();
        // By keyboard or by a screen reader: there was no pointer before it.
        if (event.detail === 0) choice.toggle(tile.photoId, tile.position);
      } else if (event.shiftKey && choice.isActive.peek()) {
        event.preventDefault();
        void choice.extendTo(tile.position);
      } else if (isLongPress || wasDragged) event.preventDefault();
      else if (event.ctrlKey || event.metaKey || choice.isActive.peek()) {
        event.preventDefault();
        choice.toggle(tile.photoId, tile.position);
      }
      reached = -1;
      wasDragged = false;
    };
    element.addEventListener("pointerdown", onDown);
    addEventListener("pointermove", onMove);
    addEventListener("pointerup", onUp);
    addEventListener("pointercancel", onUp);
    element.addEventListener("touchmove", onTouchMove, { passive: false });
    element.addEventListener("contextmenu", onMenu);
    // Before the link's own click, which opens the photo.
    element.addEventListener("click", onClick, { capture: true });
    return () => {
      onUp();
      element.removeEventListener("pointerdown", onDown);
      removeEventListener("pointermove", onMove);
      removeEventListener("pointerup", onUp);
      removeEventListener("pointercancel", onUp);
      element.removeEventListener("touchmove", onTouchMove);
      element.removeEventListener("contextmenu", onMenu);
      element.removeEventListener("click", onClick, { capture: true });
    };
  }, [selection]);
}

function isFromTouch(event: MouseEvent): boolean {
  return event instanceof PointerEvent && event.pointerType === "touch";
}
