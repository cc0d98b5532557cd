import type { IMAGE_FORMATS } from "../../../src/core/photo-analysis.ts";
import { strings } from "../strings.ts";
import { CategoryEditor } from "./category-editor.tsx";
import { Choices } from "./choices.tsx";
import { DateEditor } from "./date-editor.tsx";
import type { ChipKind } from "./filter-words.ts";
import { ObjectEditor } from "./object-editor.tsx";
import type { Filter } from "./search-state.ts";
import { TextEditor } from "./text-editor.tsx";
import { ValuePicker } from "./value-picker.tsx";

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

const NEAR = /^\s*-?\d+(\.\d+)?\s*,\s*-?\d+(\.\d+)?\s*,\s*\d+(\.\d+)?\s*$/;

/** The form that changes one filter, or makes a new one where `filters` is empty. */
export function FilterEditor(props: {
  readonly kind: ChipKind;
  readonly filters: readonly Filter[];
  readonly onDone: (filters: readonly Filter[]) => void;
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
    case "place":
    case "album":
    case "concept":
      return <ValuePicker kind={kind} value={value} onPick={(picked) => onDone([{ kind, value: picked }])} />;
    case "withoutPerson":
      return (
        <ValuePicker kind="person" value={value} onPick={(picked) => onDone([{ kind, value: picked }])} />
      );
    case "duplicates":
      return (
        <Choices
          options={Object.entries(strings.filters.duplicates)}
          value={value}
          onPick={(picked) => onDone([{ kind, value: picked }])}
        />
      );
    case "object":
      return <ObjectEditor value={value} onDone={onDone} />;
    case "date":
      return <DateEditor filters={filters} onDone={onDone} />;
    case "hasFaces":
    case "hasText":
    case "hasGps":
    case "isFavourite":
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
