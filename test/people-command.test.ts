import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FaceStats, HistoryPage, Person } from "../src/api/people.ts";
import { drawPhoto } from "./api/open-test-library.ts";
import { linkBundledModels } from "./bundled-models.ts";
import { type KeepsightServer, startServer } from "./keepsight-server.ts";

const PROGRAM = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** The widest line that a person should have to read, columns. */
const LINE_WIDTH = 100;

let root: string;
let server: KeepsightServer | undefined;

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly remarks: string;
}

async function run(...args: string[]): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", PROGRAM, `--data-dir=${join(root, "library")}`, ...args],
    {
      cwd: root,
      env: {
        PATH: process.env["PATH"],
        NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
        HOME: root,
        KEEPSIGHT_OFFLINE: "true",
        KEEPSIGHT_ANALYSERS: "1",
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  let remarks = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (remarks += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  expect(output + remarks, "no stack in front of a user").not.toMatch(/\n\s+at .*:\d+:\d+/);
  return { code, output, remarks };
}

async function runJson<T>(...args: string[]): Promise<T> {
  const { output, remarks } = await run(...args, "--json");
  expect(remarks).toBe("");
  return JSON.parse(output) as T;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keepsight-people-cli-"));
  await mkdir(join(root, "photos"));
  await writeFile(join(root, "photos", "red.jpg"), await drawPhoto("red"));
  await linkBundledModels(join(root, "library", "models"));
  await run("import", join(root, "photos"));
}, 300_000);

afterAll(async () => {
  await server?.kill();
  await rm(root, { recursive: true, force: true });
});

describe("keepsight persons and history", () => {
  it("adds, renames, merges, hides and deletes persons, and takes it back", async () => {
    await run("persons", "create", "Anna");
    const renamed = await runJson<Person>("persons", "rename", "ANNA", "Anna Smith");
    expect(renamed.name).toBe("Anna Smith");
    await run("persons", "create", "Annie");
    const merged = await run("persons", "merge", "Annie", "--into", "Anna Smith");
    expect(merged.output).toMatch(
      /^0 faces are Anna Smith's now\. `keepsight history undo \d+` takes it back\.\n$/,
    );
    const listed = await run("persons", "list");
    expect(listed.output).toMatch(/^\S+ +0 faces +0 photos +Anna Smith\n1 of 1 persons\.\n$/);
    const { items } = await runJson<HistoryPage>("history", "list", "--limit", "1");
    expect(items[0]).toMatchObject({ kind: "person.merge", canUndo: true });
    expect((await run("history", "undo", String(items[0]!.id))).code).toBe(0);
    expect((await runJson<{ total: number }>("persons")).total).toBe(2);
    const hidden = await run("persons", "hide", "annie", "Anna Smith");
    expect(hidden.output).toMatch(/^2 persons are hidden\. `keepsight history undo \d+` takes it back\.\n$/);
    expect((await run("persons", "list", "--status", "hidden")).output).toContain("Annie\n");
    await run("persons", "show", "Anna Smith");
    await run("persons", "delete", "Annie");
    expect((await run("history")).output).toMatch(/Deleted Annie/);
  }, 300_000);

  it("says what cannot be done", async () => {
    const cases = [
      [["persons", "rename", "Nobody", "X"], 1, /no person "Nobody"/],
      [["persons", "create", "anna smith"], 1, /Anna Smith/],
      [["persons", "merge", "Anna Smith", "--into", "Anna Smith"], 1, /itself/],
      [["history", "undo", "987654"], 1, /no decision 987654/],
      [["history", "undo", "none"], 64, /whole number/],
      [["faces", "cluster", "--quality-threshold", "2"], 64, /from 0 to 1/],
      [["faces", "assign", "--since", "yesterday"], 1, /since/],
      [["faces", "cluster-dual", "--unknown-method", "guess"], 64, /Allowed choices/],
      [["faces", "cluster", "--data-dir", "none"], 1, /There is no library in/],
    ] as const;
    for (const [args, code, text] of cases) {
      const ended = await run(...args);
      expect(ended, args.join(" ")).toMatchObject({ code, output: "" });
      expect(ended.remarks).toMatch(text);
    }
  }, 300_000);
});

describe("keepsight faces", () => {
  it("prints counts in the seed's words", async () => {
    expect((await run("faces", "stats")).output).toMatch(/^Total faces: 0\nAssigned faces: 0\n/);
    expect((await run("faces", "cluster", "--min-samples", "2")).output).toBe(
      "Total faces: 0\nClusters found: 0\nNoise (outliers): 0\n",
    );
    expect((await run("faces", "cluster-dual")).output).toMatch(/Persons matched: 0\nPhase 2/);
    expect((await run("faces", "assign")).output).toBe("Faces processed: 0\nAssigned: 0\nUnassigned: 0\n");
    expect((await run("faces", "centroids")).output).toMatch(/^Persons processed: 0\n/);
    expect((await run("faces", "backfill")).output).toMatch(/^Photos processed: 0\nErrors: 0\n/);
    expect((await run("faces", "ignored")).output).toBe("0 of 0 ignored faces.\n");
    expect((await run("faces", "restore", "7")).remarks).toMatch(/no (?:such )?face/i);
    expect((await run("faces", "find-orphans", "--fix")).output).toMatch(/Orphaned faces found: 0\n/);
    const training = (await run("faces", "train-matching", "--epochs", "1")).output;
    expect(training).toContain(
      "The head is not used: Training needs 10 persons with 5 confirmed faces each.",
    );
  }, 300_000);

  it("queues for the next server, and for the one that runs", async () => {
    const alone = await run("faces", "cluster", "--queue");
    expect(alone.output).toMatch(/^Queued as job \d+\. No server is running: .*`keepsight serve`\.\n$/);
    server = startServer({ folders: [], dataDirectory: join(root, "library"), analysers: 1 });
    await server.url;
    const beside = await run("faces", "cluster", "--queue");
    expect(beside.output).toMatch(/^Queued as job \d+; `keepsight status`/);
    expect((await runJson<FaceStats>("faces", "stats")).totalFaces).toBe(0);
    expect((await run("faces", "centroids")).code).toBe(0);
    expect((await run("persons", "create", "Beside a server")).code).toBe(0);
    await server.stop();
    server = undefined;
    expect((await run("persons", "list")).output).toContain("Beside a server");
  }, 300_000);

  it.each([
    "faces",
    "faces backfill",
    "faces cluster",
    "faces cluster-dual",
    "faces assign",
    "faces centroids",
    "faces train-matching",
    "faces stats",
    "faces find-orphans",
    "persons",
    "persons merge",
    "history",
  ])("shows examples of %s", async (command) => {
    const { code, output } = await run(...command.split(" "), "--help");
    expect(code).toBe(0);
    expect(output).toContain("Examples:\n  keepsight ");
    expect(output.split("\n").filter((line) => line.length > LINE_WIDTH)).toEqual([]);
  });
});
