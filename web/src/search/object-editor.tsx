import { useState } from "preact/hooks";
import { formatPercent } from "../format.ts";
import { strings } from "../strings.ts";
import { type Filter, formatObjectFilter, parseObjectFilter } from "./search-state.ts";
import { ValuePicker } from "./value-picker.tsx";

/** Chooses a class of objects and how sure the detector must have been. */
export function ObjectEditor({
  value,
  onDone,
}: {
  readonly value: string;
  readonly onDone: (filters: readonly Filter[]) => void;
}) {
  const parsed = parseObjectFilter(value);
  const [label, setLabel] = useState(parsed.label);
  const [minScore, setMinScore] = useState(parsed.minScore ?? 0);
  const done = (chosen: string) => {
    const object = formatObjectFilter(chosen, minScore === 0 ? undefined : minScore);
    onDone([{ kind: "object", value: object }]);
  };
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        if (label.trim() !== "") done(label.trim());
      }}
    >
      <ValuePicker kind="tag" value={label} onInput={setLabel} onPick={setLabel} />
      <label class="range">
        <span>
          {strings.filters.confidence} <output>{formatPercent(minScore)}</output>
        </span>
        <input
          type="range"
          min="0"
          max="0.95"
          step="0.05"
          value={minScore}
          onInput={(event) => setMinScore(Number(event.currentTarget.value))}
        />
      </label>
      <button type="submit" class="button is-primary" disabled={label.trim() === ""}>
        {strings.common.apply}
      </button>
    </form>
  );
}
