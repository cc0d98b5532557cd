import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api-client.ts";
import { formatCount } from "../format.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { searchApi } from "./search-api.ts";

/** Suggestions shown under the field. */
const LIMIT = 12;

/** A field with the library's own values below it: tags, persons, cameras, folders. */
export function ValuePicker(props: {
  readonly kind: "tag" | "person" | "camera" | "folder" | "place" | "album" | "concept";
  readonly value: string;
  readonly onPick: (value: string) => void;
  readonly onInput?: (value: string) => void;
}) {
  const { kind } = props;
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(props.value);
  const { data, isLoading } = useResource(`${kind} ${text}`, (signal) => valuesOf(kind, text, signal));
  const [shown, setShown] = useState(data ?? []);
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    if (data) setShown(data);
  }, [data]);
  const pick = (value: string) => {
    setText(value);
    props.onPick(value);
  };
  return (
    <div class="value-picker">
      <input
        ref={input}
        class="field"
        type="text"
        autocomplete="off"
        spellcheck={false}
        aria-label={strings.filters.names[kind]}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          props.onInput?.(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || props.onInput || text.trim() === "") return;
          event.preventDefault();
          pick(text.trim());
        }}
      />
      <ul class="menu">
        {shown.map((item) => (
          <li key={item.value}>
            <button type="button" class="menu-item" onClick={() => pick(item.value)}>
              <bdi class="menu-value">{item.value}</bdi>
              <span class="menu-count">{formatCount(item.count)}</span>
            </button>
          </li>
        ))}
        {shown.length === 0 && !isLoading && <li class="menu-empty">{strings.filters.noSuggestions}</li>}
      </ul>
    </div>
  );
}

interface Value {
  readonly value: string;
  readonly count: number;
}

/** Values of the library that begin with a text, or have it in them. */
function valuesOf(kind: string, text: string, signal: AbortSignal): Promise<readonly Value[]> {
  if (kind === "folder") return suggestFolders(text, signal);
  if (kind === "album") return suggestAlbums(text, signal);
  if (kind === "concept") return suggestConcepts(text, signal);
  return suggestValues(kind, text, signal);
}

async function suggestAlbums(text: string, signal: AbortSignal): Promise<readonly Value[]> {
  const found = await api.albums(
    new URLSearchParams({ q: text, pageSize: String(LIMIT) }).toString(),
    signal,
  );
  return found.items.map(({ title, photoCount }) => ({ value: title, count: photoCount }));
}

async function suggestConcepts(text: string, signal: AbortSignal): Promise<readonly Value[]> {
  const { items } = await searchApi.concepts(signal);
  const wanted = text.toLowerCase();
  return items
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .slice(0, LIMIT)
    .map(({ name, photos }) => ({ value: name, count: photos }));
}

async function suggestValues(kind: string, text: string, signal: AbortSignal): Promise<readonly Value[]> {
  return (await api.suggest(text, [kind], LIMIT, signal)).items;
}

/** The library's own folders: the API completes no paths. */
async function suggestFolders(text: string, signal: AbortSignal): Promise<readonly Value[]> {
  const { folders } = await api.stats(signal);
  const wanted = text.toLowerCase();
  return folders
    .filter(({ path }) => path.toLowerCase().includes(wanted))
    .slice(0, LIMIT)
    .map(({ path, photos }) => ({ value: path, count: photos }));
}
