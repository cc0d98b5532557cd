import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useViewport, type Viewport } from "../components/use-viewport.ts";
import { isTyping } from "../state/shortcuts.ts";
import { shownRange, type CardLayout, layoutCards, type CardShape } from "./card-layout.ts";
import type { Selection } from "./use-selection.ts";

/** Pixels drawn beyond the screen above and below. */
const OVERSCAN = 480;

/** Room kept free around the card that has the keyboard: bars at the top and at the bottom of the screen. */
const MARGIN_TOP = 88;
const MARGIN_BOTTOM = 140;

/** What a card needs to behave as part of its grid. */
export interface CardPlace {
  readonly index: number;
  /** Of the control that has the keyboard when the card does; it also carries `data-card`. */
  readonly tabIndex: 0 | -1;
}

/**
 * A virtual grid of cards of one size: only those near the screen are in the document. Arrow keys, Home and End move the
 * keyboard, Space chooses, with Shift a range. A card's main control has `data-card={index}`.
 */
export function CardGrid<Id extends string | number>(props: {
  readonly label: string;
  readonly count: number;
  readonly shape: (width: number) => CardShape;
  /** The id at an index; undefined while it is not fetched. */
  readonly idAt: (index: number) => Id | undefined;
  readonly onNeed: (start: number, end: number) => void;
  readonly selection: Selection<Id>;
  readonly render: (place: CardPlace) => ComponentChildren;
}) {
  const element = useRef<HTMLDivElement>(null);
  const viewport = useViewport(element);
  const layout = layoutCards(props.count, props.shape(viewport?.width ?? 0));
  const { start, end } = rangeOn(viewport, layout);
  const [current, setCurrent] = useState(0);
  const needsFocus = useRef(false);
  const tabStop = current >= start && current < end ? current : firstOnScreen(viewport, layout);

  useEffect(() => {
    if (end > start) props.onNeed(start, end);
  });
  useEffect(() => {
    if (!needsFocus.current) return;
    const card = element.current?.querySelector<HTMLElement>(`[data-card="${current}"]`);
    if (!card) return;
    needsFocus.current = false;
    card.focus({ preventScroll: true });
  });

  const goTo = (index: number) => {
    const target = Math.max(0, Math.min(props.count - 1, index));
    needsFocus.current = true;
    setCurrent(target);
    const top = element.current!.getBoundingClientRect().top + layout.yOf(target);
    if (top < MARGIN_TOP) scrollBy({ top: top - MARGIN_TOP, behavior: "instant" });
    // While its card is not drawn yet, the grid itself hears the next keys.
    if (!element.current!.querySelector(`[data-card="${target}"]`)) {
      element.current!.focus({ preventScroll: true });
    }
    const excess = top + layout.height - (innerHeight - MARGIN_BOTTOM);
    if (excess > 0) scrollBy({ top: excess, behavior: "instant" });
    return target;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const target = event.target as HTMLElement;
    const cell = target.closest<HTMLElement>("[data-index]");
    const index = cell ? Number(cell.dataset["index"]) : current;
    const step = stepOf(event.key, layout.columns, props.count);
    const id = props.idAt(index);
    if (step !== undefined) {
      if (event.shiftKey && !props.selection.isActive && id !== undefined) props.selection.toggle(id, index);
      const reached = goTo(index + step);
      if (event.shiftKey) props.selection.extendTo(reached);
    } else if (event.key === " " && id !== undefined && target.matches("[data-card]")) {
      if (event.shiftKey) props.selection.extendTo(index);
      else props.selection.toggle(id, index);
    } else return;
    event.preventDefault();
  };

  return (
    <div
      ref={element}
      class="card-grid"
      tabIndex={-1}
      role="list"
      aria-label={props.label}
      style={{ height: `${layout.total}px` }}
      onKeyDown={onKeyDown}
      onFocusCapture={(event) => {
        const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
        if (cell) setCurrent(Number(cell.dataset["index"]));
      }}
    >
      {Array.from({ length: Math.max(0, end - start) }, (_, i) => {
        const index = start + i;
        const id = props.idAt(index);
        const isChosen = id !== undefined && props.selection.ids.has(id);
        return (
          <div
            key={id ?? `unknown ${index}`}
            role="listitem"
            data-index={index}
            class={`card-cell ${isChosen ? "is-chosen" : ""} ${props.selection.isActive ? "is-choosing" : ""}`}
            aria-posinset={index + 1}
            aria-setsize={props.count}
            style={{
              insetInlineStart: `${layout.xOf(index)}px`,
              top: `${layout.yOf(index)}px`,
              width: `${layout.width}px`,
              height: `${layout.height}px`,
            }}
          >
            {id !== undefined && props.render({ index, tabIndex: index === tabStop ? 0 : -1 })}
          </div>
        );
      })}
    </div>
  );
}

/**
 * What a click on a card does: with Shift it chooses a range, with Ctrl or while others are chosen this one; else, and
 * then only, `true` comes back and the card may open.
 */
export function opensOnClick<Id>(
  event: MouseEvent,
  selection: Selection<Id>,
  id: Id,
  index: number,
): boolean {
  if (event.button !== 0 || event.altKey) return true;
  if (event.shiftKey) selection.extendTo(index);
  else if (event.ctrlKey || event.metaKey || selection.isActive) selection.toggle(id, index);
  else return true;
  event.preventDefault();
  return false;
}

function rangeOn(viewport: Viewport | undefined, layout: CardLayout) {
  if (!viewport || viewport.width === 0) return { start: 0, end: 0 };
  return shownRange(layout, viewport.top - OVERSCAN, viewport.bottom + OVERSCAN);
}

function firstOnScreen(viewport: Viewport | undefined, layout: CardLayout): number {
  if (!viewport) return 0;
  const { start } = shownRange(layout, Math.max(0, viewport.top), viewport.bottom);
  return start;
}

/** How far a key moves through the cards. */
function stepOf(key: string, columns: number, count: number): number | undefined {
  const forward = document.documentElement.dir === "rtl" ? -1 : 1;
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: forward,
    ArrowLeft: -forward,
    ArrowDown: columns,
    ArrowUp: -columns,
    Home: -count,
    End: count,
  };
  return steps[key];
}
