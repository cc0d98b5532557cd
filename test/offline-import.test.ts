/** What a newcomer without a network gets: the program as it was installed, a fresh data directory, no settings. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLibrary } from "../src/app/open-library.ts";
import { readConfig } from "../src/config.ts";
import { createLogger } from "../src/core/logger.ts";
import { hasShared, sharedPath } from "./shared-files.ts";

const PROGRAM = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** Sample photos by a name that gives nothing away: a search must find what is in them. */
const SAMPLES = {
  "1.jpg": "photos/people/six-faces.jpg",
  "2.jpg": "photos/people/couple.jpg",
  "3.jpg": "photos/scenes/bus.jpg",
  "4.jpg": "photos/text/img_11.jpg",
  "5.jpg": "photos/text/ch_en_num.jpg",
  "6.jpg": "photos/text/text_cls.jpg",
} as const;
const isHere = hasShared("an import without a network", ...Object.values(SAMPLES));

let root: string;

/** Runs the program where no address can be reached. */
async function run(...args: string[]): Promise<{ code: number | null; output: string; remarks: string }> {
  const unreachable = "http://127.0.0.1:9";
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, ...args], {
    cwd: root,
    env: {
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      HOME: root,
      KEEPSIGHT_OFFLINE: "true",
      KEEPSIGHT_ANALYSERS: "1",
      HTTP_PROXY: unreachable,
      HTTPS_PROXY: unreachable,
      NODE_USE_ENV_PROXY: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let remarks = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (remarks += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output, remarks };
}

/** Names of the photos that the search finds. */
async function search(words: string): Promise<string[]> {
  const { output } = await run("search", words, "--json", "--data-dir", join(root, "library"));
  const { hits } = JSON.parse(output) as { hits: { path: string }[] };
  return hits.map(({ path }) => basename(path));
}

describe.skipIf(!isHere)("an import by the models that npm brought", () => {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "keepsight-offline-"));
    await mkdir(join(root, "photos"));
    for (const [name, path] of Object.entries(SAMPLES))
      await copyFile(sharedPath(path), join(root, "photos", name));
    const imported = await run("import", join(root, "photos"), "--data-dir", join(root, "library"));
    expect(imported).toMatchObject({ code: 0, output: expect.stringContaining("6 complete") });
  }, 300_000);
  afterAll(() => rm(root, { recursive: true, force: true }));

  it("finds all faces of a group and of a couple", async () => {
    const config = readConfig({ KEEPSIGHT_DATA_DIR: join(root, "library"), KEEPSIGHT_OFFLINE: "true" });
    const library = await openLibrary(config, createLogger("error"), "reading");
    try {
      const { items } = await library.photos.list({}, { sort: "newest", limit: 10, offset: 0 });
      const faces: Record<string, number> = {};
      for (const { id, fileName } of items)
        faces[fileName] = (await library.photos.getDetails(id)).faces.length;
      expect(faces).toMatchObject({ "1.jpg": 6, "2.jpg": 2, "5.jpg": 0, "6.jpg": 0 });
    } finally {
      await library.close();
    }
  });

  it("finds the bus", async () => {
    expect(await search("bus")).toEqual(["3.jpg"]);
  });

  it("reads an English sign, a Chinese one, and one that is upside down", async () => {
    expect(await search("maintenance vehicles")).toEqual(["4.jpg"]);
    expect(await search("大桶装更划算")).toEqual(["5.jpg"]);
    expect(await search("怪我咯")).toEqual(["6.jpg"]);
  });

  it("is told by doctor what a download would add", async () => {
    const { code, output } = await run("doctor", "--data-dir", join(root, "library"));
    expect(code).toBe(0);
    expect(output).toMatch(/^keepsight models pull open /m);
    expect(output).toMatch(/^ {2}Search by meaning /m);
  });
});
