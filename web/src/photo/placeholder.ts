import { useEffect, useState } from "preact/hooks";
import { thumbHashToAverageRGBA, thumbHashToDataURL } from "thumbhash";

/** Placeholders kept decoded: a few screens full. */
const MAX_KEPT = 1500;

/** Decoding takes 0.3–0.8 ms each (2026-11, desktop): so many a frame that scrolling stays smooth. */
const FRAME_BUDGET_MS = 4;

const kept = new Map<string, string>();
const waiting = new Map<string, Set<() => void>>();
let frame = 0;

/** What stands for a photo until its picture is there. */
export interface Placeholder {
  /** Its average colour, at once. */
  readonly color: string | undefined;
  /** A data URL of the blurred picture, a frame or two later. */
  readonly url: string | undefined;
}

/** The placeholder that a ThumbHash (base64) describes; empty without a readable one. */
export function usePlaceholder(thumbhash: string | null): Placeholder {
  const [, redraw] = useState(0);
  const url = thumbhash === null ? undefined : kept.get(thumbhash);
  useEffect(() => {
    if (thumbhash === null || kept.has(thumbhash)) return undefined;
    const done = () => redraw((count) => count + 1);
    const others = waiting.get(thumbhash) ?? new Set();
    waiting.set(thumbhash, others.add(done));
    frame ||= requestAnimationFrame(decodeWaiting);
    return () => {
      others.delete(done);
      if (others.size === 0) waiting.delete(thumbhash);
    };
  }, [thumbhash]);
  return { url, color: url === undefined && thumbhash !== null ? averageColor(thumbhash) : undefined };
}

function decodeWaiting(): void {
  const until = performance.now() + FRAME_BUDGET_MS;
  frame = 0;
  for (const [thumbhash, callbacks] of waiting) {
    if (performance.now() > until) {
      frame = requestAnimationFrame(decodeWaiting);
      return;
    }
    waiting.delete(thumbhash);
    const bytes = toBytes(thumbhash);
    if (!bytes) continue;
    if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value!);
    kept.set(thumbhash, thumbHashToDataURL(bytes));
    for (const callback of callbacks) callback();
  }
}

function averageColor(thumbhash: string): string | undefined {
  const bytes = toBytes(thumbhash);
  if (!bytes) return undefined;
  const { r, g, b } = thumbHashToAverageRGBA(bytes);
  return `rgb(${Math.round(r * 255)} ${Math.round(g * 255)} ${Math.round(b * 255)})`;
}

/** Shortest ThumbHash: header, and the first coefficients. */
const MIN_BYTES = 6;

function toBytes(thumbhash: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.from(atob(thumbhash), (character) => character.charCodeAt(0));
    return bytes.length < MIN_BYTES ? undefined : bytes;
  } catch {
    return undefined;
  }
}

/** Style of an element behind the picture. */
export function placeholderStyle({ color, url }: Placeholder): Record<string, string> {
  if (url !== undefined) return { backgroundImage: `url("${url}")` };
  return color === undefined ? {} : { backgroundColor: color };
}
