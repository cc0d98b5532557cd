import { describe, expect, it } from "vitest";
import { rememberFor } from "./remember-for.ts";

describe("rememberFor", () => {
  it("reads once in the time, and anew afterwards", async () => {
    let time = 5;
    let readings = 0;
    const get = rememberFor(
      100,
      async () => ++readings,
      () => time,
    );
    expect(await Promise.all([get(), get()])).toEqual([1, 1]);
    time += 99;
    expect(await get()).toBe(1);
    time += 1;
    expect(await get()).toBe(2);
  });

  it("keeps no failure", async () => {
    let isBroken = true;
    const get = rememberFor(
      100,
      async () => {
        if (isBroken) throw new Error("The disk is asleep.");
        return "read";
      },
      () => 0,
    );
    await expect(get()).rejects.toThrow("asleep");
    isBroken = false;
    expect(await get()).toBe("read");
  });
});
