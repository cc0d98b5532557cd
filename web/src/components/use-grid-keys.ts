import type { RefObject } from "preact";
import { useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Tile } from "../layout/grid-layout.ts";
import { verticalNeighbour } from "../layout/visible-tiles.ts";
import { location } from "../router.ts";
import { focusedPhotoId } from "../state/photo-sequence.ts";
import { isTyping } from "../state/shortcuts.ts";
import type { GridSection } from "./photo-grid.tsx";

/** Room kept free above a focused tile for the bar and the month's heading. */
const MARGIN_TOP = 132;
const MARGIN_BOTTOM = 88;

interface Place {
  readonly section: number;
  readonly index: number;
}

/**
 * Arrow keys, Home, End, Page Up and Page Down move the keyboard's photo through a virtual grid, across sections whose
 * photos are not loaded yet: then the page goes there and the photo gets the keyboard when it arrives.
 */
export function useGridKeys(element: RefObject<HTMLElement | null>, sections: readonly GridSection[]): void {
  const latest = useRef(sections);
  latest.current = sections;
  const waitingFor = useRef<{ readonly section: string; readonly at: "first" | "last" } | undefined>(
    undefined,
  );
  const needsFocus = useRef(false);

  const tileAt = (place: Place): Tile | undefined =>
    latest.current[place.section]?.layout?.tiles[place.index];

  const focusPlace = (place: Place) => {
    const section = latest.current[place.section];
    const tile = tileAt(place);
    const photo = section?.photos?.[place.index];
    if (!section || !tile || !photo || !element.current) return;
    focusedPhotoId.value = photo.id;
    needsFocus.current = true;
    const top = element.current.getBoundingClientRect().top + section.top + section.headerHeight + tile.y;
    if (place.section === 0 && place.index === 0) scrollTo(0, 0);
    else if (top < MARGIN_TOP) scrollBy(0, top - MARGIN_TOP);
    else if (top + tile.height > innerHeight - MARGIN_BOTTOM) {
      scrollBy(0, top + tile.height - innerHeight + MARGIN_BOTTOM);
    }
    document.getElementById(`photo-${photo.id}`)?.focus({ preventScroll: true });
  };

  const goToSection = (index: number, at: "first" | "last") => {
    const section = latest.current[index];
    if (!section) return;
    const last = (section.photos?.length ?? 1) - 1;
    if (section.layout) focusPlace({ section: index, index: at === "first" ? 0 : last });
    else {
      waitingFor.current = { section: section.key, at };
      const y = at === "first" ? section.top : section.top + section.height - innerHeight + 200;
      scrollTo(0, scrollY + element.current!.getBoundingClientRect().top + y - MARGIN_TOP);
    }
  };

  useEffect(() => {
    const waiting = waitingFor.current;
    const index = waiting ? latest.current.findIndex((section) => section.key === waiting.section) : -1;
    if (waiting && latest.current[index]?.layout) {
      waitingFor.current = undefined;
      goToSection(index, waiting.at);
    }
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
      const place = placeOf(latest.current, focusedPhotoId.peek());
      if (place) focusPlace(place);
    });
  });

  // Before the next key can be pressed: other effects wait for a frame.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (isViewing() || isElsewhere(event.target, element.current)) return;
      const direction = MOVES[event.key];
      if (!direction) return;
      event.preventDefault();
      const from = placeOf(latest.current, focusedPhotoId.peek());
      if (direction === "first") goToSection(0, "first");
      else if (direction === "last") goToSection(latest.current.length - 1, "last");
      else if (!from) focusPlace(firstOnScreen(latest.current, element.current!));
      else move(from, direction);
    };
    const move = (from: Place, direction: Direction) => {
      const tiles = latest.current[from.section]!.layout!.tiles;
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
    if (!sections[section]!.layout) continue;
    const index = sections[section]!.photos!.findIndex((photo) => photo.id === photoId);
    if (index >= 0) return { section, index };
  }
  return undefined;
}

function firstOnScreen(sections: readonly GridSection[], grid: HTMLElement): Place {
  const top = MARGIN_TOP - grid.getBoundingClientRect().top;
  const section = Math.max(
    0,
    sections.findIndex((candidate) => candidate.layout && candidate.top + candidate.height > top),
  );
  const tiles = sections[section]?.layout?.tiles ?? [];
  const y = top - (sections[section]?.top ?? 0) - (sections[section]?.headerHeight ?? 0);
  return {
    section,
    index: Math.max(
      0,
      tiles.findIndex((tile) => tile.y >= y),
    ),
  };
}
