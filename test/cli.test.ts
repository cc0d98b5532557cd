import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto, drawWord } from "./api/open-test-library.ts";
import { linkBundledModels } from "./bundled-models.ts";

const PROGRAM = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** The widest line that a person should have to read, columns. */
const LINE_WIDTH = 100;

let root: string;
let folder: string;
let dataDirectory: string;
let firstImport: Ended;

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly remarks: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with all output so far once this was printed. */
  printed(text: string): Promise<string>;
}

/** Starts the program as a shell would, with no setting from outside. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, ...args], {
    cwd: root,
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
  let remarks = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (remarks += chunk.toString()));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output, remarks }));
  return {
    child,
    ended,
    async printed(text) {
      while (!output.includes(text)) {
        if (child.exitCode !== null)
          throw new Error(`ended before it printed "${text}": ${output}${remarks}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return output;
    },
  };
}

async function run(...args: string[]): Promise<Ended> {
  const ended = await start(args).ended;
  expect(ended.output + ended.remarks, "no stack in front of a user").not.toMatch(/\n\s+at .*:\d+:\d+/);
  return ended;
}

/** Runs with `--json`: nothing but one JSON document may be on standard output. */
async function runJson<T>(...args: string[]): Promise<{ readonly code: number | null; readonly value: T }> {
  const { code, output } = await run(...args, "--json");
  return { code, value: JSON.parse(output) as T };
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keepsight-cli-"));
  folder = join(root, "My Pictures");
  dataDirectory = join(root, "library");
  await mkdir(folder);
  await writeFile(join(folder, "exit.png"), await drawWord("EXIT"));
  await writeFile(
    join(folder, "red.jpg"),
    await drawPhoto("red", { takenAt: "2023:05:06 07:08:09", camera: "Box 1" }),
  );
  await writeFile(join(folder, "truncated.png"), (await drawWord("HILT")).subarray(0, 300));
  firstImport = await run("--data-dir", dataDirectory, "import", folder);
});

afterAll(() => rm(root, { recursive: true, force: true }));

const inLibrary = () => ["--data-dir", dataDirectory];

describe("keepsight import", () => {
  it("says what it did, names each failure once, and ends with 2", () => {
    const { code, output } = firstImport;
    expect(code).toBe(2);
    expect(output).toMatch(/^3 photos in the library \(2 complete, 1 failed\), \d+ s\.$/m);
    expect(output.match(/truncated\.png/g)).toHaveLength(1);
    expect(output).toContain("Next: `keepsight serve`");
  });

  it("gives numbers and failures as JSON, and does nothing twice", async () => {
    const { code, value } = await runJson<Record<string, unknown>>("import", folder, ...inLibrary());
    expect(code).toBe(2);
    expect(value).toMatchObject({ photos: 3, completed: 2, failed: 1, waiting: 0, missing: 0 });
    expect(value["failures"]).toEqual([
      { fileName: "truncated.png", reason: expect.stringContaining("damaged") },
    ]);
  });

  it("names what it could not look at, with the reason", async () => {
    const odd = join(root, "odd names");
    await mkdir(odd);
    await linkBundledModels(join(root, "odd library", "models"));
    await symlink(join(odd, "nowhere.jpg"), join(odd, "gone.jpg"));
    await writeFile(Buffer.concat([Buffer.from(`${odd}/caf`), Buffer.from([0xe9]), Buffer.from(".jpg")]), "");
    const { code, output } = await run("import", odd, "--data-dir", join(root, "odd library"));
    expect(code).toBe(2);
    expect(output).toContain("Not looked at (2):");
    expect(output.replaceAll(/\s+/g, " ")).toContain(".jpg: its name is not valid UTF-8; rename it");
    expect(output.replaceAll(/\s+/g, " ")).toContain("gone.jpg: its symbolic link leads nowhere");
  });

  it("ends cleanly when it is told to stop, and goes on the next time", async () => {
    const many = join(root, "many");
    const library = ["--data-dir", join(root, "second library")];
    await mkdir(many);
    await linkBundledModels(join(root, "second library", "models"));
    for (let i = 0; i < 24; i++)
      await writeFile(join(many, `${i}.jpg`), await drawPhoto(`rgb(${i * 10},9,9)`, { camera: `C${i}` }));
    const first = start(["import", many, "--json", ...library]);
    const derivatives = join(root, "second library", "derivatives");
    while (!existsSync(derivatives) || (await readdir(derivatives, { recursive: true })).length < 5)
      await new Promise((resolve) => setTimeout(resolve, 10));
    first.child.kill("SIGTERM");
    const stopped = await first.ended;
    expect(stopped.code).toBe(2);
    const before = JSON.parse(stopped.output) as { completed: number; failed: number; waiting: number };
    expect(before.failed).toBe(0);
    expect(before.waiting).toBeGreaterThan(0);
    const { code, value } = await runJson<Record<string, unknown>>("import", ...library);
    expect(code).toBe(0);
    expect(value).toMatchObject({ photos: 24, completed: 24, failed: 0, waiting: 0 });
  });
});

