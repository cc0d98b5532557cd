import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Point, Size } from "../../../src/core/geometry.ts";
import { clampView, FITTED, zoomAround, type ZoomView } from "./zoom-view.ts";

/** Scale of a double click. */
const CLICK_SCALE = 2.5;

/** Scale of one press of + or −. */
const KEY_STEP = 1.5;

/** A horizontal movement of a finger that is a swipe, CSS pixels. */
const SWIPE_DISTANCE = 56;

/** What the stage does with wheel, mouse, fingers and keys. */
export interface Zoom {
  readonly view: ZoomView;
  readonly isGesturing: boolean;
  zoomBy(factor: number): void;
  reset(): void;
}

/**
 * Zoom and pan of a stage: wheel, pinch, drag, double click; at the fitted size a finger's sideways movement is a swipe,
 * and one downwards is `onDismiss`. Text that can be selected and controls keep their own behaviour.
 */
export function useZoom(
  stage: RefObject<HTMLElement | null>,
  options: {
    readonly key: number;
    readonly fitted: Size;
    readonly maxScale: number;
    readonly onSwipe: (step: -1 | 1) => void;
    readonly onDismiss: () => void;
  },
): Zoom {
  const [view, setView] = useState<ZoomView>(FITTED);
  const [isGesturing, setGesturing] = useState(false);
  const latest = useRef({ ...options, view });
  latest.current = { ...options, view };

  useEffect(() => setView(FITTED), [options.key]);

  const change = (next: ZoomView) => {
    const element = stage.current;
    if (!element) return;
    const size = { width: element.clientWidth, height: element.clientHeight };
    latest.current.view = clampView(next, latest.current.fitted, size);
    setView(latest.current.view);
  };
  const zoomBy = (factor: number, point: Point = { x: 0, y: 0 }) =>
    change(zoomAround(latest.current.view, factor, point, latest.current.maxScale));

  useEffect(() => {
    const element = stage.current;
    if (!element) return undefined;
    const pointers = new Map<number, Point>();
    let start: Point | undefined;

    const fromMiddle = (event: { readonly clientX: number; readonly clientY: number }): Point => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
    };
    const isOwn = (event: Event) => (event.target as Element).closest("button, a, .text-line") === null;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      // A trackpad's pinch arrives as a wheel with ctrl and small steps.
      zoomBy(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), fromMiddle(event));
    };
    const onDoubleClick = (event: MouseEvent) => {
      if (!isOwn(event)) return;
      if (latest.current.view.scale > 1.01) change(FITTED);
      else zoomBy(CLICK_SCALE, fromMiddle(event));
    };
    const onPointerDown = (event: PointerEvent) => {
      if (!isOwn(event) || (event.pointerType === "mouse" && event.button !== 0)) return;
      pointers.set(event.pointerId, fromMiddle(event));
      start = pointers.size === 1 ? fromMiddle(event) : undefined;
      setGesturing(true);
      element.setPointerCapture(event.pointerId);
    };
    const onPointerMove = (event: PointerEvent) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      const now = fromMiddle(event);
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      pointers.set(event.pointerId, now);
      const { view: old } = latest.current;
      if (other) {
        const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
        zoomBy(distance(now, other) / Math.max(1, distance(before, other)), middle);
      } else if (old.scale > 1) change({ ...old, x: old.x + now.x - before.x, y: old.y + now.y - before.y });
    };
    const onPointerUp = (event: PointerEvent) => {
      const end = pointers.get(event.pointerId);
      pointers.delete(event.pointerId);
      if (pointers.size === 0) setGesturing(false);
      if (!end || !start || event.pointerType === "mouse" || latest.current.view.scale > 1.01) return;
      const [dx, dy] = [end.x - start.x, end.y - start.y];
      start = undefined;
      if (Math.abs(dx) > SWIPE_DISTANCE && Math.abs(dx) > Math.abs(dy) * 1.5)
        latest.current.onSwipe(dx < 0 ? 1 : -1);
      else if (dy > SWIPE_DISTANCE * 1.5 && dy > Math.abs(dx) * 1.5) latest.current.onDismiss();
    };
    const onPointerCancel = (event: PointerEvent) => {
      pointers.delete(event.pointerId);
      if (pointers.size === 0) setGesturing(false);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    element.addEventListener("dblclick", onDoubleClick);
    element.addEventListener("pointerdown", onPointerDown);
    element.addEventListener("pointermove", onPointerMove);
    element.addEventListener("pointerup", onPointerUp);
    element.addEventListener("pointercancel", onPointerCancel);
    return () => {
      element.removeEventListener("wheel", onWheel);
      element.removeEventListener("dblclick", onDoubleClick);
      element.removeEventListener("pointerdown", onPointerDown);
      element.removeEventListener("pointermove", onPointerMove);
      element.removeEventListener("pointerup", onPointerUp);
      element.removeEventListener("pointercancel", onPointerCancel);
    };
  }, []);

  return {
    view,
    isGesturing,
    zoomBy: (factor) => zoomBy(factor > 0 ? factor : KEY_STEP),
    reset: () => change(FITTED),
  };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
