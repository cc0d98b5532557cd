import { useEffect, useState } from "preact/hooks";
import type { Category } from "../../../src/api/categories.ts";
import { get, post } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { PageLoading } from "../components/page-loading.tsx";
import { decide, decisionChanges, useUndoKey } from "../people/decide.ts";
import { searchHref } from "../search/search-state.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { Concepts } from "./concepts.tsx";

interface Changed {
  readonly decisionId: number;
  readonly photosAffected: number;
}

/** Which tags make which category; every change can be taken back. */
export function CategoriesPage() {
  const list = useResource("categories", (signal) =>
    get<{ readonly items: readonly Category[] }>("/categories", signal),
  );
  const [editing, setEditing] = useState<number | "new">();
  const decisions = decisionChanges.value;
  useEffect(() => list.reload(), [decisions]);
  useUndoKey();
  const close = () => setEditing(undefined);
  const save = async (category: Category | undefined, name: string, tags: readonly string[]) => {
    close();
    if (category) {
      await decide(
        () => post<Changed>(`/categories/${category.id}`, { name, tags }, "PUT"),
        ({ photosAffected }) => strings.categories.changed(photosAffected),
      );
    } else {
      await decide(
        () => post<Changed>("/categories", { name, tags }),
        () => strings.categories.created(name),
      );
    }
  };
  const remove = (category: Category) =>
    decide(
      () => post<Changed>(`/categories/${category.id}`, undefined, "DELETE"),
      () => strings.categories.removed(category.name),
    );
  return (
    <main id="main" class="page">
      <header class="page-head people-head">
        <div>
          <h1>{strings.categories.title}</h1>
          <p class="quiet">{strings.categories.intro}</p>
        </div>
        <button type="button" class="button is-small" onClick={() => setEditing("new")}>
          <Icon name="plus" size={16} />
          {strings.categories.create}
        </button>
      </header>
      {list.error && !list.data && <FailureNote error={list.error} onRetry={list.reload} />}
      {!list.data && !list.error && <PageLoading />}
      {editing === "new" && (
        <div class="card">
          <CategoryForm onClose={close} onSave={(name, tags) => void save(undefined, name, tags)} />
        </div>
      )}
      {list.data?.items.length === 0 && <p class="empty-line">{strings.categories.none}</p>}
      <ul class="category-list">
        {list.data?.items.map((category) => (
          <li key={category.id} class="card">
            {editing === category.id ? (
              <CategoryForm
                category={category}
                onClose={close}
                onSave={(name, tags) => void save(category, name, tags)}
              />
            ) : (
              <CategoryCard
                category={category}
                onEdit={() => setEditing(category.id)}
                onRemove={() => void remove(category)}
              />
            )}
          </li>
        ))}
      </ul>
      {list.data && <Concepts />}
    </main>
  );
}

function CategoryCard(props: {
  readonly category: Category;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}) {
  const { category } = props;
  return (
    <>
      <header class="category-head">
        <h2>
          <a
            href={searchHref({ filters: [{ kind: "category", value: category.name }] })}
            aria-label={strings.categories.show(category.name)}
            dir="auto"
          >
            {category.name}
          </a>
        </h2>
        <span class="quiet">{strings.categories.photos(category.photos)}</span>
        <span class="category-tools">
          <button
            type="button"
            class="button is-small"
            aria-label={strings.categories.editLabel(category.name)}
            onClick={props.onEdit}
          >
            {strings.categories.edit}
          </button>
          <button
            type="button"
            class="button is-small"
            aria-label={strings.categories.removeLabel(category.name)}
            onClick={props.onRemove}
          >
            {strings.categories.remove}
          </button>
        </span>
      </header>
      <div class="chip-cloud">
        {category.tags.map((tag) => (
          <a key={tag} class="chip" href={searchHref({ filters: [{ kind: "tag", value: tag }] })}>
            <bdi>{tag}</bdi>
          </a>
        ))}
      </div>
    </>
  );
}

function CategoryForm(props: {
  readonly category?: Category;
  readonly onClose: () => void;
  readonly onSave: (name: string, tags: readonly string[]) => void;
}) {
  const [name, setName] = useState(props.category?.name ?? "");
  const [tags, setTags] = useState(props.category?.tags.join(", ") ?? "");
  return (
    <form
      class="dialog-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "") props.onSave(name.trim(), parseTags(tags));
      }}
    >
      <label class="field-label">
        {strings.categories.name}
        <input
          class="field"
          dir="auto"
          maxLength={100}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label class="field-label">
        {strings.categories.tags}
        <textarea
          class="field"
          dir="auto"
          rows={3}
          value={tags}
          onInput={(event) => setTags(event.currentTarget.value)}
        />
        <span class="quiet">{strings.categories.tagsHint}</span>
      </label>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={props.onClose}>
          {strings.common.cancel}
        </button>
        <button type="submit" class="button is-primary" disabled={name.trim() === ""}>
          {strings.categories.save}
        </button>
      </div>
    </form>
  );
}

/** The tags of a text, each once, in the order written. */
function parseTags(text: string): readonly string[] {
  return [
    ...new Set(
      text
        .split(/[,\n]/)
        .map((tag) => tag.trim())
        .filter((tag) => tag !== ""),
    ),
  ];
}
