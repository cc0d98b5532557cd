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

/** A finger that moved further means one direction and keeps to it, CSS pixels. */
const DIRECTION_FROM = 8;

/** The next photo comes in from so far aside, CSS pixels. */
const COMES_FROM = 64;

const STILL: Point = { x: 0, y: 0 };

/** What the stage does with wheel, mouse, fingers and keys. */
export interface Zoom {
  readonly view: ZoomView;
  /** How far the whole photo is moved by a finger that may mean a swipe, CSS pixels. */
  readonly drag: Point;
  readonly isGesturing: boolean;
  zoomBy(factor: number): void;
  reset(): void;
}

/**
 * Zoom and pan of a stage: wheel, pinch, drag, double click; at the fitted size the photo follows a finger: sideways it
 * is a swipe, downwards `onDismiss`. Text that can be selected and controls keep their own behaviour.
 */
export function useZoom(
  stage: RefObject<HTMLElement | null>,
  options: {
    readonly key: number;
    readonly fitted: Size;
    readonly maxScale: number;
    /** Gives whether there is a photo on that side. */
    readonly onSwipe: (step: -1 | 1) => boolean;
    readonly onDismiss: () => void;
  },
): Zoom {
  const [view, setView] = useState<ZoomView>(FITTED);
  const [drag, setDrag] = useState(STILL);
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
    let isSideways: boolean | undefined;

    const follow = (from: Point, to: Point) => {
      const [dx, dy] = [to.x - from.x, to.y - from.y];
      if (isSideways === undefined && Math.hypot(dx, dy) > DIRECTION_FROM)
        isSideways = Math.abs(dx) > Math.abs(dy);
      if (isSideways !== undefined) setDrag(isSideways ? { x: dx, y: 0 } : { x: 0, y: Math.max(0, dy) });
    };
    const swipe = (step: -1 | 1) => {
      if (!latest.current.onSwipe(step)) return;
      // It comes from where the finger pulled it.
      setGesturing(true);
      setDrag({ x: step * COMES_FROM, y: 0 });
      requestAnimationFrame(() => requestAnimationFrame(settle));
    };
    const settle = () => {
      setGesturing(pointers.size > 0);
      setDrag(STILL);
    };
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
      isSideways = undefined;
      setDrag(STILL);
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
        const factor = distance(now, other) / Math.max(1, distance(before, other));
        const zoomed = zoomAround(old, factor, middle, latest.current.maxScale);
        // Two fingers that move together move the photo: each half of the way.
        change({ ...zoomed, x: zoomed.x + (now.x - before.x) / 2, y: zoomed.y + (now.y - before.y) / 2 });
      } else if (old.scale > 1) change({ ...old, x: old.x + now.x - before.x, y: old.y + now.y - before.y });
      else if (start && event.pointerType !== "mouse") follow(start, now);
    };
    const onPointerUp = (event: PointerEvent) => {
      const end = pointers.get(event.pointerId);
      pointers.delete(event.pointerId);
      const from = start;
      start = undefined;
      settle();
      if (!end || !from || event.pointerType === "mouse" || latest.current.view.scale > 1.01) return;
      const [dx, dy] = [end.x - from.x, end.y - from.y];
      if (Math.abs(dx) > SWIPE_DISTANCE && Math.abs(dx) > Math.abs(dy) * 1.5) swipe(dx < 0 ? 1 : -1);
      else if (dy > SWIPE_DISTANCE * 1.5 && dy > Math.abs(dx) * 1.5) latest.current.onDismiss();
    };
    const onPointerCancel = (event: PointerEvent) => {
      pointers.delete(event.pointerId);
      start = undefined;
      settle();
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
    drag,
    isGesturing,
    zoomBy: (factor) => zoomBy(factor > 0 ? factor : KEY_STEP),
    reset: () => change(FITTED),
  };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
