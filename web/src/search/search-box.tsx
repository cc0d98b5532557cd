import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { SuggestResult } from "../../../src/api/search.ts";
import { api, faceUrl } from "../api-client.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import { formatCount } from "../format.ts";
import { navigate } from "../router.ts";
import { searchFocusRequests } from "../state/shortcuts.ts";
import { strings } from "../strings.ts";
import { addFilter, EMPTY_SEARCH, type FilterKind, parseSearchState, searchHref } from "./search-state.ts";

type Suggestion = SuggestResult["items"][number];

const SUGGEST_DELAY_MS = 120;
const MAX_SUGGESTIONS = 8;

const KIND_ICONS: Readonly<Record<Suggestion["kind"], IconName>> = {
  tag: "tag",
  person: "person",
  category: "category",
  concept: "meaning",
  camera: "camera",
  place: "place",
  object: "objects",
  date: "calendar",
  search: "clock",
  word: "word",
};

/** The search box of the header, with completion. On the search page it changes that search, elsewhere it begins one. */
export function SearchBox({ path, query }: { readonly path: string; readonly query: string }) {
  const input = useRef<HTMLInputElement>(null);
  const current = path === "/search" ? parseSearchState(query) : EMPTY_SEARCH;
  const [text, setText] = useState(current.q);
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const suggestions = useSuggestions(text, isOpen);
  const [isNarrow] = useState(() => matchMedia("(max-width: 760px)").matches);

  useEffect(() => setText(current.q), [path, query]);
  // Within the key's own event (a component's signal effects wait for the next frame): the next key is typed here.
  useEffect(
    () =>
      effect(() => {
        if (searchFocusRequests.value === 0) return;
        input.current?.focus();
        input.current?.select();
      }),
    [],
  );

  const close = () => {
    setOpen(false);
    setActive(-1);
  };
  const search = (q: string, filters = current.filters) => {
    close();
    input.current?.blur();
    navigate(searchHref({ ...current, q: q.trim(), filters }));
  };
  const choose = (suggestion: Suggestion) => {
    const { kind, value, operator, query: savedQuery } = suggestion;
    if (kind === "search") {
      close();
      navigate(`/search?${savedQuery ?? ""}`);
    } else if (kind === "word") search(replaceLastWord(text, value));
    else if (kind === "date") search(replaceLastWord(text, operator));
    else {
      const added = { kind: kind satisfies FilterKind, value };
      search(withoutLastWord(text), addFilter(current.filters, added));
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const count = suggestions.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      // −1 is the text itself: from the last suggestion the keyboard comes back to it.
      setActive((old) => ((old + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const chosen = suggestions[active];
      if (chosen) choose(chosen);
      else search(text);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (isOpen && count > 0) close();
      else input.current?.blur();
    }
  };

  const isListShown = isOpen && suggestions.length > 0;
  return (
    <form
      class="search-box"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search(text);
      }}
    >
      <span class="search-box-icon">
        <Icon name="search" />
      </span>
      <input
        ref={input}
        class="search-input"
        type="text"
        inputMode="search"
        enterkeyhint="search"
        role="combobox"
        aria-label={strings.search.label}
        aria-expanded={isListShown}
        aria-controls="suggestions"
        aria-autocomplete="list"
        aria-activedescendant={isListShown && active >= 0 ? `suggestion-${active}` : undefined}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        maxLength={1000}
        placeholder={isNarrow ? strings.search.placeholderShort : strings.search.placeholder}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setOpen(true);
          setActive(-1);
        }}
        onFocus={() => setOpen(true)}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      {text === "" ? (
        <kbd class="search-key" aria-hidden="true">
          /
        </kbd>
      ) : (
        <button
          type="button"
          class="icon-button search-clear"
          aria-label={strings.search.clear}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => {
            setText("");
            input.current?.focus();
            if (path === "/search" && current.q !== "") navigate(searchHref({ ...current, q: "" }));
          }}
        >
          <Icon name="close" size={18} />
        </button>
      )}
      {isListShown && (
        <ul id="suggestions" class="suggestions" role="listbox" aria-label={strings.search.suggestions}>
          {suggestions.map((suggestion, index) => (
            <li
              key={`${suggestion.kind} ${suggestion.value}`}
              id={`suggestion-${index}`}
              class="suggestion"
              role="option"
              aria-selected={index === active}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(suggestion)}
            >
              {suggestion.faceId === undefined ? (
                <Icon name={KIND_ICONS[suggestion.kind]} size={18} />
              ) : (
                <img class="suggestion-face" src={faceUrl(suggestion.faceId)} alt="" width={24} height={24} />
              )}
              <bdi class="suggestion-value">{suggestion.value}</bdi>
              <span class="suggestion-kind">{strings.search.kinds[suggestion.kind]}</span>
              {suggestion.count > 0 && <span class="suggestion-count">{formatCount(suggestion.count)}</span>}
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}

function useSuggestions(text: string, isOpen: boolean): readonly Suggestion[] {
  const [items, setItems] = useState<readonly Suggestion[]>([]);
  const last = lastWord(text);
  useEffect(() => {
    if (!isOpen || last === "") {
      setItems([]);
      return undefined;
    }
    const controller = new AbortController();
    const timer = setTimeout(() => {
      // Suggestions are a courtesy: without them, typing and Enter still search.
      api.suggest(last, [], MAX_SUGGESTIONS, controller.signal).then(
        ({ items: found }) => setItems(withoutEchoes(found)),
        () => setItems([]),
      );
    }, SUGGEST_DELAY_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [last, isOpen]);
  return items;
}

/** Words that a tag, a thing or a name among the suggestions says already lead nowhere else. */
function withoutEchoes(found: readonly Suggestion[]): readonly Suggestion[] {
  const said = new Set(found.filter(({ kind }) => kind !== "word").map(({ value }) => value.toLowerCase()));
  return found.filter(({ kind, value }) => kind !== "word" || !said.has(value.toLowerCase()));
}

function lastWord(text: string): string {
  return /\S*$/.exec(text)![0];
}

function withoutLastWord(text: string): string {
  return text.replace(/\S*$/, "");
}

function replaceLastWord(text: string, word: string): string {
  return withoutLastWord(text) + word;
}
