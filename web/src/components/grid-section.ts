import type { ComponentChildren } from "preact";
import type { PhotoSummary } from "../../../src/api/photos.ts";
import type { GridLayout } from "../layout/grid-layout.ts";

/** A part of a grid: a month, or everything. */
export interface GridSection {
  readonly key: string;
  /** Where it begins in the content, CSS pixels. */
  readonly top: number;
  readonly height: number;
  readonly headerHeight: number;
  readonly header?: ComponentChildren;
  /** May be made when it is first asked for. */
  readonly layout: GridLayout;
  /** Number of photos in the sections before it, and in it. */
  readonly offset: number;
  readonly count: number;
  /** Undefined while the photo is not fetched. */
  photoAt(index: number): PhotoSummary | undefined;
  /** Where a photo stands; undefined when it is not here, or not fetched. */
  indexOf(photoId: number): number | undefined;
}

/** A grid of one section whose photos are all there. */
export function sectionOf(
  key: string,
  photos: readonly PhotoSummary[],
  layout: GridLayout,
): readonly [GridSection] {
  return [
    {
      key,
      top: 0,
      height: layout.height,
      headerHeight: 0,
      layout,
      offset: 0,
      count: photos.length,
      photoAt: (index) => photos[index],
      indexOf: (photoId) => {
        const index = photos.findIndex(({ id }) => id === photoId);
        return index < 0 ? undefined : index;
      },
    },
  ];
}
