import type { RefObject } from "preact";
import { useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { verticalNeighbour } from "../layout/visible-tiles.ts";
import { location } from "../router.ts";
import { focusedPhotoId } from "../state/photo-sequence.ts";
import { isTyping } from "../state/shortcuts.ts";
import type { PhotoSelection } from "../state/photo-selection.ts";
import type { GridSection } from "./grid-section.ts";
import type { GridScroll } from "./use-viewport.ts";

/** Room kept free above a focused tile for the bar and the month's heading. */
const MARGIN_TOP = 132;
const MARGIN_BOTTOM = 88;

interface Place {
  readonly section: number;
  readonly index: number;
}

/**
 * Arrow keys, Home, End, Page Up and Page Down move the keyboard's photo through a virtual grid, also to photos that are
 * not fetched yet: then the page goes there and the photo gets the keyboard when it arrives. Where photos can be chosen,
 * Space chooses one, and Shift with a key everything on the way.
 */
export function useGridKeys(grid: {
  readonly element: RefObject<HTMLElement | null>;
  readonly sections: readonly GridSection[];
  readonly scroll: GridScroll;
  readonly selection: PhotoSelection | undefined;
}): void {
  const { element, scroll } = grid;
  const latest = useRef(grid);
  latest.current = grid;
  /** Where the keyboard is to be as soon as the photo is there. */
  const waitingFor = useRef<Place | undefined>(undefined);
  const needsFocus = useRef(false);

  const focusPlace = (place: Place) => {
    const section = latest.current.sections[place.section];
    const tile = section?.layout.tiles[place.index];
    if (!section || !tile || !element.current) return;
    const top = section.top + section.headerHeight + tile.y;
    const windowTop = scroll.top();
    if (place.section === 0 && place.index === 0) scrollTo(0, 0);
    else if (top - windowTop < MARGIN_TOP) scroll.to(top - MARGIN_TOP);
    else if (top + tile.height - windowTop > innerHeight - MARGIN_BOTTOM)
      scroll.to(top + tile.height - innerHeight + MARGIN_BOTTOM);
    const photo = section.photoAt(place.index);
    waitingFor.current = photo ? undefined : place;
    if (!photo) return;
    focusedPhotoId.value = photo.id;
    needsFocus.current = true;
    document.getElementById(`photo-${photo.id}`)?.focus({ preventScroll: true });
  };

  const goToSection = (index: number, at: "first" | "last") => {
    const section = latest.current.sections[index];
    if (section) focusPlace({ section: index, index: at === "first" ? 0 : section.count - 1 });
  };

  useEffect(() => {
    const waiting = waitingFor.current;
    if (waiting && latest.current.sections[waiting.section]?.photoAt(waiting.index)) focusPlace(waiting);
    if (!needsFocus.current) return;
    const tile = document.getElementById(`photo-${focusedPhotoId.peek()}`);
    if (!tile) return;
    needsFocus.current = false;
    tile.focus({ preventScroll: true });
  });

  // The photo looked at last has the keyboard, and is on the screen, when the viewer closes.
  const wasViewing = useRef(isViewing());
  useSignalEffect(() => {
    const before = wasViewing.current;
    void location.value;
    wasViewing.current = isViewing();
    if (!before || wasViewing.current) return;
    requestAnimationFrame(() => {
      const place = placeOf(latest.current.sections, focusedPhotoId.peek());
      if (place) focusPlace(place);
    });
  });

  // Before the next key can be pressed: other effects wait for a frame.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (isViewing() || isElsewhere(event.target, element.current)) return;
      const { sections, selection } = latest.current;
      const from = waitingFor.current ?? placeOf(sections, focusedPhotoId.peek());
      if (event.key === " " && from && selection && isTile(event.target)) {
        event.preventDefault();
        choose(from, event.shiftKey);
        return;
      }
      const direction = MOVES[event.key];
      if (!direction) return;
      event.preventDefault();
      if (event.shiftKey && from && selection && !selection.isActive.peek()) choose(from, false);
      if (direction === "first") goToSection(0, "first");
      else if (direction === "last") goToSection(sections.length - 1, "last");
      else if (!from) focusPlace(firstOnScreen(sections, scroll));
      else move(from, direction);
      const reached = waitingFor.current ?? placeOf(sections, focusedPhotoId.peek());
      if (event.shiftKey && selection && reached) void selection.extendTo(positionOf(sections, reached));
    };
    const choose = (place: Place, isRange: boolean) => {
      const { sections, selection } = latest.current;
      const photo = sections[place.section]!.photoAt(place.index);
      const position = positionOf(sections, place);
      if (isRange && selection?.isActive.peek()) void selection.extendTo(position);
      else if (photo) selection?.toggle(photo.id, position);
    };
    const move = (from: Place, direction: Direction) => {
      const section = latest.current.sections[from.section]!;
      const { tiles } = section.layout;
      const step = isForward(direction) ? 1 : -1;
      if (direction === "left" || direction === "right") {
        const index = from.index + step;
        if (tiles[index]) focusPlace({ section: from.section, index });
        else goToSection(from.section + step, step === 1 ? "first" : "last");
        return;
      }
      const start = tiles[from.index]!;
      const distance = direction === "pageUp" || direction === "pageDown" ? innerHeight * 0.7 : 1;
      let tile = start;
      while (Math.abs(tile.y - start.y) < distance) {
        const next = verticalNeighbour(tiles, tile.index, step);
        if (!next) break;
        tile = next;
      }
      if (tile !== start) focusPlace({ section: from.section, index: tile.index });
      else goToSection(from.section + step, step === 1 ? "first" : "last");
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function isViewing(): boolean {
  return location.peek().path.startsWith("/photo/");
}

type Direction = "left" | "right" | "up" | "down" | "pageUp" | "pageDown";

const MOVES: Readonly<Record<string, Direction | "first" | "last">> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  PageUp: "pageUp",
  PageDown: "pageDown",
  Home: "first",
  End: "last",
};

function isForward(direction: Direction): boolean {
  if (direction === "left" || direction === "right") {
    return (direction === "right") === (document.documentElement.dir !== "rtl");
  }
  return direction === "down" || direction === "pageDown";
}

/** True when the keyboard is in a control outside the grid that may want the key for itself. */
function isElsewhere(target: EventTarget | null, grid: HTMLElement | null): boolean {
  return (
    target instanceof Element &&
    target !== document.body &&
    !grid?.contains(target) &&
    target.closest("[role=slider], [role=listbox], [role=radiogroup], dialog, select") !== null
  );
}

function placeOf(sections: readonly GridSection[], photoId: number | undefined): Place | undefined {
  if (photoId === undefined) return undefined;
  for (let section = 0; section < sections.length; section++) {
    const index = sections[section]!.indexOf(photoId);
    if (index !== undefined) return { section, index };
  }
  return undefined;
}

function positionOf(sections: readonly GridSection[], place: Place): number {
  return sections[place.section]!.offset + place.index;
}

function isTile(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches(".tile-link");
}

function firstOnScreen(sections: readonly GridSection[], scroll: GridScroll): Place {
  const top = MARGIN_TOP + scroll.top();
  const section = Math.max(
    0,
    sections.findIndex((candidate) => candidate.top + candidate.height > top),
  );
  const at = sections[section];
  if (!at) return { section: 0, index: 0 };
  const y = top - at.top - at.headerHeight;
  return {
    section,
    index: Math.max(
      0,
      at.layout.tiles.findIndex((tile) => tile.y >= y),
    ),
  };
}