describe("keepsight search", () => {
  it("prints photos with why they were found", async () => {
    const { code, output } = await run("search", "exit", ...inLibrary());
    expect(code).toBe(0);
    expect(output).toBe(`${join(folder, "exit.png")}\n    text EXIT · file name exit\n1 of 1 photos.\n`);
  });

  it("gives hits as JSON, and ends with 1 when there are none", async () => {
    const found = await runJson<{ total: number; hits: { path: string }[] }>(
      "search",
      "exit",
      ...inLibrary(),
    );
    expect(found.code).toBe(0);
    expect(found.value).toMatchObject({ total: 1, hits: [{ path: join(folder, "exit.png") }] });
    const none = await runJson<object>("search", "--tag", "nothing", ...inLibrary());
    expect(none).toMatchObject({ code: 1, value: { total: 0, hits: [] } });
    expect((await run("search", "zzzz", ...inLibrary())).output).toBe('No photo matches "zzzz".\n');
  });

  it("lists by options alone", async () => {
    const { output } = await run("search", "--from", "2023-05-06", "--to", "2023-05-06", ...inLibrary());
    expect(output).toBe(`${join(folder, "red.jpg")}\n1 of 1 photos.\n`);
  });
});

describe("keepsight duplicates", () => {
  it("says which copies there are, resolves them, and takes that back", async () => {
    const copies = join(root, "copies");
    const library = ["--data-dir", join(root, "library of copies")];
    await mkdir(copies);
    await linkBundledModels(join(root, "library of copies", "models"));
    const photo = await drawPhoto("blue");
    await writeFile(join(copies, "a.jpg"), photo);
    await writeFile(join(copies, "b.jpg"), photo);
    await writeFile(join(copies, "other.jpg"), await drawPhoto("green"));
    await run("import", copies, ...library);
    const { code, value } = await runJson<object>("duplicates", "scan", ...library);
    expect(code).toBe(0);
    expect(value).toMatchObject({ openGroups: 1, photosChecked: 3, reclaimableBytes: photo.length });
    const listed = await run("duplicates", "list", ...library);
    expect(listed.output).toMatch(/^keep .*a\.jpg$/m);
    expect(listed.output).toMatch(/same file .*b\.jpg$/m);
    const done = await runJson<{ decisionId: number }>(
      "duplicates",
      "resolve",
      "1",
      "--keep",
      "1",
      ...library,
    );
    expect(done.value).toMatchObject({ keeperId: 1, loserIds: [2] });
    const undone = await run("duplicates", "undo", String(done.value.decisionId), ...library);
    expect(undone.output).toContain("takes it back");
    expect(await readdir(copies)).toHaveLength(3);
  });
});

