/**
 * Browsers end at about 17 (Firefox) to 33 million pixels (Chromium, Safari); a million photos are 50 million high. Here
 * a tall content is mapped to an element of a size every browser can lay out: alike at both ends, so that nobody runs
 * into an end that is none, and squeezed in between. Pure and monotonic; both directions are each other's inverse.
 */

/** Height of the element for anything taller, CSS pixels. */
const MAX_ELEMENT = 12_000_000;

/** At both ends this much is as it is, CSS pixels. */
const END = 2_000_000;

/** Height of the element that stands for content of height `content`. */
export function elementHeight(content: number): number {
  return Math.min(content, MAX_ELEMENT);
}

/** Where in the element position `y` of the content belongs when nobody is scrolling. */
export function toElement(y: number, content: number): number {
  if (content <= MAX_ELEMENT || y <= END) return y;
  if (y >= content - END) return MAX_ELEMENT - (content - y);
  return END + ((y - END) * (MAX_ELEMENT - 2 * END)) / (content - 2 * END);
}

/** The inverse of {@link toElement}. */
export function toContent(y: number, content: number): number {
  if (content <= MAX_ELEMENT || y <= END) return y;
  if (y >= MAX_ELEMENT - END) return content - (MAX_ELEMENT - y);
  return END + ((y - END) * (content - 2 * END)) / (MAX_ELEMENT - 2 * END);
}
