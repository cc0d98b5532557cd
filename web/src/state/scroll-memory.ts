/** A place in a scrolled page: pixels from the top, and what stood there, in case heights are not the same next time. */
export interface ScrollPlace {
  readonly y: number;
  readonly anchor?: { readonly section: string; readonly offset: number };
}

const PREFIX = "keepsight.scroll.";
const remembered = new Map<string, ScrollPlace>();

/** Remembers the place of a history entry; survives a reload of the page. */
export function rememberScroll(key: string, place: ScrollPlace): void {
  remembered.set(key, place);
}

/** The remembered place of a history entry. */
export function recallScroll(key: string): ScrollPlace | undefined {
  const known = remembered.get(key);
  if (known) return known;
  try {
    const stored = sessionStorage.getItem(PREFIX + key);
    return stored === null ? undefined : (JSON.parse(stored) as ScrollPlace);
  } catch {
    return undefined;
  }
}

/** Writes what is remembered where a reload finds it; called when the page goes away. */
export function storeScroll(): void {
  try {
    for (const [key, place] of remembered) sessionStorage.setItem(PREFIX + key, JSON.stringify(place));
  } catch {
    // Storage may be full or switched off: then a reload starts at the top.
  }
}
