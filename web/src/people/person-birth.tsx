import { useEffect, useRef, useState } from "preact/hooks";
import type { Person } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { formatDate } from "../format.ts";
import { strings } from "../strings.ts";
import { decide } from "./decide.ts";

/** When a person was born, changed where it stands: nobody is looked for in photos from before. */
export function PersonBirth({ person }: { readonly person: Person }) {
  const [text, setText] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const isEditing = text !== undefined;
  const wasEditing = useRef(false);
  useEffect(() => {
    if (isEditing) input.current?.focus();
    else if (wasEditing.current) button.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);

  const save = async () => {
    const birthDate = text === "" ? null : (text ?? null);
    if (birthDate === person.birthDate) {
      setText(undefined);
      return;
    }
    const changed = await decide(
      () => api.updatePerson(person.id, { birthDate }),
      () => strings.people.done.born(person.name),
    );
    if (changed) setText(undefined);
  };

  if (!isEditing) {
    return (
      <button ref={button} type="button" class="link-button" onClick={() => setText(person.birthDate ?? "")}>
        {person.birthDate === null
          ? strings.people.birthDateAdd
          : `${strings.people.birthDate} ${formatDate(person.birthDate)}`}
      </button>
    );
  }
  return (
    <form
      class="birth-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") setText(undefined);
      }}
    >
      <input
        ref={input}
        class="field"
        type="date"
        aria-label={strings.people.birthDate}
        max={new Date().toISOString().slice(0, 10)}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="button is-small is-primary">
        {strings.people.save}
      </button>
      <button type="button" class="button is-small" onClick={() => setText(undefined)}>
        {strings.common.cancel}
      </button>
    </form>
  );
}
