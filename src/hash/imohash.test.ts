import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { imohash, imohashBytes, imohashFile } from "./imohash.ts";

const vectorsFile = new URL("../../../shared/conformance/imohash/vectors.json", import.meta.url);
if (!existsSync(vectorsFile))
  process.stderr.write("Skipped: conformance of imohash, ../shared/conformance is not there.\n");

interface Vectors {
  readonly published: readonly { s: number; t: number; n: number; hex: string }[];
  readonly published_tests: readonly { utf8?: string; fillA?: number; s: number; t: number; hex: string }[];
  readonly uvarint: readonly { size: number; varint: string }[];
}

/** The test message of the reference: MD5 digests of ever more letters A and earlier digests. */
function createMessage(length: number): Buffer {
  const md5 = createHash("md5");
  const message = Buffer.alloc(length);
  for (let position = 0; position < length; position += 16) {
    md5.update("A");
    md5.copy().digest().copy(message, position);
  }
  return message;
}

/** A source of zeros that keeps what was asked of it. */
function createRecordingSource(byteSize: number) {
  const reads: [number, number][] = [];
  const read = async (position: number, length: number) => {
    reads.push([position, length]);
    return new Uint8Array(length);
  };
  return { byteSize, read, reads };
}

describe("imohashBytes", () => {
  test.each([
    [0, "00000000000000000000000000000000"],
    [1, "01659e2ec0f3c75bf39e43a41adb5d4f"],
    [127, "7f47671cc79d4374404b807249f3166e"],
    [128, "800183e5dbea2e5199ef7c8ea963a463"],
    [131072, "8080085a3d3af2cb4b3a957811cdf370"],
    [500000, "a0c21e44a0ba3bddee802a9d1c5332ca"],
  ])("of the first %d bytes of the reference's message is the published hash", (length, hash) => {
    expect(imohashBytes(createMessage(length))).toBe(hash);
  });

  it("sees every byte below 128 KiB, and only the samples from there on", () => {
    const whole = Buffer.alloc(128 * 1024 - 1);
    const sampled = Buffer.alloc(128 * 1024);
    const change = (bytes: Buffer) => {
      const changed = Buffer.from(bytes);
      changed[40_000] = 1;
      return changed;
    };
    expect(imohashBytes(change(whole))).not.toBe(imohashBytes(whole));
    expect(imohashBytes(change(sampled))).toBe(imohashBytes(sampled));
  });
});

describe("imohash", () => {
  it("reads three samples of a large source: start, middle and end", async () => {
    const source = createRecordingSource(1_000_001);
    await imohash(source);
    expect(source.reads).toEqual([
      [0, 16_384],
      [500_000, 16_384],
      [1_000_001 - 16_384, 16_384],
    ]);
  });

  it("begins with the size as LEB128, beyond 32 bits too", async () => {
    expect(await imohash(createRecordingSource(300 * 1024))).toMatch(/^80e012/);
    expect(await imohash(createRecordingSource(2 ** 53 - 1))).toMatch(/^ffffffffffffff0f/);
  });

  it("passes on what went wrong in a read", async () => {
    const read = () => Promise.reject(new Error("connection lost"));
    await expect(imohash({ byteSize: 10, read })).rejects.toThrow("connection lost");
  });

  it("refuses to hash less than the size promises", async () => {
    const read = async (_position: number, length: number) => new Uint8Array(length - 1);
    await expect(imohash({ byteSize: 10, read })).rejects.toThrow(/Only 9 of 10 bytes/);
  });

  it.each([-1, 1.5, Number.NaN])("refuses a size of %d", async (byteSize) => {
    await expect(imohash(createRecordingSource(byteSize))).rejects.toThrow(/whole number from 0 on/);
  });
});

describe("imohashFile", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "keepsight-imohash-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([0, 5000, 131_072, 300_001])("gives a file of %d bytes the hash of its bytes", async (length) => {
    const path = join(folder, `message-${length}`);
    const message = createMessage(length);
    writeFileSync(path, message);
    expect(await imohashFile(path)).toBe(imohashBytes(message));
  });

  it("hashes a file of many gigabytes without reading it", async () => {
    const path = join(folder, "sparse");
    writeFileSync(path, "");
    truncateSync(path, 8 * 1024 ** 3);
    expect(await imohashFile(path)).toBe(await imohash(createRecordingSource(8 * 1024 ** 3)));
  });

  it("says which file cannot be read and why", async () => {
    await expect(imohashFile(join(folder, "absent.jpg"))).rejects.toMatchObject({
      code: "file_unreadable",
      message: expect.stringMatching(/absent\.jpg.*ENOENT/),
    });
    await expect(imohashFile(folder)).rejects.toThrow(/not a regular file/);
  });
});

describe.skipIf(!existsSync(vectorsFile))("imohash against the reference", () => {
  const vectors: Vectors = existsSync(vectorsFile)
    ? (JSON.parse(readFileSync(vectorsFile, "utf8")) as Vectors)
    : { published: [], published_tests: [], uvarint: [] };

  test.each(vectors.published)("$n bytes, samples of $s from $t bytes on", ({ s, t, n, hex }) => {
    expect(imohashBytes(createMessage(n), { sampleBytes: s, samplingThresholdBytes: t })).toBe(hex);
  });

  test.each(vectors.published_tests)(
    "its own test with samples of $s from $t on",
    ({ utf8, fillA, s, t, hex }) => {
      const message = Buffer.from(utf8 ?? "A".repeat(fillA ?? 0));
      expect(imohashBytes(message, { sampleBytes: s, samplingThresholdBytes: t })).toBe(hex);
    },
  );

  test.each(vectors.uvarint)("$size bytes are written as $varint", async ({ size, varint }) => {
    const options = { sampleBytes: 1, samplingThresholdBytes: 0 };
    expect((await imohash(createRecordingSource(size), options)).slice(0, varint.length)).toBe(varint);
  });
});
