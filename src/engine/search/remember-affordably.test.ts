import { describe, expect, it } from "vitest";
import { rememberAffordably } from "./remember-affordably.ts";

/** A reading that takes so long by a clock of its own. */
function createReading(durationMs: number) {
  let time = 0;
  let count = 0;
  const ask = rememberAffordably(
    async () => {
      time += durationMs;
      return ++count;
    },
    () => time,
  );
  return { ask, pass: (ms: number) => void (time += ms), failNext: () => void (count = Number.NaN) };
}

describe("rememberAffordably", () => {
  it("reads anew for everybody while that is cheap", async () => {
    const { ask } = createReading(2);
    expect([await ask(), await ask(), await ask()]).toEqual([1, 2, 3]);
  });

  it("answers with the last reading when it is not, and makes a new one after a rest", async () => {
    const { ask, pass } = createReading(1000);
    expect([await ask(), await ask()]).toEqual([1, 1]);
    pass(19_000);
    expect([await ask(), await ask()]).toEqual([1, 1]);
    pass(2000);
    expect(await ask()).toBe(1);
    expect(await ask()).toBe(2);
  });

  it("shares a reading under way, and forgets one that failed", async () => {
    let fails = true;
    let count = 0;
    const ask = rememberAffordably(async () => {
      count++;
      if (fails) throw new Error("no");
      return "yes";
    });
    const both = await Promise.allSettled([ask(), ask()]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(count).toBe(1);
    fails = false;
    expect(await ask()).toBe("yes");
  });
});
