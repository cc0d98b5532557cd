import { signal, type Signal } from "@preact/signals";
import type { SearchHit, SearchResult } from "../../../src/api/search.ts";
import type { SimilarResult } from "../../../src/api/similar.ts";
import { api, ApiError } from "../api-client.ts";
import { toApiError } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { pictureOf } from "./pictures.ts";
import { searchApi } from "./search-api.ts";
import { filterObject, formatSearchState, parseLike, type SearchState } from "./search-state.ts";

/** Hits fetched at a time: the API's limit. */
const PAGE_SIZE = 100;

/** Searches kept, so that going back shows the same results at the same place at once. */
const MAX_KEPT = 6;

/** What is known of a search's results. */
export interface SearchProgress {
  readonly hits: readonly SearchHit[];
  readonly total: number | undefined;
  readonly notice: string | null;
  /** How the words were understood; undefined where there are none. */
  readonly query: SearchResult["query"] | undefined;
  /** Whether anything is among the hits that is sure, doubtful, or nothing; undefined where nothing was looked for. */
  readonly verdict: SearchResult["verdict"] | undefined;
  readonly sections: SearchResult["sections"];
  /** How pictures were compared, where they were. */
  readonly method: SimilarResult["method"] | undefined;
  readonly ranMode: SearchResult["mode"];
  readonly durationMs: number;
  readonly isLoading: boolean;
  readonly error: ApiError | undefined;
}

/** A search whose results are fetched page by page. */
export interface SearchRun {
  readonly progress: Signal<SearchProgress>;
  /** Fetches the next page when there is one; resolves when it is there. */
  loadMore(): Promise<void>;
  /** Begins again from the first page; the old hits stay until the new ones are there. */
  restart(): Promise<void>;
}

const kept = new Map<string, SearchRun>();

/** The results of a search: those kept from before, or new ones. */
export function openSearch(state: SearchState): SearchRun {
  const key = formatSearchState(state);
  const known = kept.get(key);
  const run = known ?? createRun(state);
  kept.delete(key);
  kept.set(key, run);
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value!);
  return run;
}

function createRun(state: SearchState): SearchRun {
  const progress = signal<SearchProgress>({
    hits: [],
    total: undefined,
    notice: null,
    query: undefined,
    verdict: undefined,
    sections: { strong: 0, maybe: 0 },
    method: undefined,
    ranMode: state.mode,
    durationMs: 0,
    isLoading: false,
    error: undefined,
  });
  let pagesLoaded = 0;
  let loading: Promise<void> | undefined;

  const load = async (page: number) => {
    progress.value = { ...progress.peek(), isLoading: true, error: undefined };
    try {
      const result = await fetchPage(state, page);
      const earlier = page === 1 ? [] : progress.peek().hits;
      const ids = new Set(earlier.map((hit) => hit.photo.id));
      pagesLoaded = page;
      progress.value = {
        // Photos that arrive meanwhile push others onto the next page: each is shown once.
        hits: [...earlier, ...result.items.filter((hit) => !ids.has(hit.photo.id))],
        total: result.total,
        notice: result.notice,
        query: result.query,
        verdict: result.verdict,
        sections: result.sections,
        method: result.method,
        ranMode: result.mode,
        durationMs: page === 1 ? result.durationMs : progress.peek().durationMs,
        isLoading: false,
        error: undefined,
      };
    } catch (error) {
      progress.value = { ...progress.peek(), isLoading: false, error: toApiError(error) };
    }
  };
  const loadOnce = (page: number) => {
    loading ??= load(page).finally(() => (loading = undefined));
    return loading;
  };
  return {
    progress,
    loadMore: async () => {
      const { total } = progress.peek();
      if (total === undefined || pagesLoaded * PAGE_SIZE < total) await loadOnce(pagesLoaded + 1);
    },
    restart: async () => {
      await loading;
      await loadOnce(1);
    },
  };
}

type Fetched = Pick<SearchProgress, "notice" | "query" | "verdict" | "sections" | "method" | "durationMs"> & {
  readonly items: readonly SearchHit[];
  readonly total: number;
  readonly mode: SearchResult["mode"];
};

async function fetchPage(state: SearchState, page: number): Promise<Fetched> {
  if (state.like !== "") return fetchSimilar(state, page);
  const parameters = new URLSearchParams(formatSearchState(state));
  parameters.set("page", String(page));
  parameters.set("pageSize", String(PAGE_SIZE));
  if (state.q.trim() !== "") return { ...(await api.search(parameters.toString())), method: undefined };
  // Without words there is nothing to rank: then it is a list.
  parameters.delete("mode");
  parameters.delete("q");
  const list = await api.photos(parameters.toString());
  return {
    total: list.total,
    items: list.items.map((photo) => ({ photo, score: 0, section: null, reasons: [] })),
    mode: state.mode,
    notice: null,
    query: undefined,
    verdict: undefined,
    method: undefined,
    durationMs: 0,
    sections: { strong: 0, maybe: 0 },
  };
}

/** Photos like a picture, and more of what the words say. */
async function fetchSimilar(state: SearchState, page: number): Promise<Fetched> {
  const like = parseLike(state.like);
  const startedAt = performance.now();
  const text = state.q.trim() === "" ? {} : { text: state.q.trim() };
  const filter = filterObject(state.filters);
  let result: SimilarResult;
  if (like && "photoId" in like) {
    result = await searchApi.similar({ ...like, ...text, filter, page, pageSize: PAGE_SIZE });
  } else {
    const picture = like && pictureOf(like.picture);
    if (!picture) throw new ApiError(0, "picture_gone", strings.search.likeGone);
    result = await searchApi.similarToPicture(picture, {
      ...text,
      filter: JSON.stringify(filter),
      page: String(page),
      pageSize: String(PAGE_SIZE),
    });
  }
  return {
    ...result,
    items: result.items.map(({ photo, similarity, section, boxes }) => ({
      photo,
      section,
      score: similarity,
      reasons: [{ channel: "meaning", rank: null, similarity, matches: [], boxes }],
    })),
    query: undefined,
    mode: state.mode,
    durationMs: performance.now() - startedAt,
  };
}
