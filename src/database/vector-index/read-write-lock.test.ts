import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createReadWriteLock } from "./read-write-lock.ts";

describe("createReadWriteLock", () => {
  it("runs shared tasks together and exclusive ones alone, in the order of the calls", async () => {
    const lock = createReadWriteLock();
    const events: string[] = [];
    const task = (name: string) => async (): Promise<void> => {
      events.push(`+${name}`);
      await setImmediate();
      events.push(`-${name}`);
    };
    await Promise.all([
      lock.shared(task("a")),
      lock.shared(task("b")),
      lock.exclusive(task("c")),
      lock.exclusive(task("d")),
      lock.shared(task("e")),
    ]);
    expect(events.join(" ")).toBe("+a +b -a -b +c -c +d -d +e -e");
  });

  it("goes on after a task that failed", async () => {
    const lock = createReadWriteLock();
    const failing = lock.exclusive(() => Promise.reject(new Error("broken")));
    const following = lock.shared(() => Promise.resolve("served"));
    await expect(failing).rejects.toThrow("broken");
    await expect(following).resolves.toBe("served");
  });
});
