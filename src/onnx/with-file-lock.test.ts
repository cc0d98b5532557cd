import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { withFileLock } from "./with-file-lock.ts";

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "file-lock-"));
  lock = join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("withFileLock", () => {
  it("lets one work at a time and leaves no lock behind", async () => {
    let working = 0;
    const work = async (): Promise<number> => {
      working++;
      await delay(30);
      return working--;
    };
    const seen = await Promise.all([1, 2, 3].map(() => withFileLock(lock, work)));
    expect(seen).toEqual([1, 1, 1]);
    expect(existsSync(lock)).toBe(false);
  });

  it("frees the lock when the work fails", async () => {
    const failing = withFileLock(lock, () => Promise.reject(new Error("no luck")));
    await expect(failing).rejects.toThrow("no luck");
    expect(await withFileLock(lock, () => Promise.resolve("done"))).toBe("done");
  });

  it("takes over at once from a process of this machine that is gone", async () => {
    const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
    await once(child, "exit");
    writeFileSync(lock, `${child.pid} ${hostname()}`);
    const signal = AbortSignal.timeout(30_000);
    expect(await withFileLock(lock, () => Promise.resolve("done"), signal)).toBe("done");
  });

  it("waits for a living process and for another machine, until the lock is no longer renewed", async () => {
    for (const owner of [`${process.ppid} ${hostname()}`, "1 some-other-machine"]) {
      writeFileSync(lock, owner);
      const impatient = withFileLock(lock, () => Promise.resolve("done"), AbortSignal.timeout(100));
      await expect(impatient).rejects.toThrow();
    }
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    expect(await withFileLock(lock, () => Promise.resolve("done"), AbortSignal.timeout(30_000))).toBe("done");
  });
});
