import { execFileSync } from "node:child_process";
import { mkdtemp, open, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeZip, type ZipEntry, zipLength } from "./write-zip.ts";

/** Reads an archive as another program does: how many files, the last one, one that is damaged, and when the first was changed. */
const READ_WITH_PYTHON = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    infos = archive.infolist()
    some = [info for info in infos[:50] + infos[-50:] if info.file_size < 2**32]
    bad = next((info.filename for info in some if zipfile.crc32(archive.read(info)) != info.CRC), None)
    print(json.dumps({"count": len(infos), "last": [infos[-1].filename, infos[-1].file_size, infos[-1].header_offset], "bad": bad, "clock": infos[0].date_time}))
`;

let folder: string;
const hasPython = has("python3", ["--version"]);
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

function entry(name: string, ...pieces: readonly Uint8Array[]): ZipEntry {
  return {
    name,
    byteSize: pieces.reduce((sum, { length }) => sum + length, 0),
    modifiedAtMs: Date.UTC(2020, 0, 2, 3, 4, 5),
    async *read() {
      yield* pieces;
    },
  };
}

/** Writes the archive to a file; pieces of the `hole` are not written, so that it takes no room on the disk. */
async function write(name: string, entries: readonly ZipEntry[], hole?: Uint8Array): Promise<string> {
  const path = join(folder, name);
  // Closed also where an archive is refused half-way.
  await using file = await open(path, "w");
  let position = 0;
  let pending: Uint8Array[] = [];
  const flush = async () => {
    const bytes = Buffer.concat(pending);
    await file.write(bytes, 0, bytes.length, position);
    position += bytes.length;
    pending = [];
  };
  for await (const piece of writeZip(entries)) {
    if (piece !== hole) pending.push(piece);
    else {
      await flush();
      position += piece.length;
    }
  }
  await flush();
  return path;
}

function readWithPython(path: string): unknown {
  return JSON.parse(execFileSync("python3", ["-c", READ_WITH_PYTHON, path], { encoding: "utf8" }));
}

describe("writeZip", () => {
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
    expect((await stat(join(folder, "a.jpg"))).mtimeMs).toBe(Date.UTC(2020, 0, 2, 3, 4, 5));
  });

  it("is as long as was said before", async () => {
    expect((await stat(await write("length.zip", small))).size).toBe(zipLength(small));
    expect((await stat(await write("empty.zip", []))).size).toBe(zipLength([]));
  });

  it.skipIf(!hasPython)("tells the time by the wall clock to programs that know no other", async () => {
    const time = new Date(small[0]!.modifiedAtMs);
    const day = [time.getFullYear(), time.getMonth() + 1, time.getDate()];
    // In steps of two seconds.
    const clock = [...day, time.getHours(), time.getMinutes(), time.getSeconds() - (time.getSeconds() % 2)];
    expect(readWithPython(await write("time.zip", small))).toMatchObject({ bad: null, clock });
  });

  it.skipIf(!hasPython)("holds more files than 16 bits can count", async () => {
    const entries = Array.from({ length: 65_600 }, (_, i) => entry(`${i}.jpg`, Buffer.from("x")));
    const path = await write("many.zip", entries);
    expect((await stat(path)).size).toBe(zipLength(entries));
    expect(readWithPython(path)).toMatchObject({
      count: 65_600,
      bad: null,
      last: ["65599.jpg", 1, expect.anything()],
    });
  });

  it.skipIf(!hasPython)(
    "holds a file, and files behind it, that 32 bits cannot tell the size or the place of",
    async () => {
      const hole = new Uint8Array(2 ** 25);
      const entries = [
        entry("large.dng", ...Array.from({ length: 129 }, () => hole)),
        entry("b.jpg", Buffer.from("behind")),
      ];
      const path = await write("large.zip", entries, hole);
      expect((await stat(path)).size).toBe(zipLength(entries));
      const { last, ...read } = readWithPython(path) as { last: [string, number, number] };
      expect(read).toMatchObject({ count: 2, bad: null });
      expect(last.slice(0, 2)).toEqual(["b.jpg", 6]);
      expect(last[2]).toBeGreaterThan(2 ** 32);
      if (hasUnzip) expect(execFileSync("unzip", ["-p", path, "b.jpg"], { encoding: "utf8" })).toBe("behind");
    },
  );

  it.each([
    ["longer", Buffer.from("more than it was")],
    ["shorter", Buffer.from("le")],
  ])("breaks off when a file has become %s", async (_, content) => {
    const changed = { ...entry("a.jpg", content), byteSize: 5 };
    await expect(write("changed.zip", [changed])).rejects.toMatchObject({ code: "file_unreadable" });
  });

  it("ends the reading of a file when nobody wants the archive any more", async () => {
    let isEnded = false;
    const slow: ZipEntry = {
      ...entry("a.jpg", Buffer.alloc(1000)),
      async *read() {
        try {
          yield Buffer.alloc(500);
          yield Buffer.alloc(500);
        } finally {
          isEnded = true;
        }
      },
    };
    const pieces = writeZip([slow]);
    await pieces.next();
    await pieces.next();
    await pieces.return(undefined);
    expect(isEnded).toBe(true);
  });
});
