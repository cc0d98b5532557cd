import { useMemo } from "preact/hooks";
import type { PhotoDetails } from "../../../src/api/photos.ts";
import type { Size } from "../../../src/core/geometry.ts";
import { placeTextLine } from "./place-text-line.ts";

const FONT = "sans-serif";

/** The recognised text, invisible over its own picture, so that it can be selected and copied line by line. */
export function TextOverlay(props: { readonly lines: PhotoDetails["textLines"]; readonly size: Size }) {
  const { lines, size } = props;
  const measure = useMemo(createMeasure, []);
  return (
    <div class="text-overlay">
      {lines.map((line) => {
        const place = placeTextLine(line.quad, size);
        const stretch = place.width / Math.max(1, measure(line.text, place.fontSize));
        return (
          <div
            key={line.id}
            class="text-line"
            dir="auto"
            style={{
              left: `${place.x}px`,
              top: `${place.y}px`,
              fontFamily: FONT,
              fontSize: `${place.fontSize}px`,
              lineHeight: `${place.height}px`,
              height: `${place.height}px`,
              transform: `rotate(${place.angleRadians}rad) scaleX(${stretch})`,
            }}
          >
            {line.text}
          </div>
        );
      })}
    </div>
  );
}

function createMeasure(): (text: string, fontSize: number) => number {
  const context = document.createElement("canvas").getContext("2d");
  return (text, fontSize) => {
    if (!context) return text.length * fontSize * 0.5;
    context.font = `${fontSize}px ${FONT}`;
    return context.measureText(text).width;
  };
}
