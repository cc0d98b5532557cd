import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { PhotoDetails } from "../../../src/api/photos.ts";
import { api, type Category } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { formatPercent } from "../format.ts";
import { MAX_TAG_LENGTH, useKnownTags } from "../photos/use-known-tags.ts";
import { searchHref } from "../search/search-state.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { changePhoto } from "./photo-decisions.ts";

const { done } = strings.selection;

/** The tags of a photo and the categories that they put it into; both to be looked for, or to be changed here. */
export function PhotoTags({ details }: { readonly details: PhotoDetails }) {
  const [isEditing, setEditing] = useState(false);
  const tags = uniqueTags(details);
  const { data } = useResource("categories", (signal) => api.categories(signal));
  const categories = data?.items ?? [];
  const editButton = useRef<HTMLButtonElement>(null);
  if (isEditing) {
    const stop = () => {
      setEditing(false);
      requestAnimationFrame(() => editButton.current?.focus());
    };
    return <TagEditor photoId={details.id} tags={tags} categories={categories} onDone={stop} />;
  }
  const names = new Set(tags.map(({ name }) => name.toLowerCase()));
  const own = categories.filter((category) => category.tags.some((tag) => names.has(tag.toLowerCase())));
  return (
    <>
      <div class="chip-cloud">
        {tags.map(({ name, source, score }) => (
          <a
            key={name}
            class="chip"
            href={searchHref({ filters: [{ kind: "tag", value: name }] })}
            title={`${strings.photo.tagSources[source] ?? source} · ${formatPercent(score)}`}
          >
            <bdi>{name}</bdi>
          </a>
        ))}
        {own.map(({ id, name }) => (
          <a
            key={`category ${id}`}
            class="chip is-category"
            href={searchHref({ filters: [{ kind: "category", value: name }] })}
            title={strings.photo.inCategory(name)}
          >
            <Icon name="category" size={14} />
            <bdi>{name}</bdi>
          </a>
        ))}
      </div>
      <button ref={editButton} type="button" class="button is-small" onClick={() => setEditing(true)}>
        <Icon name="edit" size={16} />
        {tags.length === 0 ? strings.photo.addTags : strings.photo.editTags}
      </button>
    </>
  );
}

type Tag = PhotoDetails["tags"][number];

/** Each tag once, the surest first: several may have put it on. */
function uniqueTags({ tags }: PhotoDetails): readonly Tag[] {
  const byName = new Map<string, Tag>();
  for (const tag of tags.toSorted((a, b) => b.score - a.score))
    if (!byName.has(tag.name)) byName.set(tag.name, tag);
  return [...byName.values()];
}

function TagEditor(props: {
  readonly photoId: number;
  readonly tags: readonly Tag[];
  readonly categories: readonly Category[];
  readonly onDone: () => void;
}) {
  const { photoId, tags } = props;
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const known = useKnownTags(text);
  useEffect(() => input.current?.focus(), []);

  const names = new Set(tags.map(({ name }) => name.toLowerCase()));
  const add = (name: string) => {
    const tag = name.trim();
    setText("");
    input.current?.focus();
    if (tag !== "" && !names.has(tag.toLowerCase()))
      void changePhoto(photoId, { addTags: [tag] }, done.tagged(1, tag));
  };
  const remove = (name: string) => {
    // The button goes with its tag.
    input.current?.focus();
    void changePhoto(photoId, { removeTags: [name] }, done.untagged(1, name));
  };
  return (
    <form
      class="tag-editor"
      onSubmit={(event) => {
        event.preventDefault();
        add(text);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        props.onDone();
      }}
    >
      <div class="chip-cloud">
        {tags.map(({ name }) => (
          <button
            key={name}
            type="button"
            class="chip is-removable"
            aria-label={strings.photo.takeTagOff(name)}
            title={strings.photo.takeTagOff(name)}
            onClick={() => remove(name)}
          >
            <bdi>{name}</bdi>
            <Icon name="close" size={14} />
          </button>
        ))}
      </div>
      <span class="field-row">
        <input
          ref={input}
          class="field"
          dir="auto"
          list={listId}
          maxLength={MAX_TAG_LENGTH}
          autocomplete="off"
          aria-label={strings.selection.tagLabel}
          placeholder={strings.photo.tagPlaceholder}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="button is-small" disabled={text.trim() === ""}>
          {strings.photo.addTag}
        </button>
      </span>
      <datalist id={listId}>
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <CategoryChoice categories={props.categories} names={names} onChoose={add} />
      <button type="button" class="button is-small is-primary" onClick={props.onDone}>
        {strings.photo.tagsDone}
      </button>
    </form>
  );
}

/** Puts a photo into a category by one of its tags: that is what categories are made of. */
function CategoryChoice(props: {
  readonly categories: readonly Category[];
  /** Of tags that the photo has, in lower case. */
  readonly names: ReadonlySet<string>;
  readonly onChoose: (tag: string) => void;
}) {
  return (
    <select
      class="select"
      aria-label={strings.photo.categoryTag}
      value=""
      onChange={(event) => {
        props.onChoose(event.currentTarget.value);
        event.currentTarget.value = "";
      }}
    >
      <option value="">{strings.photo.categoryTag}</option>
      {props.categories.map((category) => (
        <optgroup key={category.id} label={category.name}>
          {category.tags
            .filter((tag) => !props.names.has(tag.toLowerCase()))
            .map((tag) => (
              <option key={tag} value={tag}>
                {tag}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  );
}
