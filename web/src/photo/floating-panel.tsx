import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Free space between the panel, what it belongs to, and the edges of the screen, CSS pixels. */
const GAP = 10;

/**
 * A small panel beside a part of the photo, wherever there is room; on a phone at the bottom of the screen. Escape and a
 * press elsewhere close it.
 */
export function FloatingPanel(props: {
  readonly label: string;
  /** Of what the panel belongs to, CSS pixels of the window. */
  readonly anchor: DOMRect;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const element = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<{ readonly left: number; readonly top: number }>();
  const latestClose = useRef(props.onClose);
  latestClose.current = props.onClose;

  useLayoutEffect(() => {
    const panel = element.current!;
    setPlace(placeBeside(props.anchor, panel.getBoundingClientRect()));
    const onPointerDown = (event: PointerEvent) => {
      const target = event.target as Element;
      if (!panel.contains(target) && target.closest("[data-face], .draw-frame") === null)
        latestClose.current();
    };
    document.addEventListener("pointerdown", onPointerDown);
    return () => document.removeEventListener("pointerdown", onPointerDown);
  }, [props.anchor]);

  return (
    <div
      ref={element}
      class="floating-panel"
      role="dialog"
      aria-label={props.label}
      style={place ? { left: `${place.left}px`, top: `${place.top}px` } : { visibility: "hidden" }}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.preventDefault();
          props.onClose();
        }
        // Keys of the photo below, such as the arrows, are not meant here.
        event.stopPropagation();
      }}
    >
      {props.children}
    </div>
  );
}

/** To the right of the anchor, else to its left, else below the middle; always on the screen. */
function placeBeside(anchor: DOMRect, panel: DOMRect): { left: number; top: number } {
  const clamp = (value: number, size: number, room: number) =>
    Math.max(GAP, Math.min(room - size - GAP, value));
  const right = anchor.right + GAP;
  const left = anchor.left - GAP - panel.width;
  const x = right + panel.width + GAP <= innerWidth ? right : left >= GAP ? left : anchor.left;
  const y = x === anchor.left ? anchor.bottom + GAP : anchor.top;
  return { left: clamp(x, panel.width, innerWidth), top: clamp(y, panel.height, innerHeight) };
}
