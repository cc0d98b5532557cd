import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { isReturning, location } from "../router.ts";
import { recallScroll, rememberScroll, type ScrollPlace } from "../state/scroll-memory.ts";
import type { GridSection } from "./photo-grid.tsx";

/** What stands at the top of the screen: a photo (or a section) and its distance from the top. */
interface Anchor {
  readonly section: string;
  readonly photoId: number | undefined;
  readonly offset: number;
}

/**
 * Keeps what a person looks at where it is. When sections above get their real heights, photos appear, or the window
 * changes, the page scrolls along; and a page returned to is at the place where it was left.
 */
export function useScrollPlace(
  element: RefObject<HTMLElement | null>,
  sections: readonly GridSection[],
): void {
  const anchor = useRef<Anchor | undefined>(undefined);
  const latest = useRef(sections);
  latest.current = sections;
  const isRestored = useRef(false);
  const restoring = useRef<ScrollPlace["anchor"]>(undefined);
  const key = useRef(location.peek().key).current;

  useLayoutEffect(() => {
    if (!element.current || sections.length === 0) return;
    if (!isRestored.current) {
      isRestored.current = true;
      const place = isReturning.peek() ? recallScroll(key) : undefined;
      restore(place, element.current, sections);
      const section = sections.find((candidate) => candidate.key === place?.anchor?.section);
      anchor.current = section?.layout || !place?.anchor ? readAnchor(element.current, sections) : undefined;
      restoring.current = anchor.current ? undefined : place?.anchor;
      return;
    }
    if (restoring.current) {
      const { section: wanted, offset } = restoring.current;
      anchor.current = { section: wanted, photoId: undefined, offset };
      // Until its photos are there, the section's height is a guess, and what stands at the top is another one's.
      if (sections.find((candidate) => candidate.key === wanted)?.layout) restoring.current = undefined;
    }
    const kept = anchor.current;
    if (!kept || scrollY < 8) return;
    const top = anchorTop(kept, sections);
    if (top === undefined) return;
    const moved = element.current.getBoundingClientRect().top + top - kept.offset;
    if (Math.abs(moved) >= 1) scrollBy({ top: moved, behavior: "instant" });
  }, [sections]);

  useEffect(() => {
    const onScroll = () => {
      if (!element.current || !isRestored.current || restoring.current) return;
      anchor.current = readAnchor(element.current, latest.current);
      const { section, offset } = anchor.current ?? {};
      const at =
        section === undefined ? undefined : latest.current.find((candidate) => candidate.key === section);
      const gridTop = element.current.getBoundingClientRect().top;
      rememberScroll(key, {
        y: scrollY,
        ...(at && offset !== undefined ? { anchor: { section: at.key, offset: gridTop + at.top } } : {}),
      });
    };
    addEventListener("scroll", onScroll, { passive: true });
    return () => removeEventListener("scroll", onScroll);
  }, []);
}

function restore(place: ScrollPlace | undefined, grid: HTMLElement, sections: readonly GridSection[]): void {
  const section = place?.anchor && sections.find((candidate) => candidate.key === place.anchor!.section);
  if (!place || place.y < 8) scrollTo({ top: 0, behavior: "instant" });
  else if (section) {
    const top = grid.getBoundingClientRect().top + scrollY + section.top - place.anchor!.offset;
    scrollTo({ top, behavior: "instant" });
  } else scrollTo({ top: place.y, behavior: "instant" });
}

/** Below the bar: what is hidden behind it does not count as seen. */
const BAR = 64;

function readAnchor(grid: HTMLElement, sections: readonly GridSection[]): Anchor | undefined {
  const gridTop = grid.getBoundingClientRect().top;
  const y = BAR - gridTop;
  const section = sections.find((candidate) => candidate.top + candidate.height > y);
  if (!section) return undefined;
  const inside = y - section.top - section.headerHeight;
  const tile = section.layout?.tiles.find((candidate) => candidate.y + candidate.height / 2 >= inside);
  const photoId = tile ? section.photos?.[tile.index]?.id : undefined;
  const top = section.top + (tile ? section.headerHeight + tile.y : 0);
  return { section: section.key, photoId, offset: gridTop + top };
}

function anchorTop(anchor: Anchor, sections: readonly GridSection[]): number | undefined {
  const section = sections.find((candidate) => candidate.key === anchor.section);
  if (!section) return undefined;
  if (anchor.photoId === undefined) return section.top;
  const index = section.photos?.findIndex((photo) => photo.id === anchor.photoId) ?? -1;
  const tile = section.layout?.tiles[index];
  return tile ? section.top + section.headerHeight + tile.y : section.top;
}
