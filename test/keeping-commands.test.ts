import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AlbumPage } from "../src/api/albums.ts";
import type { MadeImported } from "../src/api/made.ts";
import type { Backup } from "../src/engine/backup/back-up.ts";
import { drawPhoto } from "./api/open-test-library.ts";

const PROGRAM = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** An upload so large that copying it cannot end before a process is killed on seeing it begin, bytes. */
const LARGE_UPLOAD = 192 * 1024 * 1024;

let root: string;
let library: string;

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, ...args], {
    cwd: root,
    env: {
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      HOME: root,
      KEEPSIGHT_DATA_DIR: library,
      KEEPSIGHT_OFFLINE: "true",
      KEEPSIGHT_ANALYSERS: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function run(...args: string[]): Promise<string> {
  const child = start(...args);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream!.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  expect(code, output).toBe(0);
  return output;
}

const runJson = async <T>(...args: string[]) => JSON.parse(await run(...args, "--json")) as T;

/** Starts a command and ends it without a chance to do anything as soon as something is there. */
async function killWhen(isThere: () => Promise<boolean>, ...args: string[]): Promise<void> {
  const child = start(...args);
  const closed = once(child, "close");
  while (child.exitCode === null && !(await isThere())) await setTimeout(1);
  expect(child.exitCode, "it ended before it could be killed").toBeNull();
  child.kill("SIGKILL");
  await closed;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keepsight-keeping-"));
  library = join(root, "library");
  await mkdir(join(root, "photos"));
  await mkdir(join(library, "uploads"), { recursive: true });
  await writeFile(join(root, "photos", "red.jpg"), await drawPhoto("red"));
  // No models: what is kept here is what people say.
  await run("import", join(root, "photos"));
}, 300_000);

afterAll(() => rm(root, { recursive: true, force: true }));

describe("keepsight albums, categories, maintenance and export", () => {
  it("do what they say without a server, and say it in a few words", { timeout: 300_000 }, async () => {
    expect(await run("albums", "create", "Norway", "--photo", "1")).toContain("Norway");
    const { items } = await runJson<AlbumPage>("albums", "list");
    expect(items).toMatchObject([{ title: "Norway", photoCount: 1, kind: "made" }]);
    await run("categories", "create", "Trips", "--add", "holiday");
    expect(await run("categories", "list")).toContain("Trips");
    const ran = await run("maintenance", "run", "--task", "optimise");
    expect(ran).toMatch(/optimise\s+done/);
    const made = join(root, "made.json");
    await run("export", made);
    expect(JSON.parse(await readFile(made, "utf8"))).toMatchObject({ albums: [{ title: "Norway" }] });
    expect(await runJson<MadeImported>("import-made", made)).toMatchObject({ decisions: 0, problems: [] });
  });
});

describe("keepsight backup and restore", () => {
  it("are whole or not at all, though killed in between", { timeout: 300_000 }, async () => {
    const upload = join(library, "uploads", "large.jpg");
    await writeFile(upload, Buffer.alloc(LARGE_UPLOAD, 7));
    const to = join(root, "backups");
    const names = async () => (existsSync(to) ? readdir(to) : []);
    const hasBegun = async () => (await names()).some((name) => name.endsWith(".partial"));
    await killWhen(hasBegun, "backup", "--to", to);
    expect((await names()).every((name) => name.endsWith(".partial"))).toBe(true);
    const backup = await runJson<Backup>("backup", "--to", to);
    // What the killed one left is gone.
    expect(await names()).toEqual([backup.name]);

    await run("albums", "create", "Later", "--photo", "1");
    await writeFile(upload, "changed");
    const stage = async () => (await readdir(library)).some((name) => name.includes("restore"));
    await killWhen(stage, "restore", backup.path);
    const before = await runJson<AlbumPage>("albums", "list");
    expect(before.items.map(({ title }) => title).toSorted()).toEqual(["Later", "Norway"]);
    expect(await readFile(upload, "utf8")).toBe("changed");

    expect(await run("restore", backup.path)).toContain("Restored 1 photos");
    const after = await runJson<AlbumPage>("albums", "list");
    expect(after.items.map(({ title }) => title)).toEqual(["Norway"]);
    expect((await readFile(upload)).length).toBe(LARGE_UPLOAD);
  });
});
