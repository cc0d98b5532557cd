import type { Box } from "../../../src/core/geometry.ts";
import { formatPercent } from "../format.ts";

/** One box to draw, in fractions of the photo. */
export interface OverlayBox {
  readonly box: Box;
  readonly text: string | undefined;
  readonly score: number | undefined;
}

/** Boxes over the photo with what they are; `scale` is the zoom, against which lines and labels keep their size. */
export function BoxOverlay(props: {
  readonly kind: "face" | "object";
  readonly boxes: readonly OverlayBox[];
  readonly scale: number;
}) {
  return (
    <div class={`box-overlay is-${props.kind}`} style={{ "--zoom": String(props.scale) }}>
      {props.boxes.map(({ box, text, score }, index) => (
        <span
          key={index}
          class={`overlay-box ${box.y < 0.05 ? "is-at-top" : ""}`}
          style={{
            left: `${box.x * 100}%`,
            top: `${box.y * 100}%`,
            width: `${box.width * 100}%`,
            height: `${box.height * 100}%`,
          }}
        >
          <span class="overlay-label">
            {text !== undefined && <bdi>{text}</bdi>}
            {score !== undefined && <span class="overlay-score">{formatPercent(score)}</span>}
          </span>
        </span>
      ))}
    </div>
  );
}
