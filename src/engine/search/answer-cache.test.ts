import { describe, expect, it } from "vitest";
import { createChangeCount } from "../../database/change-count.ts";
import { cacheAnswers } from "./answer-cache.ts";
import type { PhotoQuery, PhotoSearch, SearchAnswer } from "./search-photos.ts";

const QUERY: PhotoQuery = { text: "sea", mode: "hybrid", filter: {}, limit: 10, offset: 0 };

/** A library of one number: what a search gives is how much was written when it looked. */
function openLibrary(notice?: string) {
  const changes = createChangeCount();
  const state = { written: 0, searches: 0 };
  const search: PhotoSearch = {
    async search() {
      state.searches++;
      await Promise.resolve();
      const { written: total } = state;
      await Promise.resolve();
      const answer = {
        hits: [],
        total,
        isTotalExact: true,
        sections: { strong: 0, maybe: 0 },
        mode: "hybrid",
      };
      return (notice === undefined ? answer : { ...answer, notice }) as SearchAnswer;
    },
    searchChannels: async () => ({ hits: [] }),
    findIds: async () => undefined,
  };
  return {
    state,
    cached: cacheAnswers(search, { changes: changes.current }),
    /** Visible first, and told after that, as a database does it. */
    write() {
      state.written++;
      changes.note();
    },
  };
}

describe("cacheAnswers", () => {
  it("gives an answer again until something is written", async () => {
    const { cached, state, write } = openLibrary();
    await cached.search(QUERY);
    await cached.search({ ...QUERY });
    expect(state.searches).toBe(1);
    await cached.search({ ...QUERY, filter: { tags: ["sea"] } });
    expect(state.searches).toBe(2);
    write();
    expect((await cached.search(QUERY)).total).toBe(1);
    expect(cached.use()).toEqual({ hits: 1, misses: 3, entries: 2 });
  });

  it("never gives less than what was written before it was asked, however writes and searches meet", async () => {
    const { cached, state, write } = openLibrary();
    let seed = 7;
    const next = (limit: number) => (seed = (seed * 48_271) % 2_147_483_647) % limit;
    const asked: Promise<void>[] = [];
    for (let i = 0; i < 3000; i++) {
      if (next(4) === 0) write();
      const { written } = state;
      const check = async () => {
        const { total } = await cached.search({ ...QUERY, offset: next(3) });
        expect(total).toBeGreaterThanOrEqual(written);
      };
      asked.push(check());
      if (next(3) === 0) await Promise.resolve();
    }
    await Promise.all(asked);
    expect(cached.use().hits).toBeGreaterThan(100);
  });

  it("asks again for what came with a notice, and for a page of a list that is kept elsewhere", async () => {
    const { cached, state } = openLibrary("The index is still being loaded.");
    await cached.search(QUERY);
    await cached.search(QUERY);
    expect(state.searches).toBe(2);
    const other = openLibrary();
    await other.cached.search({ ...QUERY, cursor: "x" });
    await other.cached.search({ ...QUERY, cursor: "x" });
    expect(other.state.searches).toBe(2);
  });
});
