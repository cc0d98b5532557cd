import { thumbHashToDataURL } from "thumbhash";

/** Placeholders kept decoded: a few screens full. */
const MAX_KEPT = 1500;
const kept = new Map<string, string>();

/** A data URL of the blurred picture that a ThumbHash (base64) describes; undefined without a readable one. */
export function placeholderUrl(thumbhash: string | null): string | undefined {
  if (thumbhash === null) return undefined;
  const known = kept.get(thumbhash);
  if (known !== undefined) return known;
  const url = decode(thumbhash);
  if (url === undefined) return undefined;
  if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value!);
  kept.set(thumbhash, url);
  return url;
}

function decode(thumbhash: string): string | undefined {
  try {
    return thumbHashToDataURL(Uint8Array.from(atob(thumbhash), (character) => character.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
