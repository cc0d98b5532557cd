import type { CardShape } from "./card-layout.ts";

/** Square cards for faces, small enough to see many at once. */
export function faceShape(pageWidth: number): CardShape {
  const isNarrow = pageWidth < 600;
  return { pageWidth, minWidth: isNarrow ? 84 : 116, heightOf: (width) => width, gap: isNarrow ? 4 : 8 };
}
