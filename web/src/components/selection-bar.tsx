import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { isTyping } from "../state/shortcuts.ts";
import { strings } from "../strings.ts";

/** What can be done with what is chosen, at the bottom of the screen. Escape ends the choice, wherever the keyboard is. */
export function SelectionBar(props: {
  readonly count: number;
  readonly onClear: () => void;
  readonly children: ComponentChildren;
}) {
  const latestClear = useRef(props.onClear);
  latestClear.current = props.onClear;
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isBelow = document.documentElement.classList.contains("is-viewing");
      if (event.key !== "Escape" || event.defaultPrevented || isTyping(event) || isBelow) return;
      event.preventDefault();
      latestClear.current();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <div class="selection-bar" role="toolbar" aria-label={strings.selection.selected(props.count)}>
      <button
        type="button"
        class="icon-button"
        title={`${strings.selection.clear} (Esc)`}
        aria-label={strings.selection.clear}
        onClick={props.onClear}
      >
        <Icon name="close" />
      </button>
      <strong role="status">{strings.selection.selected(props.count)}</strong>
      <span class="selection-actions">{props.children}</span>
    </div>
  );
}
