import { useEffect, useRef, useState } from "preact/hooks";
import type { IMAGE_FORMATS } from "../../../src/core/photo-analysis.ts";
import { api } from "../api-client.ts";
import { formatPercent } from "../format.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import type { ChipKind } from "./filter-words.ts";
import { type Filter, formatObjectFilter, parseObjectFilter } from "./search-state.ts";
import { ValuePicker } from "./value-picker.tsx";

type Done = (filters: readonly Filter[]) => void;

const FORMATS: readonly (typeof IMAGE_FORMATS)[number][] = [
  "jpeg",
  "png",
  "webp",
  "avif",
  "gif",
  "tiff",
  "heic",
  "raw",
];

const DATE = /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/;
const NEAR = /^\s*-?\d+(\.\d+)?\s*,\s*-?\d+(\.\d+)?\s*,\s*\d+(\.\d+)?\s*$/;

/** The form that changes one filter, or makes a new one where `filters` is empty. */
export function FilterEditor(props: {
  readonly kind: ChipKind;
  readonly filters: readonly Filter[];
  readonly onDone: Done;
}) {
  const { kind, filters, onDone } = props;
  const value = filters[0]?.value ?? "";
  switch (kind) {
    case "category":
      return <CategoryEditor value={value} onDone={onDone} />;
    case "tag":
    case "person":
    case "camera":
    case "folder":
      return <ValuePicker kind={kind} value={value} onPick={(picked) => onDone([{ kind, value: picked }])} />;
    case "object":
      return <ObjectEditor value={value} onDone={onDone} />;
    case "date":
      return <DateEditor filters={filters} onDone={onDone} />;
    case "hasFaces":
    case "hasText":
    case "hasGps":
      return (
        <Choices
          options={[
            ["true", strings.filters.yes[kind]],
            ["false", strings.filters.no[kind]],
          ]}
          value={value}
          onPick={(picked) => onDone([{ kind, value: picked }])}
        />
      );
    case "personMode":
      return (
        <Choices
          options={Object.entries(strings.filters.personModes)}
          value={value}
          onPick={(picked) => onDone([{ kind, value: picked }])}
        />
      );
    case "format":
      return (
        <Choices
          options={FORMATS.map((format) => [format, format.toUpperCase()])}
          value={value}
          onPick={(picked) => onDone([{ kind, value: picked }])}
        />
      );
    case "status":
      return (
        <Choices
          options={Object.entries(strings.statuses)}
          value={value}
          onPick={(picked) => onDone([{ kind, value: picked }])}
        />
      );
    case "minRating":
      return (
        <Choices
          options={[5, 4, 3, 2, 1].map((stars) => [String(stars), strings.filters.rating(stars)])}
          value={value}
          onPick={(picked) => onDone([{ kind, value: picked }])}
        />
      );
    case "near":
      return (
        <TextEditor
          label={strings.filters.near}
          value={value}
          isValid={(text) => NEAR.test(text)}
          invalid={strings.filters.nearInvalid}
          onDone={(text) => onDone([{ kind, value: text.replaceAll(/\s/g, "") }])}
        />
      );
    case "text":
      return (
        <TextEditor
          label={strings.filters.names.text}
          value={value}
          isValid={(text) => text.trim() !== ""}
          onDone={(text) => onDone([{ kind, value: text.trim() }])}
        />
      );
  }
}

function Choices(props: {
  readonly options: readonly (readonly [string, string])[];
  readonly value: string;
  readonly onPick: (value: string) => void;
}) {
  return (
    <ul class="menu">
      {props.options.map(([value, label]) => (
        <li key={value}>
          <button
            type="button"
            class="menu-item"
            aria-pressed={value === props.value}
            onClick={() => props.onPick(value)}
          >
            {label}
          </button>
        </li>
      ))}
    </ul>
  );
}

function CategoryEditor({ value, onDone }: { readonly value: string; readonly onDone: Done }) {
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

function ObjectEditor({ value, onDone }: { readonly value: string; readonly onDone: Done }) {
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

function DateEditor({ filters, onDone }: { readonly filters: readonly Filter[]; readonly onDone: Done }) {
  const [from, setFrom] = useState(filters.find((filter) => filter.kind === "from")?.value ?? "");
  const [to, setTo] = useState(filters.find((filter) => filter.kind === "to")?.value ?? "");
  const isValid = (text: string) => text === "" || DATE.test(text);
  const canApply = isValid(from) && isValid(to) && (from !== "" || to !== "");
  const field = (label: string, text: string, change: (text: string) => void, isFirst: boolean) => (
    <label class="labelled">
      {label}
      <FocusedField
        text={text}
        isInvalid={!isValid(text) && text.length >= 4}
        isFirst={isFirst}
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

function TextEditor(props: {
  readonly label: string;
  readonly value: string;
  readonly isValid: (text: string) => boolean;
  readonly invalid?: string;
  readonly onDone: (text: string) => void;
}) {
  const [text, setText] = useState(props.value);
  const isValid = props.isValid(text);
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        if (isValid) props.onDone(text);
      }}
    >
      <label class="labelled">
        {props.label}
        <FocusedField text={text} isInvalid={false} isFirst onInput={setText} />
      </label>
      {props.invalid && text !== "" && !isValid && <p class="quiet">{props.invalid}</p>}
      <button type="submit" class="button is-primary" disabled={!isValid}>
        {strings.common.apply}
      </button>
    </form>
  );
}

function FocusedField(props: {
  readonly text: string;
  readonly isInvalid: boolean;
  readonly isFirst: boolean;
  readonly onInput: (text: string) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (props.isFirst) input.current?.focus();
  }, []);
  return (
    <input
      ref={input}
      class="field"
      type="text"
      autocomplete="off"
      aria-invalid={props.isInvalid}
      value={props.text}
      onInput={(event) => props.onInput(event.currentTarget.value)}
    />
  );
}
