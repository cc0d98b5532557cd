/** The size of cards on a page of some width, and how they fill it; CSS pixels. */
export interface CardShape {
  readonly pageWidth: number;
  /** No card is narrower, unless the page is. */
  readonly minWidth: number;
  /** Height of a card of a given width. */
  readonly heightOf: (width: number) => number;
  readonly gap: number;
}

/** Where each card of a grid is, CSS pixels from the grid's top inline-start corner. */
export interface CardLayout {
  readonly count: number;
  readonly columns: number;
  readonly width: number;
  readonly height: number;
  readonly gap: number;
  /** Height of the whole grid. */
  readonly total: number;
  xOf(index: number): number;
  yOf(index: number): number;
}

/** Cards of one size in as many columns as fit, filling the width. */
export function layoutCards(count: number, { pageWidth, minWidth, heightOf, gap }: CardShape): CardLayout {
  const columns = Math.max(1, Math.floor((pageWidth + gap) / (minWidth + gap)));
  const width = Math.max(0, (pageWidth - (columns - 1) * gap) / columns);
  const height = heightOf(width);
  const rows = Math.ceil(count / columns);
  return {
    count,
    columns,
    width,
    height,
    gap,
    total: Math.max(0, rows * (height + gap) - gap),
    xOf: (index) => (index % columns) * (width + gap),
    yOf: (index) => Math.floor(index / columns) * (height + gap),
  };
}

/** The cards that lie between two heights: from `start` up to, not including, `end`. */
export function shownRange(layout: CardLayout, top: number, bottom: number): { start: number; end: number } {
  const rowHeight = layout.height + layout.gap;
  const firstRow = Math.max(0, Math.floor((top + layout.gap) / rowHeight));
  const lastRow = Math.ceil(bottom / rowHeight);
  const clamp = (index: number) => Math.max(0, Math.min(layout.count, index));
  return { start: clamp(firstRow * layout.columns), end: clamp(lastRow * layout.columns) };
}
