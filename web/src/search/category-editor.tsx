import { useState } from "preact/hooks";
import { api } from "../api-client.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import type { Filter } from "./search-state.ts";

/** Chooses any number of categories. */
export function CategoryEditor({
  value,
  onDone,
}: {
  readonly value: string;
  readonly onDone: (filters: readonly Filter[]) => void;
}) {
  const { data } = useResource("categories", (signal) => api.categories(signal));
  const [chosen, setChosen] = useState<readonly string[]>(value === "" ? [] : [value]);
  const toggle = (name: string) =>
    setChosen((old) => (old.includes(name) ? old.filter((other) => other !== name) : [...old, name]));
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        onDone(chosen.map((name) => ({ kind: "category", value: name })));
      }}
    >
      <div class="check-list">
        {data?.items.map((category) => (
          <label key={category.id} class="check" title={category.tags.join(", ")}>
            <input
              type="checkbox"
              checked={chosen.includes(category.name)}
              onChange={() => toggle(category.name)}
            />
            <bdi>{category.name}</bdi>
          </label>
        ))}
      </div>
      <button type="submit" class="button is-primary" disabled={chosen.length === 0}>
        {strings.common.apply}
      </button>
    </form>
  );
}
