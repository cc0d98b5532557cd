import { api } from "../api-client.ts";
import { formatCount } from "../format.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { SavedSearches } from "./save-search.tsx";
import { searchHref, type SearchState } from "./search-state.ts";

/** Tags offered before anything is typed. */
const TAGS = 30;

/** What the search page shows before a question: what there is to find. */
export function SearchStart({ state }: { readonly state: SearchState }) {
  const tags = useResource("start-tags", (signal) => api.suggest("", ["tag"], TAGS, signal));
  const categories = useResource("categories", (signal) => api.categories(signal));
  // Categories are sets of tags: without tags none of them would find anything.
  const hasTags = tags.data !== undefined && tags.data.items.length > 0;
  return (
    <div class="search-start">
      <h2>{strings.search.start}</h2>
      <p class="quiet">{strings.search.startHint}</p>
      <SavedSearches />
      {hasTags && categories.data && categories.data.items.length > 0 && (
        <section>
          <h3>{strings.search.startCategories}</h3>
          <div class="chip-cloud">
            {categories.data.items.map(({ id, name }) => (
              <a
                key={id}
                class="chip"
                href={searchHref({ ...state, filters: [{ kind: "category", value: name }] })}
              >
                <bdi>{name}</bdi>
              </a>
            ))}
          </div>
        </section>
      )}
      {hasTags && (
        <section>
          <h3>{strings.search.startTags}</h3>
          <div class="chip-cloud">
            {tags.data!.items.map(({ value, count }) => (
              <a key={value} class="chip" href={searchHref({ ...state, filters: [{ kind: "tag", value }] })}>
                <bdi>{value}</bdi>
                <span class="chip-count">{formatCount(count)}</span>
              </a>
            ))}
          </div>
        </section>
      )}
    </div>
  );
}
