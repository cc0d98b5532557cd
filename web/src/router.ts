import { signal } from "@preact/signals";

/** Where the app is. `background` is the address of the grid that lies under an opened photo. */
export interface Location {
  readonly path: string;
  readonly query: string;
  readonly background: string | undefined;
  /** Names the entry of the history, so that scroll positions are kept per entry. */
  readonly key: string;
}

interface EntryState {
  readonly key: string;
  readonly background?: string;
}

/** The current address; components that read it are drawn again when it changes. */
export const location = signal<Location>(readLocation());

/** Set when the last change came from the browser's back or forward button. */
export const isReturning = signal(false);

function readLocation(): Location {
  const state = history.state as EntryState | null;
  return {
    path: window.location.pathname,
    query: window.location.search.slice(1),
    background: state?.background,
    key: state?.key ?? "first",
  };
}

function newKey(): string {
  return Math.random().toString(36).slice(2, 10);
}

/** Goes to an address inside the app. `replace` keeps the entry of the history (and its scroll position). */
export function navigate(
  href: string,
  options: { readonly replace?: boolean; readonly background?: string | undefined } = {},
): void {
  const state: EntryState = {
    key: options.replace ? location.peek().key : newKey(),
    ...(options.background === undefined ? {} : { background: options.background }),
  };
  if (options.replace) history.replaceState(state, "", href);
  else history.pushState(state, "", href);
  isReturning.value = false;
  location.value = readLocation();
}

/** Address of the page a person sees as the place they are in: the grid under an opened photo, or the page itself. */
export function currentHref(): string {
  const { background, path, query } = location.peek();
  return background ?? (query === "" ? path : `${path}?${query}`);
}

/** Starts listening to the back button and to clicks on links into the app. */
export function startRouter(): void {
  history.scrollRestoration = "manual";
  if (history.state === null) history.replaceState({ key: newKey() } satisfies EntryState, "");
  location.value = readLocation();
  isReturning.value = true;
  addEventListener("popstate", () => {
    isReturning.value = true;
    location.value = readLocation();
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== window.location.origin)
      return;
    if (/^\/(api|docs|openapi|metrics)\b/.test(link.pathname)) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}
