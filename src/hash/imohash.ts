import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { KeepsightError } from "../core/errors.ts";
import { murmur3 } from "./murmur3.ts";

/**
 * imohash: a fingerprint of a file that costs three small reads however large the file is (Jim Kalafut,
 * github.com/kalafut/imohash, `algorithm.md`).
 *
 * Cost: O(1) from 128 KiB on (48 KiB read), O(size) below.
 *
 * The contract:
 * - 128 bits: MurmurHash3 of the samples, its first bytes overwritten by the size as an unsigned LEB128 number;
 * - equal files have equal hashes; files of equal size that differ only between the samples have too, so equality of
 *   bytes must be checked before anything irreversible follows.
 */

/** Bytes of each of the three samples: the default of the reference, asked for by the specification. */
const SAMPLE_BYTES = 16 * 1024;

/** Files of at least this size are sampled, smaller ones hashed whole: the default of the reference. */
const SAMPLING_THRESHOLD_BYTES = 128 * 1024;

/** Something of known size that can be read at any place: a file, an upload, an object in a store. */
export interface ByteSource {
  readonly byteSize: number;
  /** The `length` bytes from `position` on, fewer only where the source ends before. */
  read(position: number, length: number): Promise<Uint8Array>;
}

/** Parameters of imohash; hashes made with different ones cannot be compared. */
interface ImohashOptions {
  /** Bytes of each sample; below 1 everything is hashed. */
  readonly sampleBytes?: number;
  /** Smallest size in bytes that is sampled. */
  readonly samplingThresholdBytes?: number;
}

/**
 * The imohash of a source as 32 lower-case hex digits. Reads three samples, or everything where that is less. Rejects with
 * what a read rejects with, and with `file_unreadable` when a read gives fewer bytes than asked for.
 */
export async function imohash(source: ByteSource, options: ImohashOptions = {}): Promise<string> {
  const ranges = sampledRanges(source.byteSize, options);
  const samples = await Promise.all(ranges.map(([position, length]) => source.read(position, length)));
  samples.forEach((sample, i) => assertComplete(sample, ranges[i]!));
  return toHash(samples, source.byteSize);
}

/** The imohash of bytes in memory as 32 lower-case hex digits: the same as of a file with this content. */
export function imohashBytes(bytes: Uint8Array, options: ImohashOptions = {}): string {
  const ranges = sampledRanges(bytes.length, options);
  const samples = ranges.map(([position, length]) => bytes.subarray(position, position + length));
  return toHash(samples, bytes.length);
}

/** The imohash of a file as 32 lower-case hex digits. Throws `file_unreadable` when it is missing, not a file, or changes meanwhile. */
export async function imohashFile(path: string): Promise<string> {
  try {
    await using handle = await open(path, "r");
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error("it is not a regular file");
    return await imohash({
      byteSize: stats.size,
      read: (position, length) => readFully(handle, position, length),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeepsightError(
      "file_unreadable",
      `Cannot fingerprint ${path}: ${reason}. Check that the file exists and may be read.`,
      { cause: error },
    );
  }
}

/** [position, length] of each part that is hashed, in order. */
function sampledRanges(byteSize: number, options: ImohashOptions): readonly (readonly [number, number])[] {
  const { sampleBytes = SAMPLE_BYTES, samplingThresholdBytes = SAMPLING_THRESHOLD_BYTES } = options;
  if (!Number.isSafeInteger(byteSize) || byteSize < 0) {
    throw new KeepsightError(
      "bad_request",
      `A size in bytes must be a whole number from 0 on, not ${byteSize}.`,
    );
  }
  const isHashedWhole = sampleBytes < 1 || byteSize < samplingThresholdBytes || byteSize < 4 * sampleBytes;
  if (isHashedWhole) return [[0, byteSize]];
  return [
    [0, sampleBytes],
    [Math.floor(byteSize / 2), sampleBytes],
    [byteSize - sampleBytes, sampleBytes],
  ];
}

function assertComplete(sample: Uint8Array, [position, length]: readonly [number, number]): void {
  if (sample.length === length) return;
  throw new KeepsightError(
    "file_unreadable",
    `Only ${sample.length} of ${length} bytes could be read at byte ${position}: it became shorter meanwhile.`,
  );
}

function toHash(samples: readonly Uint8Array[], byteSize: number): string {
  const message = samples.length === 1 ? samples[0]! : Buffer.concat(samples);
  const digest = murmur3(message);
  digest.set(unsignedLeb128(byteSize));
  return Buffer.from(digest.buffer).toString("hex");
}

/** Seven bits a byte, least significant first. By division: sizes go beyond 32 bits. */
function unsignedLeb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

/** Reads on until `length` bytes are there or the file ends: one read may give less than was asked for. */
async function readFully(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
