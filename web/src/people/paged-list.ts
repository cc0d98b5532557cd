import { type ReadonlySignal, signal } from "@preact/signals";
import type { ApiError } from "../api-client.ts";
import { toApiError } from "../state/resource.ts";

/** Entries of a page unless told otherwise: the API's limit. */
const PAGE_SIZE = 100;

/** What is known of a long list: how long it is, and some of its pages. */
export interface ListState<T> {
  /** Undefined before the first answer. */
  readonly total: number | undefined;
  /** By page, from 0. */
  readonly pages: ReadonlyMap<number, readonly T[]>;
  readonly error: ApiError | undefined;
}

/** A list on the server of which only what is looked at is fetched. */
export interface PagedList<T> {
  readonly state: ReadonlySignal<ListState<T>>;
  readonly pageSize: number;
  /** The entry at an index, once its page is there. */
  at(index: number): T | undefined;
  /** Fetches what is missing from `start` up to, not including, `end`; resolves when it is there. */
  need(start: number, end: number): Promise<void>;
  /** Fetches what was needed last again; until then the old entries stay. */
  reload(): Promise<void>;
}

/** Answer to a request for a page, numbered from 1 as in the API. */
type LoadPage<T> = (
  page: number,
  pageSize: number,
) => Promise<{ readonly items: readonly T[]; readonly total: number }>;

/** A list that knows nothing yet; see {@link PagedList}. */
export function createPagedList<T>(load: LoadPage<T>, pageSize = PAGE_SIZE): PagedList<T> {
  const state = signal<ListState<T>>({ total: undefined, pages: new Map(), error: undefined });
  const pending = new Map<number, Promise<void>>();
  let generation = 0;
  let wanted: readonly number[] = [0];

  const fail = (error: unknown, mine: number) => {
    if (mine === generation) state.value = { ...state.peek(), error: toApiError(error) };
  };
  const fetchPage = (page: number): Promise<void> => {
    const running = pending.get(page);
    if (running) return running;
    const mine = generation;
    const loading = load(page + 1, pageSize)
      .then(
        ({ items, total }) => {
          if (mine !== generation) return;
          const pages = new Map(state.peek().pages).set(page, items);
          state.value = { total, pages, error: undefined };
        },
        (error: unknown) => fail(error, mine),
      )
      .finally(() => {
        if (pending.get(page) === loading) pending.delete(page);
      });
    pending.set(page, loading);
    return loading;
  };

  return {
    state,
    pageSize,
    at: (index) => state.peek().pages.get(Math.floor(index / pageSize))?.[index % pageSize],
    async need(start, end) {
      wanted = pagesOf(start, end, pageSize);
      const { pages } = state.peek();
      await Promise.all(wanted.filter((page) => !pages.has(page)).map(fetchPage));
    },
    async reload() {
      const mine = ++generation;
      pending.clear();
      const again = wanted;
      try {
        const answers = await Promise.all(again.map((page) => load(page + 1, pageSize)));
        if (mine !== generation) return;
        const pages = new Map(answers.map(({ items }, i) => [again[i]!, items]));
        state.value = { total: answers[0]!.total, pages, error: undefined };
      } catch (error) {
        fail(error, mine);
      }
    },
  };
}

function pagesOf(start: number, end: number, pageSize: number): number[] {
  const first = Math.floor(Math.max(0, start) / pageSize);
  const last = Math.floor(Math.max(0, end - 1) / pageSize);
  return Array.from({ length: Math.max(0, last - first) + 1 }, (_, i) => first + i);
}
