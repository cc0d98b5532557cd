import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../components/icon.tsx";
import { strings } from "../strings.ts";
import { FilterEditor } from "./filter-editor.tsx";
import { CHIP_ICONS, type ChipKind, chipsOf, type FilterChip } from "./filter-words.ts";
import { Popover } from "./popover.tsx";
import { addFilter, type Filter, removeFilter } from "./search-state.ts";

/** Kinds that can be added, in the order of the menu. */
const KINDS: readonly ChipKind[] = [
  "category",
  "tag",
  "object",
  "person",
  "withoutPerson",
  "place",
  "date",
  "text",
  "hasFaces",
  "hasText",
  "hasGps",
  "near",
  "camera",
  "format",
  "folder",
  "album",
  "concept",
  "minRating",
  "isFavourite",
  "duplicates",
];

/** The chips of a search's filters: each can be changed or removed, and others added. */
export function FilterBar(props: {
  readonly filters: readonly Filter[];
  readonly onChange: (filters: readonly Filter[]) => void;
}) {
  const { filters, onChange } = props;
  const [open, setOpen] = useState<string | undefined>(undefined);
  const chips = chipsOf(filters);
  const persons = filters.filter((filter) => filter.kind === "person").length;
  const close = () => setOpen(undefined);
  const addButton = useRef<HTMLButtonElement>(null);
  // The control that was used goes away with its popover or chip: the keyboard goes on beside it.
  const change = (next: readonly Filter[]) => {
    onChange(next);
    addButton.current?.focus();
  };
  const replace = (old: readonly Filter[], added: readonly Filter[]) => {
    let next = filters.filter((filter) => !old.includes(filter));
    for (const filter of added) next = addFilter(next, filter);
    close();
    change(next);
  };

  return (
    <div class="filter-bar" role="group" aria-label={strings.filters.label}>
      {chips.map((chip) => (
        <Chip
          key={keyOf(chip)}
          chip={chip}
          isOpen={open === keyOf(chip)}
          onToggle={() => setOpen(open === keyOf(chip) ? undefined : keyOf(chip))}
          onClose={close}
          onReplace={(added) => replace(chip.filters, added)}
          onRemove={() => change(chip.filters.reduce<readonly Filter[]>(removeFilter, filters))}
        />
      ))}
      {persons > 1 && !filters.some((filter) => filter.kind === "personMode") && (
        <button
          type="button"
          class="chip is-quiet"
          onClick={() => change(addFilter(filters, { kind: "personMode", value: "any" }))}
        >
          {strings.filters.personModes.all}
        </button>
      )}
      <div class="popover-anchor">
        <button
          ref={addButton}
          type="button"
          class="chip is-add"
          aria-expanded={open === "add"}
          onClick={() => setOpen(open === "add" ? undefined : "add")}
        >
          <Icon name="plus" size={16} />
          {strings.filters.add}
        </button>
        {open === "add" && (
          <Popover onClose={close}>
            <AddMenu onAdd={(added) => replace([], added)} />
          </Popover>
        )}
      </div>
      {chips.length > 1 && (
        <button type="button" class="link-button" onClick={() => change([])}>
          {strings.filters.clear}
        </button>
      )}
    </div>
  );
}

function keyOf(chip: FilterChip): string {
  return `${chip.kind} ${chip.filters.map((filter) => filter.value).join(" ")}`;
}

function Chip(props: {
  readonly chip: FilterChip;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  readonly onClose: () => void;
  readonly onReplace: (filters: readonly Filter[]) => void;
  readonly onRemove: () => void;
}) {
  const { chip } = props;
  const spoken = `${chip.name}: ${chip.value}`;
  return (
    <div class="popover-anchor">
      <div class="chip is-filter">
        <button
          type="button"
          class="chip-main"
          aria-label={strings.filters.edit(spoken)}
          aria-expanded={props.isOpen}
          onClick={props.onToggle}
        >
          <Icon name={CHIP_ICONS[chip.kind]} size={16} />
          <bdi class="chip-value">{chip.value}</bdi>
        </button>
        <button
          type="button"
          class="chip-remove"
          aria-label={strings.filters.remove(spoken)}
          onClick={props.onRemove}
        >
          <Icon name="close" size={14} />
        </button>
      </div>
      {props.isOpen && (
        <Popover onClose={props.onClose}>
          <h2 class="popover-title">{chip.name}</h2>
          <FilterEditor kind={chip.kind} filters={chip.filters} onDone={props.onReplace} />
        </Popover>
      )}
    </div>
  );
}

function AddMenu({ onAdd }: { readonly onAdd: (filters: readonly Filter[]) => void }) {
  const [kind, setKind] = useState<ChipKind | undefined>(undefined);
  const first = useRef<HTMLButtonElement>(null);
  // The chosen entry goes away with the menu; forms with a field have taken the keyboard themselves.
  useEffect(() => {
    if (document.activeElement === document.body) first.current?.focus();
  }, [kind]);
  if (kind === undefined) {
    return (
      <ul class="menu">
        {KINDS.map((candidate, index) => (
          <li key={candidate}>
            <button
              ref={index === 0 ? first : null}
              type="button"
              class="menu-item"
              onClick={() => setKind(candidate)}
            >
              <Icon name={CHIP_ICONS[candidate]} size={18} />
              {strings.filters.names[candidate]}
            </button>
          </li>
        ))}
      </ul>
    );
  }
  return (
    <>
      <h2 class="popover-title">
        <button
          ref={first}
          type="button"
          class="icon-button"
          aria-label={strings.filters.back}
          onClick={() => setKind(undefined)}
        >
          <Icon name="back" size={18} />
        </button>
        {strings.filters.names[kind]}
      </h2>
      <FilterEditor kind={kind} filters={[]} onDone={onAdd} />
    </>
  );
}
