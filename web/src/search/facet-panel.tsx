import { useState } from "preact/hooks";
import type { SearchFacets } from "../../../src/api/search-query.ts";
import { FACET_NAMES } from "../../../src/core/search-vocabulary.ts";
import { formatCount } from "../format.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { filtersOf, isChosen, toggleFilters } from "./facet-filters.ts";
import { searchApi } from "./search-api.ts";
import { type Filter, formatSearchState, type SearchState } from "./search-state.ts";

/** Values shown of a facet before the rest is asked for. */
const SHOWN = 6;

type FacetName = (typeof FACET_NAMES)[number];

/** What else the photos found have in common, with counts: each value narrows the search. */
export function FacetPanel(props: {
  readonly state: SearchState;
  readonly onChange: (filters: readonly Filter[]) => void;
}) {
  const { state } = props;
  const query = formatSearchState({ ...state, sort: "best", like: "" });
  const { data } = useResource(`facets ${query}`, (signal) => searchApi.facets(query, signal));
  const [kept, setKept] = useState<SearchFacets>();
  if (data && data !== kept) setKept(data);
  // While the next counts are on their way the former ones stay: nothing jumps.
  const facets = data ?? kept;
  const names = FACET_NAMES.filter((name) => facets !== undefined && facets.facets[name].length > 0);
  const [isOpen] = useState(() => matchMedia("(min-width: 1100px)").matches);
  // Before the first counts their room is kept; what nothing can narrow has none.
  if (facets !== undefined && names.length === 0) return null;
  return (
    <details class="facets" open={isOpen}>
      <summary>{strings.search.narrow}</summary>
      <div class="facet-groups">
        {names.map((name) => (
          <Facet
            key={name}
            name={name}
            values={facets!.facets[name]}
            filters={state.filters}
            onChange={props.onChange}
          />
        ))}
      </div>
    </details>
  );
}

function Facet(props: {
  readonly name: FacetName;
  readonly values: SearchFacets["facets"][FacetName];
  readonly filters: readonly Filter[];
  readonly onChange: (filters: readonly Filter[]) => void;
}) {
  const { name, values, filters } = props;
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? values : values.slice(0, SHOWN);
  return (
    <fieldset class="facet">
      <legend>{strings.search.facets[name]}</legend>
      {shown.map(({ value, label, count }) => {
        const wanted = filtersOf(name, value);
        return (
          <label key={value} class="facet-value">
            <input
              type="checkbox"
              checked={isChosen(filters, wanted)}
              onChange={() => props.onChange(toggleFilters(filters, wanted))}
            />
            <bdi>{labelOf(name, value, label)}</bdi>
            <span class="facet-count">{formatCount(count)}</span>
          </label>
        );
      })}
      {values.length > shown.length && (
        <button type="button" class="link-button" onClick={() => setWhole(true)}>
          {strings.search.facetMore(values.length - shown.length)}
        </button>
      )}
    </fieldset>
  );
}

function labelOf(name: FacetName, value: string, label: string): string {
  if (name === "has") return strings.search.facetHas[value] ?? label;
  return name === "format" ? label.toUpperCase() : label;
}
