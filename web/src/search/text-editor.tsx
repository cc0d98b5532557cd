import { useState } from "preact/hooks";
import { strings } from "../strings.ts";
import { FilterField } from "./filter-field.tsx";

/** A line of text that is checked while it is typed. */
export function TextEditor(props: {
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
        <FilterField text={text} isInvalid={false} hasKeyboard onInput={setText} />
      </label>
      {props.invalid && text !== "" && !isValid && <p class="quiet">{props.invalid}</p>}
      <button type="submit" class="button is-primary" disabled={!isValid}>
        {strings.common.apply}
      </button>
    </form>
  );
}
