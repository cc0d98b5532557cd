import { useLayoutEffect, useRef } from "preact/hooks";
import { isTyping } from "../state/shortcuts.ts";

/** Runs what is bound to a pressed key (`KeyboardEvent.key`), unless a field or a dialog wants it. */
export function useViewerKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys);
  latest.current = keys;
  // Before the next key can be pressed: other effects wait for a frame.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (document.querySelector("dialog[open]")) return;
      const action = latest.current[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
