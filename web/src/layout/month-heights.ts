import type { GridGeometry } from "./justify.ts";
import { type DayOfShapes, measureMonth, MONTH_HEADER_HEIGHT } from "./month-layout.ts";

/** A month as the heights need it. */
interface MonthOfShapes {
  readonly days: readonly DayOfShapes[];
}

/** Heights of months, headings included, CSS pixels, for one geometry. */
export interface MonthHeights {
  /** Measures months not measured yet until the clock (`performance.now()`) says `until`; true when all are. */
  measure(months: readonly MonthOfShapes[], until: number): boolean;
  /** Exact once measured; before, what months measured so far took a photo. */
  heightOf(month: MonthOfShapes): number;
}

/** Pixels a photo takes, as long as no month was measured; only ever seen for a few frames. */
const FIRST_GUESS = 40;

/** Heights that are measured a few milliseconds at a time, since a million photos take longer than a frame. */
export function createMonthHeights(geometry: GridGeometry): MonthHeights {
  const heights = new WeakMap<MonthOfShapes, number>();
  let photos = 0;
  let pixels = 0;
  return {
    measure: (months, until) => {
      for (const month of months) {
        if (heights.has(month)) continue;
        if (performance.now() > until) return false;
        const height = measureMonth(month.days, geometry);
        heights.set(month, height);
        photos += countPhotos(month);
        pixels += height;
      }
      return true;
    },
    heightOf: (month) =>
      MONTH_HEADER_HEIGHT +
      (heights.get(month) ?? countPhotos(month) * (photos === 0 ? FIRST_GUESS : pixels / photos)),
  };
}

function countPhotos({ days }: MonthOfShapes): number {
  return days.reduce((sum, { shapes }) => sum + shapes.length, 0);
}
