import type { GridGeometry } from "./justify.ts";

/** How large photos are in grids: 0 is usual, each step smaller or larger by about a third. */
export type GridZoom = -2 | -1 | 0 | 1 | 2;

/** The steps, smallest first. */
export const GRID_ZOOMS: readonly GridZoom[] = [-2, -1, 0, 1, 2];

/** Heights of rows by zoom, CSS pixels, on phones, tablets and desktops. */
const HEIGHTS: Readonly<Record<"phone" | "tablet" | "desktop", readonly number[]>> = {
  phone: [56, 80, 116, 176, 300],
  tablet: [84, 124, 180, 260, 380],
  desktop: [100, 148, 216, 310, 450],
};

/** Row height and gap of photo grids for a page of the given width. */
export function gridGeometry(width: number, zoom: GridZoom = 0): GridGeometry {
  const device = width < 600 ? "phone" : width < 1100 ? "tablet" : "desktop";
  const gap = device === "phone" ? (zoom < 0 ? 2 : 3) : 4;
  return { width, targetHeight: HEIGHTS[device][zoom + 2]!, gap };
}