describe("keepsight status, doctor, models, inspect", () => {
  it("tell people", async () => {
    const status = await run("status", ...inLibrary());
    expect(status.output).toMatch(/^Photos +3 \(/m);
    expect(status.output).toContain(`${folder} (3)`);
    const doctor = await run("doctor", ...inLibrary());
    expect(doctor.output).toMatch(/^ok +program +Keepsight \d/m);
    expect(doctor.output).toMatch(/^keepsight models pull open {3}\d+ MB, any use, commercial too$/m);
    expect(doctor.output).toMatch(/^ {2}Search by meaning +\d+ MB +\S+, new\. Licence: MIT$/m);
    expect(doctor.output).toMatch(/^ {2}Objects .* better than centernet-mobilenetv3\. Licence:/m);
    expect(doctor.output).toMatch(/^keepsight models pull recommended --accept-licences /m);
    expect(doctor.output).toContain("KEEPSIGHT_OFFLINE is set");
    const models = await run("models", ...inLibrary());
    expect(models.output).toMatch(/^Text: finding lines\n(?: {2}.*\n)* {2}pp-ocrv4-det +in use \(npm\)/m);
    expect(models.output).toContain("keepsight models pull open ");
    expect(models.output).not.toContain("not to download");
    const all = await run("models", "list", "--all", ...inLibrary());
    expect(all.output).toContain("not to download");
    for (const { code, output, remarks } of [status, doctor, models, all]) {
      expect(code).toBe(0);
      expect(remarks).toBe("");
      const tooLong = output.split("\n").filter((line) => line.length > LINE_WIDTH && !line.includes(root));
      expect(tooLong).toEqual([]);
    }
  });

  it("tell programs", async () => {
    const status = await runJson<{ stats: { photos: number } }>("status", ...inLibrary());
    expect(status.value).toMatchObject({ dataDirectory, stats: { photos: 3 } });
    const doctor = await runJson<{ findings: unknown[] }>("doctor", ...inLibrary());
    expect(doctor.value.findings.length).toBeGreaterThan(5);
    const models = await runJson<{ models: { id: string }[] }>("models", "list", ...inLibrary());
    expect(models.value.models.map(({ id }) => id)).toContain("pp-ocrv4-det");
    const verified = await runJson<unknown[]>("models", "verify", "pp-ocrv4-det", ...inLibrary());
    expect(verified).toMatchObject({ code: 0, value: [{ id: "pp-ocrv4-det", state: "installed" }] });
  });

  it("time the analysis of photos on this machine", async () => {
    const text = await run("doctor", "--bench", ...inLibrary());
    expect(text.code).toBe(0);
    expect(text.output).toMatch(/^ {2}decoding +[\d.]+ ms +\d+ %$/m);
    expect(text.output).toMatch(/^ {2}text +[\d.]+ ms +\d+ % +pp-ocrv4-det \+/m);
    expect(text.output).toMatch(/^ {2}1 +[\d.]+ photos a second +1\.00 times one process$/m);
    // The library's own number of photos.
    expect(text.output).toMatch(/^3 such photos take about \d+ (?:s|min)/m);
    expect(text.remarks).toContain("analysing photos in 1 process\n");
    expect(text.output.split("\n").filter((line) => line.length > LINE_WIDTH)).toEqual([]);
  }, 240_000);

  it("look into photos without a library", async () => {
    const [photo, broken] = [join(folder, "exit.png"), join(folder, "truncated.png")];
    const text = await run("inspect", photo, broken, "no such.jpg");
    expect(text.code).toBe(2);
    expect(text.output).toMatch(/text +EXIT \(\d+ %\)/);
    expect(text.output).toContain("no such.jpg\n  There is no such file.\n");
    const { code, value } = await runJson<Record<string, unknown>[]>("inspect", photo, "--steps", "hash");
    expect(code).toBe(0);
    expect(value).toMatchObject([
      { file: photo, analysis: { fingerprints: { imohash: expect.any(String) } } },
    ]);
  });
});

describe("keepsight serve", () => {
  it("ends with the reason when its library is deleted under it, instead of taking in what would be lost", async () => {
    const doomed = join(root, "doomed library");
    const server = start(["serve", "--port=0", "--data-dir", doomed]);
    await server.printed("Keepsight is ready");
    // It may be writing there at this very moment.
    await rm(doomed, { recursive: true, maxRetries: 20 });
    const { code, remarks } = await server.ended;
    expect(code).toBe(1);
    expect(remarks).toContain(`The library is gone: ${doomed} was deleted`);
  });

  it("is what runs without a command, beside others that only look, until it is told to stop", async () => {
    const server = start([folder, "--port=0", ...inLibrary()]);
    const url = /http:\S+(?=\n)/.exec(await server.printed("Keepsight is ready: http://127.0.0.1:"))![0];
    expect((await fetch(`${url}/api/v1/photos`)).status).toBe(200);
    const second = await run("import", folder, ...inLibrary());
    expect(second).toMatchObject({ code: 1, output: "" });
    expect(second.remarks).toMatch(
      /^keepsight: The library in .* is in use by another Keepsight \(process \d+/,
    );
    expect((await run("search", "exit", ...inLibrary())).code).toBe(0);
    expect((await run("status", ...inLibrary())).code).toBe(0);
    const taken = await run("serve", "--port", new URL(url).port, "--data-dir", join(root, "third library"));
    expect(taken.code).toBe(1);
    expect(taken.remarks).toContain("is in use by another program; choose another with --port");
    server.child.kill("SIGTERM");
    const { code, remarks } = await server.ended;
    expect(code).toBe(0);
    expect(remarks).toContain("Stopping; what is unfinished goes on at the next start.");
  });
});

describe("wrong use", () => {
  it.each([
    ["an option that is not there", ["status", "--bogus"], 64, "--bogus"],
    ["a value that is none", ["search", "x", "--limit", "many"], 64, "whole number from 1 to 1000"],
    ["a day that does not exist", ["search", "x", "--from", "2024-02-31"], 64, "2024-02-31"],
    ["a rule that is none", ["duplicates", "resolve", "--rules", "date,luck"], 64, "expected some of folder"],
    ["nothing to inspect", ["inspect"], 64, "files"],
    ["an unknown step", ["inspect", "x.jpg", "--steps", "magic"], 64, "magic"],
    ["a mistyped command", ["improt"], 1, 'keepsight: "improt" is neither a command nor a folder'],
    [
      "a folder that is not there",
      ["import", "/no/such", "--data-dir", "a"],
      1,
      "The folder /no/such does not exist.",
    ],
    ["a library that is not there", ["status", "--data-dir", "none"], 1, "There is no library in"],
    ["nothing to import", ["import", "--data-dir", "empty"], 1, "There is no folder to import"],
    [
      "a data directory that is a file",
      ["import", ".", "--data-dir", PROGRAM],
      1,
      "choose another with --data-dir",
    ],
    ["a setting out of bounds", ["status", "--port", "99999"], 1, "KEEPSIGHT_PORT"],
    ["an open server without a password", ["serve", "--host", "0.0.0.0"], 1, "KEEPSIGHT_PASSWORD"],
    [
      "a number of photos that is none",
      ["doctor", "--bench", "--photos", "many"],
      64,
      "a whole number above 0",
    ],
    ["an unknown model", ["models", "pull", "nonesuch"], 1, "nonesuch"],
    [
      "a model that is no text-image model",
      ["models", "quantize", "pp-ocrv4-det"],
      1,
      "is for text-detection",
    ],
    ["a licence not agreed to", ["models", "pull", "recommended"], 1, "--accept-licences"],
  ])("says what is wrong with %s", async (_what, args, code, text) => {
    const ended = await run(...args);
    expect(ended.remarks).toContain(text);
    expect(ended).toMatchObject({ code, output: "" });
    expect(existsSync(join(root, "none"))).toBe(false);
  });

  it("shows the stack to who asks for it", async () => {
    const { remarks } = await start(["status", "--data-dir", "none", "--debug"]).ended;
    expect(remarks).toMatch(/There is no library in[\s\S]+\n\s+at /);
  });
});

describe("keepsight --help", () => {
  it.each([
    "serve",
    "import",
    "search",
    "status",
    "inspect",
    "doctor",
    "duplicates scan",
    "duplicates resolve",
    "models list",
    "models pull",
    "models verify",
    "models quantize",
    "",
  ])("shows examples of %s", async (command) => {
    const { code, output } = await run(...command.split(" ").filter(Boolean), "--help");
    expect(code).toBe(0);
    expect(output).toContain("Examples:\n  keepsight ");
    expect(output).toContain("--data-dir");
    expect(output.split("\n").filter((line) => line.length > LINE_WIDTH)).toEqual([]);
  });

  it("gives the version", async () => {
    expect((await run("--version")).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
