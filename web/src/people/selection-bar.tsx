import type { ComponentChildren } from "preact";
import { Icon } from "../components/icon.tsx";
import { strings } from "../strings.ts";

/** What can be done with what is chosen, at the bottom of the screen. */
export function SelectionBar(props: {
  readonly count: number;
  readonly onClear: () => void;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="selection-bar" role="toolbar" aria-label={strings.people.selected(props.count)}>
      <button
        type="button"
        class="icon-button"
        title={`${strings.people.clear} (Esc)`}
        aria-label={strings.people.clear}
        onClick={props.onClear}
      >
        <Icon name="close" />
      </button>
      <strong role="status">{strings.people.selected(props.count)}</strong>
      <span class="selection-actions">{props.children}</span>
    </div>
  );
}
