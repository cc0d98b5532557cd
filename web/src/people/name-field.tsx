import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Person } from "../../../src/api/people.ts";
import { api, type Whom } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { formatCount } from "../format.ts";
import { strings } from "../strings.ts";
import { FacePicture } from "./face-picture.tsx";

const SUGGEST_DELAY_MS = 100;
const MAX_SUGGESTIONS = 6;

/** As long as the server takes a name, UTF-16 code units. */
export const MAX_NAME_LENGTH = 255;

/** Somebody who was named: who, and the name as it is shown. */
export type Named = Whom & { readonly shownName: string };

/**
 * A field for a name, with completion of the people there are. Enter takes what is typed: a person of that name when there
 * is one, else somebody new. Escape closes the list, then calls `onCancel`.
 */
export function NameField(props: {
  readonly label: string;
  readonly placeholder?: string;
  readonly onName: (named: Named) => void;
  readonly onCancel?: () => void;
  readonly hasFocus?: boolean;
  /** People who are not offered. */
  readonly exceptIds?: readonly string[];
}) {
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const people = usePeopleNamed(text, isOpen).filter(({ id }) => !props.exceptIds?.includes(id));
  const name = text.trim();
  const isListShown = isOpen && name !== "";
  const namesake = people.find((person) => isSameName(person.name, name));
  const options = [...people, ...(namesake === undefined && name !== "" ? [undefined] : [])];

  useEffect(() => {
    if (props.hasFocus) input.current?.focus();
  }, []);

  const close = () => {
    setOpen(false);
    setActive(-1);
  };
  const choose = (person: Person | undefined) => {
    if (!person && name === "") return;
    close();
    setText("");
    props.onName(person ? { personId: person.id, shownName: person.name } : { name, shownName: name });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const count = isListShown ? options.length : 0;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count > 0) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      // −1 is the text itself: from the last option the keyboard comes back to it.
      setActive((old) => ((old + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter") choose(active >= 0 ? options[active] : namesake);
    else if (event.key === "Escape" && isListShown) close();
    else if (event.key === "Escape" && props.onCancel) props.onCancel();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="name-field">
      <input
        ref={input}
        class="field"
        type="text"
        dir="auto"
        role="combobox"
        aria-label={props.label}
        aria-expanded={isListShown}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={isListShown && active >= 0 ? `${listId}-${active}` : undefined}
        autocomplete="off"
        autocapitalize="words"
        spellcheck={false}
        maxLength={MAX_NAME_LENGTH}
        enterkeyhint="done"
        placeholder={props.placeholder ?? strings.people.namePlaceholder}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setOpen(true);
          setActive(-1);
        }}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      {isListShown && (
        <ul id={listId} class="suggestions" role="listbox" aria-label={strings.people.nameList}>
          {options.map((person, index) => (
            <li
              key={person?.id ?? "new"}
              id={`${listId}-${index}`}
              class="suggestion"
              role="option"
              aria-selected={index === active}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(person)}
            >
              {person ? (
                <>
                  <FacePicture faceId={person.coverFaceId} isRound isEager />
                  <bdi class="suggestion-value">{person.name}</bdi>
                  <span class="suggestion-count">{formatCount(person.photoCount)}</span>
                </>
              ) : (
                <>
                  <Icon name="plus" size={18} />
                  <span class="suggestion-value">{strings.people.newPerson(name)}</span>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function isSameName(a: string, b: string): boolean {
  return a.normalize("NFKC").toLocaleLowerCase() === b.normalize("NFKC").toLocaleLowerCase();
}

function usePeopleNamed(text: string, isOpen: boolean): readonly Person[] {
  const [people, setPeople] = useState<readonly Person[]>([]);
  const start = text.trim();
  useEffect(() => {
    if (!isOpen || start === "") {
      setPeople([]);
      return undefined;
    }
    const controller = new AbortController();
    const timer = setTimeout(() => {
      const query = new URLSearchParams({
        q: start.slice(0, 200),
        sort: "photos",
        pageSize: String(MAX_SUGGESTIONS),
      });
      // Completion is a courtesy: without it, the server still finds a person of the same name.
      api.persons(query.toString(), controller.signal).then(
        ({ items }) => setPeople(items),
        () => setPeople([]),
      );
    }, SUGGEST_DELAY_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [start, isOpen]);
  return people;
}

/** Who was named, as the API takes it. */
export function toWhom(named: Named): Whom {
  return "personId" in named ? { personId: named.personId } : { name: named.name };
}
