import { describe, expect, it } from "vitest";
import { createPagedList } from "./paged-list.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A list of a server that can be changed, and what was asked of it. */
function serve(entries: readonly number[]) {
  const server = { entries, asked: [] as number[] };
  const list = createPagedList(async (page, pageSize) => {
    server.asked.push(page);
    const items = server.entries.slice((page - 1) * pageSize, page * pageSize);
    return { items, total: server.entries.length };
  }, 10);
  return { server, list };
}

describe("createPagedList", () => {
  it("fetches the pages that are looked at, each once", async () => {
    const { server, list } = serve(numbers(95));
    await list.need(0, 5);
    expect(list.state.value.total).toBe(95);
    await list.need(38, 52);
    await list.need(41, 49);
    expect(server.asked).toEqual([1, 4, 5, 6]);
    expect(list.at(38)).toBe(38);
    expect(list.at(51)).toBe(51);
    expect(list.at(20)).toBeUndefined();
  });

  it("asks once for a page that is on its way", async () => {
    const { server, list } = serve(numbers(30));
    await Promise.all([list.need(0, 10), list.need(0, 10)]);
    expect(server.asked).toEqual([1]);
  });

  it("shows what changed after a reload, and forgets pages that are out of sight", async () => {
    const { server, list } = serve(numbers(30));
    await list.need(0, 10);
    await list.need(20, 30);
    server.entries = numbers(30).slice(1);
    await list.reload();
    expect(list.state.value.total).toBe(29);
    expect(list.at(20)).toBe(21);
    expect(list.at(0)).toBeUndefined();
    await list.need(0, 10);
    expect(list.at(0)).toBe(1);
  });

  it("drops an answer that a reload overtook", async () => {
    const answers: ((total: number) => void)[] = [];
    const list = createPagedList<number>(
      () => new Promise((resolve) => answers.push((total) => resolve({ items: [total], total }))),
    );
    const first = list.need(0, 1);
    const second = list.reload();
    answers[1]!(2);
    await second;
    answers[0]!(1);
    await first;
    expect(list.state.value.total).toBe(2);
    expect(list.at(0)).toBe(2);
  });

  it("keeps what it has when a request fails, and says why", async () => {
    let isDown = false;
    const list = createPagedList(async () => {
      if (isDown) throw new Error("down");
      return { items: [7], total: 1 };
    });
    await list.need(0, 1);
    isDown = true;
    await list.reload();
    expect(list.state.value.error?.message).toBe("down");
    expect(list.at(0)).toBe(7);
  });
});
