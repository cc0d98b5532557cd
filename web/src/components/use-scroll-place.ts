import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { isReturning, location } from "../router.ts";
import { recallScroll, rememberScroll, type ScrollPlace } from "../state/scroll-memory.ts";
import type { GridSection } from "./grid-section.ts";
import type { GridScroll } from "./use-viewport.ts";

/** What stands at the top of the screen: a photo of a section and its distance from the top of the window. */
interface Anchor {
  readonly section: string;
  readonly index: number | undefined;
  readonly photoId: number | undefined;
  readonly distance: number;
}

/** Below the bar: what is hidden behind it does not count as seen. */
const BAR = 64;

/** Nearer than this to the top of the content, the page is at its top. */
const AT_TOP = 8;

/**
 * Keeps what a person looks at where it is. When photos appear above it, rows change their height, or the window its
 * width, the page scrolls along; and a page returned to is at the place where it was left.
 */
export function useScrollPlace(scroll: GridScroll, sections: readonly GridSection[]): void {
  const anchor = useRef<Anchor | undefined>(undefined);
  const latest = useRef(sections);
  latest.current = sections;
  const isRestored = useRef(false);
  const restoring = useRef<ScrollPlace["anchor"]>(undefined);
  const { key, path } = useRef(location.peek()).current;

  useLayoutEffect(() => {
    if (sections.length === 0) return;
    if (!isRestored.current) {
      isRestored.current = true;
      const place = isReturning.peek() ? recallScroll(key) : undefined;
      restore(place, scroll, sections);
      // What it stood at may come with a later answer.
      restoring.current = sections.some((section) => section.key === place?.anchor?.section)
        ? undefined
        : place?.anchor;
      anchor.current = restoring.current ? undefined : readAnchor(scroll, sections);
      return;
    }
    const wanted =
      restoring.current && sections.find((section) => section.key === restoring.current!.section);
    if (wanted) {
      scroll.to(wanted.top - restoring.current!.offset);
      restoring.current = undefined;
      anchor.current = readAnchor(scroll, sections);
      return;
    }
    const kept = anchor.current;
    if (!kept || scrollY < AT_TOP) return;
    const top = anchorTop(kept, sections);
    if (top !== undefined && Math.abs(top - kept.distance - scroll.top()) >= 1)
      scroll.to(top - kept.distance);
  }, [sections]);

  useEffect(() => {
    const onScroll = () => {
      if (!isRestored.current || document.documentElement.classList.contains("is-viewing")) return;
      // A page that is being left becomes short, and is scrolled by that: nobody stood there.
      if (location.peek().path !== path) return;
      // Whoever scrolls meanwhile does not want to be brought elsewhere.
      if (restoring.current && scrollY > AT_TOP) restoring.current = undefined;
      anchor.current = readAnchor(scroll, latest.current);
      const at = latest.current.find((section) => section.key === anchor.current?.section);
      const y = scroll.top();
      rememberScroll(key, { y, ...(at ? { anchor: { section: at.key, offset: at.top - y } } : {}) });
    };
    addEventListener("scroll", onScroll, { passive: true });
    return () => removeEventListener("scroll", onScroll);
  }, []);
}

function restore(place: ScrollPlace | undefined, scroll: GridScroll, sections: readonly GridSection[]): void {
  const section = sections.find((candidate) => candidate.key === place?.anchor?.section);
  if (!place || place.y < AT_TOP) scrollTo({ top: 0, behavior: "instant" });
  else scroll.to(section ? section.top - place.anchor!.offset : place.y);
}

function readAnchor(scroll: GridScroll, sections: readonly GridSection[]): Anchor | undefined {
  const windowTop = scroll.top();
  const y = windowTop + BAR;
  const section = sectionAt(sections, y);
  if (!section) return undefined;
  const inside = y - section.top - section.headerHeight;
  const tile = section.layout.tiles.find((candidate) => candidate.y + candidate.height / 2 >= inside);
  const top = section.top + (tile ? section.headerHeight + tile.y : 0);
  return {
    section: section.key,
    index: tile?.index,
    photoId: tile && section.photoAt(tile.index)?.id,
    distance: top - windowTop,
  };
}

/** The first section that ends below `y`. */
function sectionAt(sections: readonly GridSection[], y: number): GridSection | undefined {
  return sections.find((candidate) => candidate.top + candidate.height > y);
}

function anchorTop(anchor: Anchor, sections: readonly GridSection[]): number | undefined {
  const section = sections.find((candidate) => candidate.key === anchor.section);
  if (!section) return undefined;
  if (anchor.index === undefined) return section.top;
  const index = (anchor.photoId === undefined ? undefined : section.indexOf(anchor.photoId)) ?? anchor.index;
  const tile = section.layout.tiles[index];
  return tile ? section.top + section.headerHeight + tile.y : section.top;
}
