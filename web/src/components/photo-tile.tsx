import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { PhotoSummary } from "../../../src/api/photos.ts";
import { thumbnailUrl } from "../api-client.ts";
import { formatShortDate } from "../format.ts";
import type { Tile } from "../layout/grid-layout.ts";
import { isShownWhole } from "../layout/justify.ts";
import { currentHref, navigate } from "../router.ts";
import { focusedPhotoId } from "../state/photo-sequence.ts";
import { strings } from "../strings.ts";
import { placeholderStyle, usePlaceholder } from "../photo/placeholder.ts";
import { Icon } from "./icon.tsx";

/** Pictures shown before, in this visit: they come from the browser's cache, so they need not fade in again. */
const seen = new Set<string>();

/** Photos whose thumbnail may not exist yet. */
const UNPREPARED: ReadonlySet<string> = new Set(["pending", "preprocessing"]);

/** Opens a photo over the grid that is on the page. */
export function openPhoto(photoId: number): void {
  focusedPhotoId.value = photoId;
  navigate(`/photo/${photoId}`, { background: currentHref() });
}

/** One photo of a grid: placeholder at once, picture when it arrives, or why there is none. */
export function PhotoTile(props: {
  readonly photo: PhotoSummary;
  readonly tile: Tile;
  readonly offsetY: number;
  readonly isTabStop: boolean;
  /** From 0. */
  readonly position: number;
  readonly count: number;
  /** Undefined where photos cannot be chosen. */
  readonly isChosen: boolean | undefined;
  readonly children?: ComponentChildren;
}) {
  const { photo, tile } = props;
  const date = photo.takenAt ? formatShortDate(photo.takenAt) : undefined;
  return (
    <div
      class={`tile ${props.isChosen ? "is-chosen" : ""}`}
      role="listitem"
      data-photo={photo.id}
      data-position={props.position}
      aria-posinset={props.position + 1}
      aria-setsize={props.count}
      style={{
        insetInlineStart: `${tile.x}px`,
        top: `${tile.y + props.offsetY}px`,
        width: `${tile.width}px`,
        height: `${tile.height}px`,
      }}
    >
      <a
        id={`photo-${photo.id}`}
        class="tile-link"
        href={`/photo/${photo.id}`}
        tabIndex={props.isTabStop ? 0 : -1}
        aria-label={strings.tile.label(photo.fileName, date)}
        onFocus={() => (focusedPhotoId.value = photo.id)}
        onClick={(event) => {
          // A click that chooses was taken already.
          if (event.defaultPrevented || event.button !== 0) return;
          if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
          event.preventDefault();
          openPhoto(photo.id);
        }}
      >
        <Thumbnail photo={photo} />
      </a>
      {props.isChosen !== undefined && (
        <button
          type="button"
          role="checkbox"
          class="tile-check"
          tabIndex={-1}
          aria-checked={props.isChosen}
          aria-label={strings.selection.photo(photo.fileName)}
        >
          <Icon name="check" size={16} />
        </button>
      )}
      {props.children}
    </div>
  );
}

/** A photo's thumbnail, filling its box; also its placeholder, waiting and broken states. */
export function Thumbnail({ photo }: { readonly photo: PhotoSummary }) {
  const url = thumbnailUrl(photo);
  const [loaded, setLoaded] = useState(seen.has(url) ? url : "");
  const [broken, setBroken] = useState("");
  const isWhole = isShownWhole(photo);
  const placeholder = usePlaceholder(isWhole ? null : photo.thumbhash);
  const isBroken = photo.status === "failed" || broken === `${url}#${photo.status}`;
  const isWaiting = UNPREPARED.has(photo.status) && photo.thumbhash === null;
  if (isBroken || isWaiting) {
    return (
      <span class={`thumb thumb-missing ${isWaiting ? "is-waiting" : ""}`}>
        <Icon name={isWaiting ? "clock" : "broken"} size={24} />
        <span class="thumb-name">{photo.fileName}</span>
        <span class="visually-hidden">{isWaiting ? strings.tile.pending : strings.tile.failed}</span>
      </span>
    );
  }
  return (
    <span
      class={`thumb ${isWhole ? "is-whole" : ""}`}
      style={isWhole ? undefined : placeholderStyle(placeholder)}
    >
      <img
        key={url}
        class={loaded === url ? "is-loaded" : ""}
        src={url}
        alt=""
        decoding="async"
        draggable={false}
        onLoad={() => {
          seen.add(url);
          setLoaded(url);
        }}
        onError={() => setBroken(`${url}#${photo.status}`)}
      />
    </span>
  );
}
