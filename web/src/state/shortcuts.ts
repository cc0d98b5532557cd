import { signal } from "@preact/signals";

/** Whether the sheet of keyboard shortcuts is open. */
export const isHelpOpen = signal(false);

/** Counts requests to put the keyboard into the search box. */
export const searchFocusRequests = signal(0);

/** Puts the keyboard into the search box. */
export function focusSearch(): void {
  searchFocusRequests.value++;
}

/** True when a key belongs to a field being typed in. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    !(target instanceof HTMLInputElement && /^(checkbox|radio|button)$/.test(target.type))
  );
}

/** Listens to the keys that work everywhere: `/` and Ctrl+K search, `?` helps. */
export function startShortcuts(): void {
  addEventListener("keydown", (event) => {
    const isFind = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k";
    if (isFind || (event.key === "/" && !isTyping(event) && !event.ctrlKey && !event.metaKey)) {
      event.preventDefault();
      focusSearch();
    }
    if (event.key === "?" && !isTyping(event)) {
      event.preventDefault();
      isHelpOpen.value = !isHelpOpen.peek();
    }
  });
}
