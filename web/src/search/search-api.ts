import type { ChangedConcept, ConceptPage } from "../../../src/api/concepts.ts";
import type { SavedSearch, SearchFacets } from "../../../src/api/search-query.ts";
import type { SimilarResult } from "../../../src/api/similar.ts";
import { get, post, send } from "../api-client.ts";

/** Facet values fetched of each kind. */
const FACET_LIMIT = 12;

/** What the search page asks the server beside the results. All of them reject with `ApiError`. */
export const searchApi = {
  facets: (query: string, signal?: AbortSignal) =>
    get<SearchFacets>(`/search/facets?${query}${query === "" ? "" : "&"}limit=${FACET_LIMIT}`, signal),
  savedSearches: (signal?: AbortSignal) =>
    get<{ readonly items: readonly SavedSearch[] }>("/searches?pageSize=100", signal),
  saveSearch: (name: string, query: string) => post<SavedSearch>("/searches", { name, query }),
  deleteSearch: (id: number) => post<{ readonly decisionId: number }>(`/searches/${id}`, undefined, "DELETE"),
  concepts: (signal?: AbortSignal) => get<ConceptPage>("/concepts?kind=named&pageSize=100", signal),
  teach: (name: string, exampleIds: readonly number[]) =>
    post<ChangedConcept>("/concepts", { name, exampleIds }),
  feedback: (q: string, photoId: number, isMatch: boolean) =>
    post<ChangedConcept>("/search/feedback", { q, photoId, isMatch }),
  similar: (request: object) => post<SimilarResult>("/search/similar", request),
  similarToPicture: async (
    picture: Blob,
    fields: Readonly<Record<string, string>>,
  ): Promise<SimilarResult> => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", picture);
    const response = await send("/search/similar", { method: "POST", body: form });
    return (await response.json()) as SimilarResult;
  },
};
