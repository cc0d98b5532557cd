import { useState } from "preact/hooks";
import { Dialog } from "../components/dialog.tsx";
import { Icon } from "../components/icon.tsx";
import { decide } from "../people/decide.ts";
import { attempt } from "../state/notices.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { searchApi } from "./search-api.ts";
import { formatSearchState, type SearchState } from "./search-state.ts";

/** As long as the server takes a name, UTF-16 code units. */
const MAX_NAME_LENGTH = 200;

/** Keeps the search under a name. */
export function SaveSearch({ state }: { readonly state: SearchState }) {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState(state.q);
  const save = async () => {
    const given = name.trim();
    setOpen(false);
    const query = formatSearchState({ ...state, like: "" });
    await attempt(() => searchApi.saveSearch(given, query), strings.search.saved(given));
  };
  return (
    <>
      <button type="button" class="button is-small" onClick={() => setOpen(true)}>
        <Icon name="star" size={16} />
        {strings.search.save}
      </button>
      {isOpen && (
        <Dialog title={strings.search.saveTitle} onClose={() => setOpen(false)}>
          <form
            class="dialog-form"
            onSubmit={(event) => {
              event.preventDefault();
              if (name.trim() !== "") void save();
            }}
          >
            <label class="field-label">
              {strings.search.saveName}
              <input
                class="field"
                dir="auto"
                maxLength={MAX_NAME_LENGTH}
                value={name}
                onInput={(event) => setName(event.currentTarget.value)}
              />
            </label>
            <div class="dialog-actions">
              <button type="button" class="button" onClick={() => setOpen(false)}>
                {strings.common.cancel}
              </button>
              <button type="submit" class="button is-primary" disabled={name.trim() === ""}>
                {strings.search.save}
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}

/** The searches that were kept. */
export function SavedSearches() {
  const { data, reload } = useResource("saved searches", (signal) => searchApi.savedSearches(signal));
  if (!data || data.items.length === 0) return null;
  const forget = async (id: number) => {
    const remove = () => searchApi.deleteSearch(id);
    if (await decide(remove, () => strings.search.deletedSaved, reload)) reload();
  };
  return (
    <section>
      <h3>{strings.search.savedSearches}</h3>
      <div class="chip-cloud">
        {data.items.map(({ id, name, query }) => (
          <span key={id} class="chip is-filter">
            <a class="chip-main" href={`/search?${query}`}>
              <bdi class="chip-value">{name}</bdi>
            </a>
            <button
              type="button"
              class="chip-remove"
              aria-label={strings.search.deleteSaved(name)}
              onClick={() => void forget(id)}
            >
              <Icon name="close" size={14} />
            </button>
          </span>
        ))}
      </div>
    </section>
  );
}
