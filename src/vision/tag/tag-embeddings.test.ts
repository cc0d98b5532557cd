import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { normalize } from "../../math/vector.ts";
import { createTagEmbeddings } from "./tag-embeddings.ts";

const TAGS = ["dog", "cat", "boat", "tree"].map((name) => ({
  name,
  prompts: [`a photo of a ${name}`, `a ${name}`],
}));
const ROW_BYTES = 3 * 4;

/** An encoder that counts what it reads and can give up after so many sentences. */
function createEncoder({ failAfter = Infinity } = {}) {
  const read: string[] = [];
  let closed = 0;
  return {
    read,
    closed: () => closed,
    open: async () => ({
      async encode(text: string) {
        if (read.length >= failAfter) throw new Error("out of memory");
        read.push(text);
        return normalize(Float32Array.of(text.length, text.codePointAt(text.length - 1)!, 7));
      },
      async close() {
        closed++;
      },
    }),
  };
}

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tag-embeddings-"));
  path = join(folder, "cache", "rows.f32");
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(encoder: ReturnType<typeof createEncoder>, file: string | undefined = path) {
  return createTagEmbeddings({ tags: TAGS, dimensions: 3, openTextEncoder: encoder.open, path: file })();
}

describe("createTagEmbeddings", () => {
  it("gives the normalised mean over each tag's sentences", async () => {
    const [dog] = await load(createEncoder());
    const [long, short] = [16, 5].map((length) => normalize(Float32Array.of(length, 103, 7)));
    const mean = normalize(long!.map((value, i) => value + short![i]!));
    expect(dog!.length).toBe(3);
    dog!.forEach((value, i) => expect(value).toBeCloseTo(mean[i]!, 6));
  });

  it("reads a vocabulary once and gives the same rows from the file", async () => {
    const first = createEncoder();
    const rows = await load(first);
    expect(first.read).toHaveLength(8);
    expect(first.closed()).toBe(1);
    const second = createEncoder();
    expect(await load(second)).toEqual(rows);
    expect(second.read).toEqual([]);
  });

  it("goes on where an interrupted run ended", async () => {
    const interrupted = createEncoder({ failAfter: 5 });
    await expect(load(interrupted)).rejects.toThrow("out of memory");
    expect(statSync(path).size).toBe(2 * ROW_BYTES);
    appendFileSync(path, "half");
    const next = createEncoder();
    const rows = await load(next);
    expect(next.read).toHaveLength(4);
    expect(rows).toEqual(await load(createEncoder(), undefined));
    expect(statSync(path).size).toBe(4 * ROW_BYTES);
  });

  it("reads a part and asks to come back where the time does not do, in memory or in a file", async () => {
    for (const file of [path, undefined]) {
      const encoder = createEncoder();
      const read = createTagEmbeddings({
        tags: TAGS,
        dimensions: 3,
        openTextEncoder: encoder.open,
        path: file,
        readingMs: 0,
      });
      for (const count of [1, 2, 3]) {
        await expect(read()).rejects.toMatchObject({
          code: "unavailable",
          message: expect.stringContaining(`${count} of 4`),
        });
      }
      expect([(await read()).length, encoder.read.length, encoder.closed()]).toEqual([4, 8, 1]);
      await read();
      expect(encoder.read).toHaveLength(8);
    }
  });

  it("does not wait for another process longer than it would read", async () => {
    mkdirSync(join(folder, "cache"));
    writeFileSync(`${path}.lock`, `${process.pid} ${hostname()}`);
    const encoder = createEncoder();
    const read = createTagEmbeddings({
      tags: TAGS,
      dimensions: 3,
      openTextEncoder: encoder.open,
      path,
      readingMs: 50,
    });
    await expect(read()).rejects.toMatchObject({ code: "unavailable" });
    expect(encoder.read).toEqual([]);
  });

  it("lets one of several work and the others wait for its rows", async () => {
    const encoders = [createEncoder(), createEncoder(), createEncoder()];
    const [first, ...others] = await Promise.all(encoders.map((encoder) => load(encoder)));
    for (const rows of others) expect(rows).toEqual(first);
    expect(encoders.flatMap(({ read }) => read)).toHaveLength(8);
  });

  it("begins anew where the file holds something else", async () => {
    await load(createEncoder());
    const good = readFileSync(path);
    writeFileSync(path, Buffer.alloc(good.byteLength, 1));
    const encoder = createEncoder();
    await load(encoder);
    expect(encoder.read).toHaveLength(8);
    expect(readFileSync(path)).toEqual(good);
    truncateSync(path, 1);
    await load(createEncoder());
    expect(readFileSync(path)).toEqual(good);
  });
});
