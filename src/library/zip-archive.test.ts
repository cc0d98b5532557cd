import { execFileSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createZip, type ZipEntry, zipLength } from "./zip-archive.ts";

/** An even second: some programs read the time that the format has in steps of two seconds. */
const TAKEN_AT = Date.UTC(2020, 0, 2, 3, 4, 6);

let folder: string;
const hasUnzip = has("unzip", ["-v"]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepsight-zip-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function has(program: string, options: readonly string[]): boolean {
  try {
    execFileSync(program, options, { stdio: "ignore" });
    return true;
  } catch {
    process.stderr.write(`skipped: archives read by ${program} (not installed)\n`);
    return false;
  }
}

function entry(name: string, ...pieces: readonly Buffer[]): ZipEntry {
  return {
    name,
    byteSize: pieces.reduce((sum, { length }) => sum + length, 0),
    modifiedAtMs: TAKEN_AT,
    open: () => Readable.from(pieces, { objectMode: false }),
  };
}

async function write(name: string, entries: readonly ZipEntry[]): Promise<string> {
  const path = join(folder, name);
  await pipeline(createZip(entries).content, createWriteStream(path));
  return path;
}

describe("createZip", () => {
  const small = [
    entry("a.jpg", Buffer.from("one, "), Buffer.from("two")),
    entry("Äpfel 日本 🍏.jpg", Buffer.from("named in UTF-8")),
    entry("nothing.jpg"),
  ];

  it.skipIf(!hasUnzip)("is taken by unzip, with names, contents and times", async () => {
    const path = await write("small.zip", small);
    expect(execFileSync("unzip", ["-t", path], { encoding: "utf8" })).toContain("No errors detected");
    execFileSync("unzip", ["-q", path, "-d", folder]);
    expect(await readFile(join(folder, "a.jpg"), "utf8")).toBe("one, two");
    expect(await readFile(join(folder, "Äpfel 日本 🍏.jpg"), "utf8")).toBe("named in UTF-8");
    expect((await stat(join(folder, "a.jpg"))).mtimeMs).toBe(TAKEN_AT);
  });

  it("is as long as was said before", async () => {
    expect((await stat(await write("length.zip", small))).size).toBe(zipLength(small));
    expect(createZip([]).byteSize).toBe(zipLength([]));
  });

  it("knows how long it will be beyond what 32 and 16 bits can tell", () => {
    const large = { name: "large.dng", byteSize: 2 ** 33, modifiedAtMs: 0 };
    expect(zipLength([large])).toBeGreaterThan(2 ** 33);
    const many = Array.from({ length: 65_600 }, (_, i) => ({ name: `${i}`, byteSize: 1, modifiedAtMs: 0 }));
    expect(zipLength(many)).toBeGreaterThan(65_600);
  });

  it.each([
    ["longer", Buffer.from("more than it was")],
    ["shorter", Buffer.from("le")],
  ])("breaks off when a file has become %s", async (_, content) => {
    const changed = { ...entry("a.jpg", content), byteSize: 5 };
    await expect(write("changed.zip", [changed])).rejects.toMatchObject({ code: "file_unreadable" });
  });

  it("ends the reading of a file when nobody wants the archive any more", async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(1000));
      },
      destroy(error, done) {
        resolve();
        done(error);
      },
    });
    const { content } = createZip([{ ...entry("a.jpg"), byteSize: 1e9, open: () => endless }]);
    content.once("data", () => content.destroy());
    await closed;
    expect(endless.destroyed).toBe(true);
  });
});
