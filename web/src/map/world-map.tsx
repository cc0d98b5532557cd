import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../components/icon.tsx";
import { theme } from "../state/theme.ts";
import { strings } from "../strings.ts";
import { type MapSize, type MapView, pan, toPixel, zoomAt } from "./map-view.ts";
import { drawWorld, loadWorld } from "./world.ts";

/** A turn of the wheel by so much is one step of zoom. */
const WHEEL_STEP = 240;

/** Arrow keys move the map by so much, CSS pixels. */
const KEY_STEP = 80;

/** Something that stands at a place of the map. */
export interface Marker {
  readonly key: string | number;
  readonly longitude: number;
  readonly latitude: number;
  readonly content: ComponentChildren;
}

/** A map of the world that can be moved and zoomed by pointer, fingers and keyboard, with markers on it. */
export function WorldMap(props: {
  readonly label: string;
  readonly view: MapView;
  readonly size: MapSize | undefined;
  readonly onSize: (size: MapSize) => void;
  readonly onView: (view: MapView) => void;
  /** Shows the whole again; absent while it is shown. */
  readonly onWhole?: (() => void) | undefined;
  readonly markers: readonly Marker[];
}) {
  const { view, size, markers } = props;
  const element = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(props);
  latest.current = props;
  useSize(element, (changed) => latest.current.onSize(changed));
  useDrawing(canvas, view, size);
  useMoving(element, latest);

  const step = (steps: number) =>
    size && props.onView(zoomAt(view, size, { x: size.width / 2, y: size.height / 2 }, steps));
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [KEY_STEP, 0],
      ArrowRight: [-KEY_STEP, 0],
      ArrowUp: [0, KEY_STEP],
      ArrowDown: [0, -KEY_STEP],
    };
    const move = moves[event.key];
    if (move) props.onView(pan(view, ...move));
    else if (event.key === "+" || event.key === "=") step(1);
    else if (event.key === "-") step(-1);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={element}
      class="world-map"
      role="application"
      aria-label={props.label}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <canvas ref={canvas} class="world-canvas" aria-hidden="true" />
      {size &&
        markers.map(({ key, content, ...place }) => {
          const { x, y } = toPixel(place, view, size);
          const isNear = x > -60 && y > -60 && x < size.width + 60 && y < size.height + 60;
          return (
            isNear && (
              <div key={key} class="map-marker" style={{ transform: `translate(${x}px, ${y}px)` }}>
                {content}
              </div>
            )
          );
        })}
      <div class="map-zoom">
        <button type="button" class="icon-button" aria-label={strings.map.nearer} onClick={() => step(1)}>
          <Icon name="plus" />
        </button>
        <button type="button" class="icon-button" aria-label={strings.map.further} onClick={() => step(-1)}>
          <Icon name="minus" />
        </button>
        {props.onWhole && (
          <button
            type="button"
            class="icon-button"
            aria-label={strings.map.whole}
            title={strings.map.whole}
            onClick={props.onWhole}
          >
            <Icon name="objects" />
          </button>
        )}
      </div>
    </div>
  );
}

interface Current<T> {
  readonly current: T;
}

function useSize(element: Current<HTMLElement | null>, onSize: (size: MapSize) => void): void {
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      if (width > 0 && height > 0) onSize({ width, height });
    });
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, []);
}

/** Draws once a frame at most. */
function useDrawing(
  canvas: Current<HTMLCanvasElement | null>,
  view: MapView,
  size: MapSize | undefined,
): void {
  const [world, setWorld] = useState<Awaited<ReturnType<typeof loadWorld>>>();
  useEffect(() => {
    // Without its outlines the map is an empty sea with photos on it.
    loadWorld().then(setWorld, () => {});
  }, []);
  const shade = theme.value;
  useEffect(() => {
    if (!world || !size) return undefined;
    const frame = requestAnimationFrame(() => {
      if (canvas.current) drawWorld(canvas.current, world, view, size);
    });
    return () => cancelAnimationFrame(frame);
  }, [world, view, size, shade]);
}

/** Dragging, the wheel, and two fingers. */
function useMoving(
  element: Current<HTMLElement | null>,
  latest: Current<{
    readonly view: MapView;
    readonly size: MapSize | undefined;
    readonly onView: (view: MapView) => void;
  }>,
): void {
  useEffect(() => {
    const target = element.current!;
    const fingers = new Map<number, { x: number; y: number }>();
    const at = (event: MouseEvent) => {
      const { left, top } = target.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top };
    };
    const onWheel = (event: WheelEvent) => {
      const { view, size, onView } = latest.current;
      event.preventDefault();
      if (size) onView(zoomAt(view, size, at(event), -event.deltaY / WHEEL_STEP));
    };
    const onDown = (event: PointerEvent) => {
      if (event.button === 0) fingers.set(event.pointerId, at(event));
    };
    const onMove = (event: PointerEvent) => {
      const before = fingers.get(event.pointerId);
      const { view, size, onView } = latest.current;
      if (!before || !size) return;
      const now = at(event);
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      fingers.set(event.pointerId, now);
      if (!other) {
        // A drag is no click on the photo it began at.
        if (!target.hasPointerCapture(event.pointerId)) target.setPointerCapture(event.pointerId);
        onView(pan(view, now.x - before.x, now.y - before.y));
        return;
      }
      const distance = (point: { x: number; y: number }) => Math.hypot(point.x - other.x, point.y - other.y);
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      const moved = pan(view, (now.x - before.x) / 2, (now.y - before.y) / 2);
      const steps = Math.log2(Math.max(1, distance(now)) / Math.max(1, distance(before)));
      onView(zoomAt(moved, size, middle, steps));
    };
    const onUp = (event: PointerEvent) => void fingers.delete(event.pointerId);
    target.addEventListener("wheel", onWheel, { passive: false });
    target.addEventListener("pointerdown", onDown);
    target.addEventListener("pointermove", onMove);
    target.addEventListener("pointerup", onUp);
    target.addEventListener("pointercancel", onUp);
    return () => {
      target.removeEventListener("wheel", onWheel);
      target.removeEventListener("pointerdown", onDown);
      target.removeEventListener("pointermove", onMove);
      target.removeEventListener("pointerup", onUp);
      target.removeEventListener("pointercancel", onUp);
    };
  }, []);
}
