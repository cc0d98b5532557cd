import { useState } from "preact/hooks";
import { strings } from "../strings.ts";
import { FilterField } from "./filter-field.tsx";
import type { Filter } from "./search-state.ts";

const DATE = /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/;

/** Chooses the first and the last year, month or day; either may be left open. */
export function DateEditor({
  filters,
  onDone,
}: {
  readonly filters: readonly Filter[];
  readonly onDone: (filters: readonly Filter[]) => void;
}) {
  const [from, setFrom] = useState(filters.find((filter) => filter.kind === "from")?.value ?? "");
  const [to, setTo] = useState(filters.find((filter) => filter.kind === "to")?.value ?? "");
  const isValid = (text: string) => text === "" || DATE.test(text);
  const canApply = isValid(from) && isValid(to) && (from !== "" || to !== "");
  const field = (label: string, text: string, change: (text: string) => void, isFirst: boolean) => (
    <label class="labelled">
      {label}
      <FilterField
        text={text}
        isInvalid={!isValid(text) && text.length >= 4}
        hasKeyboard={isFirst}
        onInput={change}
      />
    </label>
  );
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        if (!canApply) return;
        const range: Filter[] = [
          { kind: "from", value: from },
          { kind: "to", value: to },
        ];
        onDone(range.filter((filter) => filter.value !== ""));
      }}
    >
      <div class="date-range">
        {field(strings.filters.from, from, setFrom, true)}
        {field(strings.filters.to, to, setTo, false)}
      </div>
      <p class="quiet">{strings.filters.dateHint}</p>
      <button type="submit" class="button is-primary" disabled={!canApply}>
        {strings.common.apply}
      </button>
    </form>
  );
}
