import { signal } from "@preact/signals";
import { GRID_ZOOMS, type GridZoom } from "../layout/grid-geometry.ts";

const KEY = "keepsight.zoom";

/** How large photos are in the timeline; remembered on this device. */
export const gridZoom = signal<GridZoom>(readZoom());

function readZoom(): GridZoom {
  try {
    return GRID_ZOOMS.find((zoom) => String(zoom) === localStorage.getItem(KEY)) ?? 0;
  } catch {
    return 0;
  }
}

/** Makes photos one step larger (1) or smaller (−1), or as usual (0). */
export function zoomGrid(step: -1 | 0 | 1): void {
  const next = step === 0 ? 0 : GRID_ZOOMS.find((zoom) => zoom === gridZoom.peek() + step);
  if (next === undefined) return;
  gridZoom.value = next;
  try {
    localStorage.setItem(KEY, String(next));
  } catch {
    // Storage may be switched off: the choice lasts until the page is closed.
  }
}
