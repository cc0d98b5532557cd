import { useEffect, useRef } from "preact/hooks";

/** A text field of a filter's form; `hasKeyboard` gives it the keyboard when the form opens. */
export function FilterField(props: {
  readonly text: string;
  readonly isInvalid: boolean;
  readonly hasKeyboard: boolean;
  readonly onInput: (text: string) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (props.hasKeyboard) input.current?.focus();
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
