import type { RefObject } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { PhotoDetails } from "../../../src/api/photos.ts";
import type { Size } from "../../../src/core/geometry.ts";
import { isTyping } from "../state/shortcuts.ts";
import { placeTextLine } from "./place-text-line.ts";

const FONT = "sans-serif";

/** The recognised text, invisible over its own picture, so that it can be selected and copied line by line. */
export function TextOverlay(props: { readonly lines: PhotoDetails["textLines"]; readonly size: Size }) {
  const { lines, size } = props;
  const measure = useMemo(createMeasure, []);
  const element = useRef<HTMLDivElement>(null);
  useSelectAll(element);
  return (
    <div ref={element} class="text-overlay">
      {lines.map((line) => {
        const place = placeTextLine(line.quad, line.text, size);
        const [along, across] = place.isVertical ? [place.height, place.width] : [place.width, place.height];
        const stretch = along / Math.max(1, measure(line.text, place.fontSize));
        return (
          <div
            key={line.id}
            class={`text-line ${place.isVertical ? "is-vertical" : ""}`}
            dir="auto"
            style={{
              left: `${place.x}px`,
              top: `${place.y}px`,
              fontFamily: FONT,
              fontSize: `${place.fontSize}px`,
              lineHeight: `${across}px`,
              blockSize: `${across}px`,
              transform: `rotate(${place.angleRadians}rad) ${place.isVertical ? "scaleY" : "scaleX"}(${stretch})`,
            }}
          >
            {/* The line break is not seen, but copied: lines placed by themselves would be joined. */}
            {`${line.text}\n`}
          </div>
        );
      })}
    </div>
  );
}

/** Ctrl+A means the text in the photo while it is shown, not that of the page around it. */
function useSelectAll(element: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isAll = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a";
      if (!isAll || !element.current || isTyping(event) || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      getSelection()?.selectAllChildren(element.current);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function createMeasure(): (text: string, fontSize: number) => number {
  const context = document.createElement("canvas").getContext("2d");
  return (text, fontSize) => {
    if (!context) return text.length * fontSize * 0.5;
    context.font = `${fontSize}px ${FONT}`;
    return context.measureText(text).width;
  };
}
