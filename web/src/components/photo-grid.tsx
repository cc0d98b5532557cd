import type { ComponentChildren, RefObject } from "preact";
import type { PhotoSummary } from "../../../src/api/photos.ts";
import { formatDay } from "../format.ts";
import type { Tile, TileLabel } from "../layout/grid-layout.ts";
import { elementHeight } from "../layout/scroll-map.ts";
import { visibleTiles } from "../layout/visible-tiles.ts";
import type { PhotoSelection } from "../state/photo-selection.ts";
import { focusedPhotoId, hiddenPhotoIds } from "../state/photo-sequence.ts";
import { strings } from "../strings.ts";
import type { GridSection } from "./grid-section.ts";
import { Icon } from "./icon.tsx";
import { PhotoTile } from "./photo-tile.tsx";
import { useGridKeys } from "./use-grid-keys.ts";
import { useSelecting } from "./use-selecting.ts";
import type { GridScroll, Viewport } from "./use-viewport.ts";

/** Pixels drawn beyond the screen above and below. */
const OVERSCAN = 640;

/** No row is taller. */
const TALLEST_ROW = 900;

interface PhotoGridProps {
  readonly elementRef: RefObject<HTMLDivElement | null>;
  readonly sections: readonly GridSection[];
  readonly height: number;
  readonly count: number;
  readonly viewport: Viewport | undefined;
  readonly scroll: GridScroll;
  readonly label: string;
  /** Another number when photos arrived in places that waited for them: components with the same properties are not drawn again. */
  readonly changes?: number;
  /** With it photos and days can be chosen. */
  readonly selection?: PhotoSelection | undefined;
  readonly renderInTile?: (photo: PhotoSummary, index: number) => ComponentChildren;
}

/** A virtual grid of photos: only tiles near the screen are in the document. */
export function PhotoGrid(props: PhotoGridProps) {
  const { sections, viewport, selection } = props;
  useGridKeys({ element: props.elementRef, sections, scroll: props.scroll, selection });
  useSelecting(props.elementRef, selection);
  const shown = viewport
    ? sections.filter(
        (section) =>
          section.top + section.height >= viewport.top - OVERSCAN &&
          section.top <= viewport.bottom + OVERSCAN,
      )
    : [];
  return (
    <div
      ref={props.elementRef}
      class={`grid ${selection?.isActive.value ? "is-choosing" : ""}`}
      style={{ height: `${elementHeight(props.height)}px` }}
    >
      {shown.map((section) => (
        <Section key={section.key} {...props} section={section} viewport={viewport!} />
      ))}
    </div>
  );
}

type SectionProps = Omit<PhotoGridProps, "viewport"> & {
  readonly section: GridSection;
  readonly viewport: Viewport;
};

function Section(props: SectionProps) {
  const { section, viewport, selection } = props;
  const { layout, headerHeight } = section;
  const top = viewport.top - section.top - headerHeight;
  const bottom = viewport.bottom - section.top - headerHeight;
  const tiles = visibleTiles(layout.tiles, top - OVERSCAN, bottom + OVERSCAN, TALLEST_ROW);
  const labels = layout.labels.filter(({ y }) => y >= top - OVERSCAN && y <= bottom + OVERSCAN);
  const focused = focusedPhotoId.value;
  const hasFocused = tiles.some((tile) => section.photoAt(tile.index)?.id === focused);
  const tabStop = hasFocused
    ? focused
    : tiles.map((tile) => (tile.y >= top ? section.photoAt(tile.index)?.id : undefined)).find(Boolean);
  const chosen = selection?.ids.value;
  const hidden = hiddenPhotoIds.value;
  return (
    <div
      class="grid-section"
      style={{ top: `${section.top - viewport.offset}px`, height: `${section.height}px` }}
    >
      {section.header}
      {labels.map((label) => (
        <DayLabel key={label.day} label={label} section={section} selection={selection} />
      ))}
      <div role="list" aria-label={props.label}>
        {tiles.map((tile) => {
          const photo = section.photoAt(tile.index);
          // Its place closes when the grid is laid out anew.
          if (photo && hidden.has(photo.id)) return null;
          if (!photo) return <EmptyTile key={`place ${tile.index}`} tile={tile} offsetY={headerHeight} />;
          return (
            <PhotoTile
              key={photo.id}
              photo={photo}
              tile={tile}
              offsetY={headerHeight}
              isTabStop={photo.id === tabStop}
              position={section.offset + tile.index}
              count={props.count}
              isChosen={chosen?.has(photo.id)}
            >
              {props.renderInTile?.(photo, tile.index)}
            </PhotoTile>
          );
        })}
      </div>
    </div>
  );
}

/** The heading of a day; where photos can be chosen, its check mark chooses the day. */
function DayLabel(props: {
  readonly label: TileLabel;
  readonly section: GridSection;
  readonly selection: PhotoSelection | undefined;
}) {
  const { label, section, selection } = props;
  const first = section.offset + label.start;
  return (
    <div
      class={`day-label ${label.x === 0 ? "is-first" : ""}`}
      style={{
        insetInlineStart: `${label.x}px`,
        top: `${label.y + section.headerHeight}px`,
        width: `${label.width}px`,
      }}
    >
      {selection && <DayCheck {...{ label, section, selection, first }} />}
      <span class="day-name">{formatDay(label.day)}</span>
      {label.dating !== "taken" && (
        <span class="day-hint" title={strings.timeline.datingExplained[label.dating]}>
          {strings.timeline.dating[label.dating]}
        </span>
      )}
    </div>
  );
}

function DayCheck(props: {
  readonly label: TileLabel;
  readonly section: GridSection;
  readonly selection: PhotoSelection;
  readonly first: number;
}) {
  const { label, section, selection, first } = props;
  const chosen = selection.ids.value;
  let isChosen = chosen.size > 0;
  for (let i = label.start; isChosen && i < label.start + label.count; i++) {
    const photo = section.photoAt(i);
    isChosen = photo !== undefined && chosen.has(photo.id);
  }
  return (
    <button
      type="button"
      role="checkbox"
      class="day-check"
      aria-checked={isChosen}
      aria-label={strings.selection.day(formatDay(label.day))}
      title={strings.selection.day(formatDay(label.day))}
      onClick={() => void selection.toggleRange(first, first + label.count - 1)}
    >
      <Icon name="check" size={14} />
    </button>
  );
}

/** The place of a photo that is on its way. */
function EmptyTile({ tile, offsetY }: { readonly tile: Tile; readonly offsetY: number }) {
  return (
    <div
      class="tile is-empty"
      aria-hidden="true"
      style={{
        insetInlineStart: `${tile.x}px`,
        top: `${tile.y + offsetY}px`,
        width: `${tile.width}px`,
        height: `${tile.height}px`,
      }}
    />
  );
}
