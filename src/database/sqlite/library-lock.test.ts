import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireLibraryLock } from "./library-lock.ts";

const HOLDER = `
  const { acquireLibraryLock } = await import(process.argv[1]);
  try {
    acquireLibraryLock(process.argv[2]);
    console.log("locked");
    setInterval(() => {}, 1000);
  } catch (error) {
    console.log(error.code);
  }`;

let directory: string;
const children: ChildProcess[] = [];

/** Starts a process that takes the lock and keeps it; gives what it says: "locked" or an error code. */
async function startHolder() {
  const script = new URL("./library-lock.ts", import.meta.url).href;
  const child = spawn(process.execPath, ["--input-type=module", "-e", HOLDER, script, directory]);
  children.push(child);
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { child, said: said.toString().trim() };
}

async function kill(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keepsight-lock-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  await rm(directory, { recursive: true, force: true });
});

describe("acquireLibraryLock", () => {
  it.each([
    ["library.lock", "Check that the data directory exists and is writable."],
    ["library.owner.json", "cannot be worked on"],
  ])("says so when %s cannot be written", async (name, words) => {
    await mkdir(join(directory, name));
    expect(() => acquireLibraryLock(directory)).toThrow(
      expect.objectContaining({ code: "unavailable", message: expect.stringContaining(words) }),
    );
    await rm(join(directory, name), { recursive: true });
    acquireLibraryLock(directory).release();
  });

  it("sees that the data directory was deleted, and that another stands in its place", async () => {
    const lock = acquireLibraryLock(directory);
    expect(lock.isInPlace()).toBe(true);
    await rm(directory, { recursive: true });
    expect(lock.isInPlace()).toBe(false);
    const next = acquireLibraryLock(directory);
    expect([lock.isInPlace(), next.isInPlace()]).toEqual([false, true]);
    lock.release();
    expect(await readdir(directory)).toContain("library.owner.json");
    next.release();
    expect(await readdir(directory)).not.toContain("library.owner.json");
  });

  it("refuses a second owner in the same process and lets the next in after release", () => {
    const lock = acquireLibraryLock(directory);
    expect(lock.wasTakenOver).toBe(false);
    expect(() => acquireLibraryLock(directory)).toThrow(`process ${process.pid}, since`);
    lock.release();
    const next = acquireLibraryLock(directory);
    expect(next.wasTakenOver).toBe(false);
    next.release();
    next.release();
  });

  it("refuses with library_locked, naming the other process", async () => {
    const { child, said } = await startHolder();
    expect(said).toBe("locked");
    expect(() => acquireLibraryLock(directory)).toThrow(
      expect.objectContaining({
        code: "library_locked",
        message: expect.stringContaining(`process ${child.pid}`) as string,
      }) as Error,
    );
  });

  it("takes over from a process that was killed", async () => {
    const { child } = await startHolder();
    await kill(child);
    const lock = acquireLibraryLock(directory);
    expect(lock.wasTakenOver).toBe(true);
    lock.release();
  });

  it("believes the operating system, not the file that names an owner", async () => {
    const owner = { pid: process.pid, host: "elsewhere", since: "2020-01-01" };
    await writeFile(join(directory, "library.owner.json"), JSON.stringify(owner));
    const lock = acquireLibraryLock(directory);
    expect(lock.wasTakenOver).toBe(true);
    lock.release();
  });

  it("survives an owner file that is torn", async () => {
    await writeFile(join(directory, "library.owner.json"), '{"pid": 1');
    acquireLibraryLock(directory).release();
    const lock = acquireLibraryLock(directory);
    expect(lock.wasTakenOver).toBe(false);
    lock.release();
  });

  it("lets exactly one of several starters in", async () => {
    const holders = await Promise.all(Array.from({ length: 4 }, startHolder));
    const said = holders.map((holder) => holder.said).toSorted();
    expect(said).toEqual(["library_locked", "library_locked", "library_locked", "locked"]);
  });

  it("makes the directory when it is not there", () => {
    acquireLibraryLock(join(directory, "new", "library")).release();
  });
});
