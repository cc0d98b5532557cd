import type { SearchHit } from "../../../src/api/search.ts";
import { toTileBox } from "../layout/to-tile-box.ts";
import { gridAspectRatio, isShownWhole } from "../layout/justify.ts";
import { captionOf, explanationOf } from "./reason-words.ts";

/** Boxes drawn on one tile: more would hide the photo. */
const MAX_BOXES = 12;

/** Why a photo was found: a line under it, and the places in it while the pointer or the keyboard is on it. */
export function HitReasons({ hit }: { readonly hit: SearchHit }) {
  const { photo, reasons } = hit;
  const tileAspectRatio = gridAspectRatio(photo);
  const aspectRatio = photo.width && photo.height ? photo.width / photo.height : tileAspectRatio;
  const fit = isShownWhole(photo) ? "contain" : "cover";
  const boxes = reasons
    .flatMap((reason) => reason.boxes)
    .map((box) => toTileBox(box, aspectRatio, tileAspectRatio, fit))
    .filter((box) => box !== undefined)
    .slice(0, MAX_BOXES);
  return (
    <>
      {boxes.map((box, index) => (
        <span
          key={index}
          class="hit-box"
          style={{
            left: `${box.x * 100}%`,
            top: `${box.y * 100}%`,
            width: `${box.width * 100}%`,
            height: `${box.height * 100}%`,
          }}
        />
      ))}
      <span class="hit-caption" title={explanationOf(reasons)} dir="auto">
        {captionOf(reasons)}
      </span>
    </>
  );
}
