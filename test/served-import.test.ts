/** An import whose models run in another process, against the same import with the models here. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DATABASE_FILE } from "../src/database/database.ts";
import { drawPhoto, drawWord } from "./api/open-test-library.ts";
import { linkBundledModels } from "./bundled-models.ts";
import { type ModelServerProcess, startModelServer } from "./model-server.ts";
import { hasShared, sharedPath } from "./shared-files.ts";

const PROGRAM = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** What models find is in these tables. */
const TABLES = ["objects", "faces", "text_lines", "embeddings", "photo_steps"] as const;

/** Differs from one import to the next whatever models say. */
const INCIDENTAL = /^(?:id|photo_id|owner_id|duration_ms|[a-z]+_at)$/;

const SAMPLES = ["photos/people/six-faces.jpg"];

let root: string;
let photos: string;
let server: ModelServerProcess;
let expected: Record<string, string[]>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keepsight-served-"));
  photos = join(root, "photos");
  await mkdir(photos);
  await writeFile(join(photos, "exit.png"), await drawWord("EXIT"));
  await writeFile(join(photos, "red.jpg"), await drawPhoto("red"));
  if (hasShared("imports of real photos by served models", ...SAMPLES)) {
    for (const path of SAMPLES) await copyFile(sharedPath(path), join(photos, basename(path)));
  }
  await linkBundledModels(join(root, "served", "models"));
  server = await startModelServer({
    dataDirectory: join(root, "served"),
    modelDirectory: join(root, "served", "models"),
    models: [],
    processes: 2,
  });
  expect((await runImport("local", {})).code).toBe(0);
  expected = readFindings("local");
}, 180_000);
afterAll(async () => {
  await server.kill();
  await rm(root, { recursive: true });
});

/** `keepsight import` of the photos into a library of this name. */
async function runImport(name: string, env: Readonly<Record<string, string>>) {
  const dataDirectory = join(root, name);
  await linkBundledModels(join(dataDirectory, "models"));
  return run(["--data-dir", dataDirectory, "import", photos], env);
}

async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, ...args], {
    env: {
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      HOME: root,
      KEEPSIGHT_OFFLINE: "true",
      KEEPSIGHT_ANALYSERS: "1",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

/** All rows of what models found, each as text with the name of its photo. */
function readFindings(name: string): Record<string, string[]> {
  const database = new DatabaseSync(join(root, name, DATABASE_FILE), { readOnly: true });
  const read = (table: string) => {
    const rows = database
      .prepare(`SELECT photos.file_name AS photo, t.* FROM ${table} t JOIN photos ON photos.id = t.photo_id`)
      .all();
    return rows
      .map((row) => JSON.stringify(Object.entries(row).filter(([column]) => !INCIDENTAL.test(column))))
      .toSorted();
  };
  const findings = Object.fromEntries(TABLES.map((table) => [table, read(table)]));
  database.close();
  return findings;
}

describe("an import with served models", { timeout: 180_000 }, () => {
  it("has something to compare", () => {
    expect(expected["text_lines"]!.join()).toContain("EXIT");
    expect(expected["photo_steps"]!.filter((step) => step.includes('"done"')).length).toBeGreaterThan(8);
  });

  it.each(["http", "grpc"])("finds over %s what it finds here, to the last bit", async (protocol) => {
    const url = protocol === "http" ? server.httpUrl : server.grpcUrl;
    const { code, output } = await runImport(protocol, { KEEPSIGHT_INFERENCE_URL: url });
    expect(code, output).toBe(0);
    expect(readFindings(protocol)).toEqual(expected);
  });

  it("sees the state of the server in doctor and status", async () => {
    const env = { KEEPSIGHT_INFERENCE_URL: server.httpUrl };
    const args = ["--data-dir", join(root, "local")];
    const doctor = await run([...args, "doctor"], env);
    expect(doctor.output.replaceAll(/\s+/g, " ")).toMatch(
      /ok inference server http\S+ \(keepsight \S+\) runs (\d+) of \1 networks/,
    );
    const away = { KEEPSIGHT_INFERENCE_URL: "http://127.0.0.1:9" };
    const failing = await run([...args, "doctor"], away);
    expect(failing.output.replaceAll(/\s+/g, " ")).toMatch(
      /PROBLEM inference server .*cannot be reached.*photos wait for it/,
    );
    expect(failing.code).toBe(1);
    const status = await run([...args, "status"], { ...away, KEEPSIGHT_INFERENCE_FALLBACK: "local" });
    expect(status.output.replaceAll(/\s+/g, " ")).toMatch(
      /Models run at .*cannot be reached.*run here meanwhile/,
    );
  });

  it("waits for a server that is away: steps fail with the reason and are to be tried again", async () => {
    const { code, output } = await runImport("waiting", {
      KEEPSIGHT_INFERENCE_URL: "http://127.0.0.1:9",
      KEEPSIGHT_INFERENCE_TIMEOUT_SECONDS: "2",
    });
    expect(output).toContain("http://127.0.0.1:9 cannot be reached");
    expect(code).not.toBe(1);
    const database = new DatabaseSync(join(root, "waiting", DATABASE_FILE), { readOnly: true });
    const jobs = database.prepare("SELECT state, error_code FROM jobs WHERE kind = 'analyse'").all();
    expect(jobs.length).toBeGreaterThan(0);
    for (const job of jobs) expect({ ...job }).toEqual({ state: "queued", error_code: "unavailable" });
    database.close();
  });

  it("runs models here when told to while the server is away, and says so in the log", async () => {
    const { code, output } = await runImport("fallback", {
      KEEPSIGHT_INFERENCE_URL: "http://127.0.0.1:9",
      KEEPSIGHT_INFERENCE_FALLBACK: "local",
      KEEPSIGHT_INFERENCE_TIMEOUT_SECONDS: "2",
      KEEPSIGHT_LOG_LEVEL: "warn",
    });
    expect(code, output).toBe(0);
    expect(output).toMatch(/runs here, since the inference server cannot/);
    expect(readFindings("fallback")).toEqual(expected);
  });

  it("uses a model that only the server has", async () => {
    const { code, output } = await run(["--data-dir", join(root, "bare"), "models", "list", "--json"], {
      KEEPSIGHT_INFERENCE_URL: server.httpUrl,
      KEEPSIGHT_INFERENCE_MODELS: "yolox-s",
    });
    expect(code, output).toBe(0);
    const { models } = JSON.parse(output) as {
      models: { id: string; state: string; source: string; isActive: boolean }[];
    };
    expect(models.find(({ id }) => id === "yolox-s")).toMatchObject({
      state: "installed",
      source: "served",
      isActive: true,
    });
  });
});
