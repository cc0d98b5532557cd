import { useState } from "preact/hooks";
import type { ParsedQuery, QueryChip } from "../../../src/api/search-query.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import { strings } from "../strings.ts";
import { Popover } from "./popover.tsx";

const ICONS: Readonly<Record<QueryChip["kind"], IconName>> = {
  person: "person",
  tag: "tag",
  category: "category",
  concept: "meaning",
  class: "objects",
  text: "text",
  near: "place",
  place: "place",
  before: "calendar",
  after: "calendar",
  date: "calendar",
  camera: "camera",
  format: "format",
  folder: "folder",
  album: "album",
  rating: "star",
  has: "check",
  duplicates: "copy",
  word: "word",
};

/** A query with a part of it replaced, blanks tidied. */
export function replacePart(
  q: string,
  part: { readonly start: number; readonly end: number },
  by: string,
): string {
  return `${q.slice(0, part.start)} ${by} ${q.slice(part.end)}`.replaceAll(/\s+/g, " ").trim();
}

/**
 * What parts of the query were understood as, each to be changed or taken back, and what is wrong with others. `q` is the
 * query that was understood.
 */
export function UnderstoodQuery(props: {
  readonly q: string;
  readonly query: ParsedQuery;
  readonly onChange: (q: string) => void;
}) {
  const { q, query, onChange } = props;
  const [open, setOpen] = useState<number>();
  if (query.chips.length === 0 && query.problems.length === 0) return null;
  return (
    <div class="understood">
      {query.chips.length > 0 && <span class="quiet">{strings.search.understood}</span>}
      {query.chips.map((chip) => (
        <div key={chip.start} class="popover-anchor">
          <div class={`chip is-filter ${chip.source === "sentence" ? "is-guess" : ""}`}>
            <button
              type="button"
              class="chip-main"
              aria-label={strings.search.editChip(wordsOf(chip))}
              aria-expanded={open === chip.start}
              onClick={() => setOpen(open === chip.start ? undefined : chip.start)}
            >
              <Icon name={ICONS[chip.kind]} size={16} />
              <bdi class="chip-value">{wordsOf(chip)}</bdi>
            </button>
            <button
              type="button"
              class="chip-remove"
              aria-label={
                chip.source === "sentence"
                  ? strings.search.takeBack(chip.label)
                  : strings.filters.remove(wordsOf(chip))
              }
              onClick={() => onChange(replacePart(q, chip, chip.source === "sentence" ? chip.plain : ""))}
            >
              <Icon name="close" size={14} />
            </button>
          </div>
          {open === chip.start && (
            <Popover onClose={() => setOpen(undefined)}>
              <ChipForm
                chip={chip}
                onDone={(written) => {
                  setOpen(undefined);
                  onChange(replacePart(q, chip, written));
                }}
              />
            </Popover>
          )}
        </div>
      ))}
      {query.problems.map((problem) => (
        <p key={`${problem.start} ${problem.code}`} class="query-problem" role="status">
          <Icon name="warning" size={16} />
          <bdi>{problem.message}</bdi>
          {problem.suggestion !== null && (
            <button
              type="button"
              class="link-button"
              onClick={() => onChange(replacePart(q, problem, problem.suggestion!))}
            >
              {strings.search.useInstead(problem.suggestion)}
            </button>
          )}
        </p>
      ))}
    </div>
  );
}

function wordsOf({ label, isNegated }: QueryChip): string {
  return isNegated ? `${strings.search.chipNot} ${label}` : label;
}

function ChipForm(props: { readonly chip: QueryChip; readonly onDone: (written: string) => void }) {
  const [written, setWritten] = useState(props.chip.operator);
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        props.onDone(written.trim());
      }}
    >
      <label class="labelled">
        {strings.search.chipField}
        <input
          class="field"
          dir="auto"
          spellcheck={false}
          value={written}
          ref={(input) => input?.focus()}
          onInput={(event) => setWritten(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button is-primary">
        {strings.common.apply}
      </button>
    </form>
  );
}
