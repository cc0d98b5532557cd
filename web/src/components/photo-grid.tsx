import type { ComponentChildren, RefObject } from "preact";
import type { PhotoSummary } from "../../../src/api/photos.ts";
import { formatDay } from "../format.ts";
import type { GridLayout } from "../layout/grid-layout.ts";
import { visibleTiles } from "../layout/visible-tiles.ts";
import { focusedPhotoId } from "../state/photo-sequence.ts";
import { strings } from "../strings.ts";
import { PhotoTile } from "./photo-tile.tsx";
import { useGridKeys } from "./use-grid-keys.ts";
import type { Viewport } from "./use-viewport.ts";

/** A part of a grid: a month, or everything. Without `layout` its photos are not loaded and only its height is known. */
export interface GridSection {
  readonly key: string;
  readonly top: number;
  readonly height: number;
  readonly headerHeight: number;
  readonly header?: ComponentChildren;
  readonly layout?: GridLayout;
  readonly photos?: readonly PhotoSummary[];
  /** Number of photos in the sections before it. */
  readonly offset: number;
}

/** Pixels drawn beyond the screen above and below. */
const OVERSCAN = 640;

/** No row is taller. */
const TALLEST_ROW = 700;

/** A virtual grid of photos: only tiles near the screen are in the document. */
export function PhotoGrid(props: {
  readonly elementRef: RefObject<HTMLDivElement | null>;
  readonly sections: readonly GridSection[];
  readonly height: number;
  readonly count: number;
  readonly viewport: Viewport | undefined;
  readonly label: string;
  readonly renderInTile?: (photo: PhotoSummary, index: number) => ComponentChildren;
}) {
  const { sections, viewport } = props;
  useGridKeys(props.elementRef, sections);
  const shown = viewport
    ? sections.filter(
        (section) =>
          section.top + section.height >= viewport.top - OVERSCAN &&
          section.top <= viewport.bottom + OVERSCAN,
      )
    : [];
  return (
    <div ref={props.elementRef} class="grid" style={{ height: `${props.height}px` }}>
      {shown.map((section) => (
        <Section key={section.key} {...props} section={section} viewport={viewport!} />
      ))}
    </div>
  );
}

function Section(props: {
  readonly section: GridSection;
  readonly viewport: Viewport;
  readonly count: number;
  readonly label: string;
  readonly renderInTile?: (photo: PhotoSummary, index: number) => ComponentChildren;
}) {
  const { section, viewport } = props;
  const { layout, photos, headerHeight } = section;
  const top = viewport.top - section.top - headerHeight;
  const bottom = viewport.bottom - section.top - headerHeight;
  const tiles = layout ? visibleTiles(layout.tiles, top - OVERSCAN, bottom + OVERSCAN, TALLEST_ROW) : [];
  const labels =
    layout?.labels.filter((label) => label.y >= top - OVERSCAN && label.y <= bottom + OVERSCAN) ?? [];
  const focused = focusedPhotoId.value;
  const hasFocused = tiles.some((tile) => photos?.[tile.index]?.id === focused);
  const firstOnScreen = hasFocused ? undefined : tiles.find((tile) => tile.y >= top);
  return (
    <div
      class={`grid-section ${layout ? "" : "is-loading"}`}
      style={{ top: `${section.top}px`, height: `${section.height}px` }}
    >
      {section.header}
      {labels.map((label) => (
        <div
          key={label.day}
          class={`day-label ${label.x === 0 ? "is-first" : ""}`}
          style={{
            insetInlineStart: `${label.x}px`,
            top: `${label.y + headerHeight}px`,
            width: `${label.width}px`,
          }}
        >
          {formatDay(label.day)}
          {label.dating !== "taken" && (
            <span class="day-hint" title={strings.timeline.datingExplained[label.dating]}>
              {strings.timeline.dating[label.dating]}
            </span>
          )}
        </div>
      ))}
      <div role="list" aria-label={props.label}>
        {tiles.map((tile) => {
          const photo = photos![tile.index];
          if (!photo) return null;
          return (
            <PhotoTile
              key={photo.id}
              photo={photo}
              tile={tile}
              offsetY={headerHeight}
              isTabStop={hasFocused ? photo.id === focused : tile === firstOnScreen}
              position={section.offset + tile.index + 1}
              count={props.count}
            >
              {props.renderInTile?.(photo, tile.index)}
            </PhotoTile>
          );
        })}
      </div>
    </div>
  );
}
