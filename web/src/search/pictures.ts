import { navigate } from "../router.ts";
import { searchHref } from "./search-state.ts";

/** Pictures kept at a time: they are in the memory of the page only. */
const MAX_KEPT = 8;

const kept = new Map<string, { readonly file: Blob; readonly url: string }>();
let last = 0;

/** Keeps a picture for as long as the page is open; gives the name by which an address can speak of it. */
function rememberPicture(file: Blob): string {
  const name = `picture-${++last}`;
  kept.set(name, { file, url: URL.createObjectURL(file) });
  if (kept.size > MAX_KEPT) {
    const [oldest, { url }] = kept.entries().next().value!;
    URL.revokeObjectURL(url);
    kept.delete(oldest);
  }
  return name;
}

/** A picture that was chosen on this page; undefined after a reload. */
export function pictureOf(name: string): Blob | undefined {
  return kept.get(name)?.file;
}

/** Its address, to be shown; undefined after a reload. */
export function pictureUrl(name: string): string | undefined {
  return kept.get(name)?.url;
}

/** Searches photos like a picture that is no photo of the library. */
export function searchByPicture(file: Blob): void {
  navigate(searchHref({ like: rememberPicture(file) }));
}
