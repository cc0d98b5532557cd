import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** A panel below the control that opened it; Escape and a press elsewhere close it. */
export function Popover(props: { readonly onClose: () => void; readonly children: ComponentChildren }) {
  const element = useRef<HTMLDivElement>(null);
  // Before the next key can be pressed: other effects wait for a frame.
  useLayoutEffect(() => {
    const onPointerDown = (event: PointerEvent) => {
      if (!element.current?.parentElement?.contains(event.target as Node)) props.onClose();
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      props.onClose();
      element.current?.parentElement?.querySelector("button")?.focus();
    };
    document.addEventListener("pointerdown", onPointerDown);
    document.addEventListener("keydown", onKeyDown);
    return () => {
      document.removeEventListener("pointerdown", onPointerDown);
      document.removeEventListener("keydown", onKeyDown);
    };
  }, []);
  return (
    <div ref={element} class="popover">
      {props.children}
    </div>
  );
}
