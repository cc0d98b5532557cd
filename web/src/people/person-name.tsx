import { useEffect, useRef, useState } from "preact/hooks";
import type { Person } from "../../../src/api/people.ts";
import { api, ApiError } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { navigate } from "../router.ts";
import { strings } from "../strings.ts";
import { decide } from "./decide.ts";
import { MAX_NAME_LENGTH } from "./name-field.tsx";
import { QuestionDialog } from "./question-dialog.tsx";

/** A person's name as the page's heading, changed where it stands. A name that somebody has offers to merge the two. */
export function PersonName({ person }: { readonly person: Person }) {
  const [text, setText] = useState<string>();
  const [namesake, setNamesake] = useState<Person>();
  const input = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const isEditing = text !== undefined;
  const wasEditing = useRef(false);

  useEffect(() => {
    if (isEditing) input.current?.select();
    else if (wasEditing.current) button.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);

  const save = async () => {
    const name = text?.trim() ?? "";
    if (name === "" || name === person.name) {
      setText(undefined);
      return;
    }
    let other: Person | undefined;
    const changed = await decide(
      async () => {
        try {
          return await api.updatePerson(person.id, { name });
        } catch (error) {
          other = error instanceof ApiError && error.code === "conflict" ? await findByName(name) : undefined;
          if (other === undefined || other.id === person.id) throw error;
          return { decisionId: null, name };
        }
      },
      (answer) =>
        answer.decisionId === null ? strings.people.sameName : strings.people.done.renamed(answer.name),
    );
    if (other) setNamesake(other);
    if (changed) setText(undefined);
    else input.current?.focus();
  };
  const merge = async (target: Person) => {
    setNamesake(undefined);
    const done = await decide(
      () => api.mergePersons([person.id], target.id),
      () => strings.people.done.merged(target.name),
    );
    if (done) navigate(`/people/${target.id}`, { replace: true });
  };

  return (
    <>
      {isEditing ? (
        <form
          class="person-rename"
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <h1 class="visually-hidden">{person.name}</h1>
          <input
            ref={input}
            class="field"
            type="text"
            dir="auto"
            aria-label={strings.people.personName}
            autocomplete="off"
            spellcheck={false}
            maxLength={MAX_NAME_LENGTH}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Escape") return;
              event.stopPropagation();
              setText(undefined);
            }}
          />
          <button type="submit" class="button is-primary">
            {strings.people.save}
          </button>
          <button type="button" class="button" onClick={() => setText(undefined)}>
            {strings.common.cancel}
          </button>
        </form>
      ) : (
        <h1 class="person-title">
          <bdi>{person.name}</bdi>
          <button
            ref={button}
            type="button"
            class="icon-button"
            title={strings.people.rename}
            aria-label={strings.people.renameLabel(person.name)}
            onClick={() => setText(person.name)}
          >
            <Icon name="edit" size={18} />
          </button>
        </h1>
      )}
      {namesake && (
        <QuestionDialog
          title={strings.people.sameName}
          text={strings.people.sameNameExplained(namesake.name)}
          action={strings.people.sameNameAction}
          onConfirm={() => void merge(namesake)}
          onClose={() => setNamesake(undefined)}
        />
      )}
    </>
  );
}

async function findByName(name: string): Promise<Person | undefined> {
  const query = new URLSearchParams({ q: name.slice(0, 200), pageSize: "100" });
  for (const status of ["active", "hidden"]) query.append("status", status);
  const { items } = await api.persons(query.toString());
  const wanted = toKey(name);
  return items.find((person) => toKey(person.name) === wanted);
}

function toKey(name: string): string {
  return name.normalize("NFKC").replaceAll(/\s+/gu, " ").toLocaleLowerCase();
}
