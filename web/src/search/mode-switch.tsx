import { Icon, type IconName } from "../components/icon.tsx";
import { strings } from "../strings.ts";
import type { SearchMode } from "./search-state.ts";

const MODES: readonly { readonly mode: SearchMode; readonly icon: IconName }[] = [
  { mode: "hybrid", icon: "search" },
  { mode: "keyword", icon: "word" },
  { mode: "semantic", icon: "meaning" },
];

/** How to search: words, meaning, or both. */
export function ModeSwitch(props: {
  readonly mode: SearchMode;
  readonly onChange: (mode: SearchMode) => void;
}) {
  return (
    <div class="segmented" role="radiogroup" aria-label={strings.search.modes.label}>
      {MODES.map(({ mode, icon }) => (
        <label key={mode} class="segment" title={strings.search.modeHints[mode]}>
          <input
            class="visually-hidden"
            type="radio"
            name="mode"
            checked={mode === props.mode}
            onChange={() => props.onChange(mode)}
          />
          <Icon name={icon} size={16} />
          {strings.search.modes[mode]}
        </label>
      ))}
    </div>
  );
}
