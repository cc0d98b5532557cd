import { crc32 } from "node:zlib";
import { KeepsightError } from "../core/errors.ts";

/**
 * ZIP archives of files as they are (method "stored"), written as a stream: APPNOTE.TXT 6.3.10 of PKWARE.
 *
 * The contract:
 * - Photos are compressed already: nothing is compressed again, so the length is known before the first byte.
 * - Memory does not depend on the size of the files; each file costs what its line of the directory does (about 80 bytes).
 * - Checksums follow the data in data descriptors (§4.3.9), so each file is read once.
 * - Fields of 64 bits (§4.5.3) are written only where 32 or 16 bits are too few, since some programs cannot read them.
 * - Names are UTF-8 (general purpose bit 11); times are seconds since 1970 in the extra field "UT" of Info-ZIP,
 *   and for programs that do not know it wall-clock time of this machine.
 */

/** A file of an archive. */
export interface ZipEntry {
  /** What it is called in the archive. */
  readonly name: string;
  readonly byteSize: number;
  readonly modifiedAtMs: number;
  /** Its content, of exactly `byteSize` bytes. */
  read(): AsyncIterable<Uint8Array>;
}

/** A file as it was written: where its header is, and the checksum of its content. */
interface WrittenEntry {
  readonly entry: ZipEntry;
  readonly name: Buffer;
  readonly offset: number;
  readonly checksum: number;
}

const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;

/** Versions of the format that a reader must know: for what is plain, and for fields of 64 bits. */
const PLAIN = 20;
const ZIP64 = 45;

/** Bit 3: checksum and sizes follow the data; bit 11: the name is UTF-8. */
const FLAGS = (1 << 3) | (1 << 11);

/** Made on Unix, by version 6.3 of the format; a regular file that everybody may read. */
const MADE_BY = (3 << 8) | 63;
const REGULAR_FILE = (0o100644 << 16) >>> 0;

/** 1 January 1980 as date and time of MS-DOS. */
const DOS_EPOCH = ((1 << 5) | 1) << 16;

const LOCAL_HEADER_BYTES = 30;
const DIRECTORY_HEADER_BYTES = 46;
const TIME_EXTRA_BYTES = 9;
const END_BYTES = 22;
const END_64_BYTES = 56 + 20;

/** Length of the archive in bytes. */
export function zipLength(entries: readonly Pick<ZipEntry, "name" | "byteSize">[]): number {
  let offset = 0;
  let directory = 0;
  for (const { name, byteSize } of entries) {
    const nameBytes = Buffer.byteLength(name);
    directory += DIRECTORY_HEADER_BYTES + nameBytes + TIME_EXTRA_BYTES + largeExtraBytes(byteSize, offset);
    offset +=
      LOCAL_HEADER_BYTES + nameBytes + TIME_EXTRA_BYTES + (isLarge(byteSize) ? 20 + 24 : 16) + byteSize;
  }
  const isEndLarge = entries.length >= MAX_16 || isLarge(offset) || isLarge(directory);
  return offset + directory + (isEndLarge ? END_64_BYTES : 0) + END_BYTES;
}

/** The archive piece by piece; `file_unreadable` when a file is not as long as it should be. Nothing is left open. */
export async function* writeZip(entries: readonly ZipEntry[]): AsyncGenerator<Uint8Array> {
  const written: WrittenEntry[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const header = localHeader(entry, name);
    yield header;
    let byteSize = 0;
    let checksum = 0;
    for await (const piece of entry.read()) {
      byteSize += piece.length;
      if (byteSize > entry.byteSize) break;
      checksum = crc32(piece, checksum);
      yield piece;
    }
    if (byteSize !== entry.byteSize)
      throw new KeepsightError("file_unreadable", `${entry.name} changed while it was being read.`);
    const descriptor = dataDescriptor(byteSize, checksum);
    yield descriptor;
    written.push({ entry, name, offset, checksum });
    offset += header.length + byteSize + descriptor.length;
  }
  let directoryBytes = 0;
  for (const one of written) {
    const header = directoryHeader(one);
    directoryBytes += header.length;
    yield header;
  }
  yield directoryEnd(written.length, directoryBytes, offset);
}

const isLarge = (value: number) => value >= MAX_32;

/** Of the extra field for what 32 bits cannot tell: both sizes together, and the place. */
function largeExtraBytes(byteSize: number, offset: number): number {
  const bytes = (isLarge(byteSize) ? 16 : 0) + (isLarge(offset) ? 8 : 0);
  return bytes === 0 ? 0 : 4 + bytes;
}

function localHeader({ byteSize, modifiedAtMs }: ZipEntry, name: Buffer): Buffer {
  const large = isLarge(byteSize);
  const extra = Buffer.concat([timeExtra(modifiedAtMs), largeExtra(large ? [byteSize, byteSize] : [])]);
  const header = Buffer.alloc(LOCAL_HEADER_BYTES);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(large ? ZIP64 : PLAIN, 4);
  header.writeUInt16LE(FLAGS, 6);
  header.writeUInt32LE(dosTime(modifiedAtMs), 10);
  header.writeUInt32LE(large ? MAX_32 : 0, 18);
  header.writeUInt32LE(large ? MAX_32 : 0, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

function dataDescriptor(byteSize: number, checksum: number): Buffer {
  const large = isLarge(byteSize);
  const descriptor = Buffer.alloc(large ? 24 : 16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(checksum, 4);
  for (const place of large ? [8, 16] : [8, 12]) {
    if (large) descriptor.writeBigUInt64LE(BigInt(byteSize), place);
    else descriptor.writeUInt32LE(byteSize, place);
  }
  return descriptor;
}

function directoryHeader({ entry, name, offset, checksum }: WrittenEntry): Buffer {
  const { byteSize, modifiedAtMs } = entry;
  const large = [...(isLarge(byteSize) ? [byteSize, byteSize] : []), ...(isLarge(offset) ? [offset] : [])];
  const extra = Buffer.concat([timeExtra(modifiedAtMs), largeExtra(large)]);
  const header = Buffer.alloc(DIRECTORY_HEADER_BYTES);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_BY, 4);
  header.writeUInt16LE(large.length > 0 ? ZIP64 : PLAIN, 6);
  header.writeUInt16LE(FLAGS, 8);
  header.writeUInt32LE(dosTime(modifiedAtMs), 12);
  header.writeUInt32LE(checksum, 16);
  header.writeUInt32LE(Math.min(byteSize, MAX_32), 20);
  header.writeUInt32LE(Math.min(byteSize, MAX_32), 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(REGULAR_FILE, 38);
  header.writeUInt32LE(Math.min(offset, MAX_32), 42);
  return Buffer.concat([header, name, extra]);
}

function directoryEnd(count: number, directoryBytes: number, offset: number): Buffer {
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, MAX_16), 8);
  end.writeUInt16LE(Math.min(count, MAX_16), 10);
  end.writeUInt32LE(Math.min(directoryBytes, MAX_32), 12);
  end.writeUInt32LE(Math.min(offset, MAX_32), 16);
  if (count < MAX_16 && !isLarge(offset) && !isLarge(directoryBytes)) return end;
  const end64 = Buffer.alloc(END_64_BYTES);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(MADE_BY, 12);
  end64.writeUInt16LE(ZIP64, 14);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(directoryBytes), 40);
  end64.writeBigUInt64LE(BigInt(offset), 48);
  end64.writeUInt32LE(0x07064b50, 56);
  end64.writeBigUInt64LE(BigInt(offset + directoryBytes), 64);
  end64.writeUInt32LE(1, 72);
  return Buffer.concat([end64, end]);
}

/** Date and time as MS-DOS has them (§4.4.6), from 1980 to 2107, in steps of two seconds. */
function dosTime(ms: number): number {
  const time = new Date(ms);
  const year = time.getFullYear() - 1980;
  if (!(year >= 0)) return DOS_EPOCH;
  const date = (Math.min(year, 127) << 9) | ((time.getMonth() + 1) << 5) | time.getDate();
  const clock = (time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1);
  return ((date << 16) | clock) >>> 0;
}

/** The extra field "UT": when the file was changed, whole seconds that 32 bits can tell. */
function timeExtra(modifiedAtMs: number): Buffer {
  const extra = Buffer.alloc(TIME_EXTRA_BYTES);
  const seconds = Math.trunc(modifiedAtMs / 1000);
  extra.writeUInt16LE(0x5455, 0);
  extra.writeUInt16LE(5, 2);
  extra.writeUInt8(1, 4);
  extra.writeInt32LE(Math.min(0x7fffffff, Math.max(0, seconds)), 5);
  return extra;
}

/** The extra field of values of 64 bits; nothing without any. */
function largeExtra(values: readonly number[]): Buffer {
  if (values.length === 0) return Buffer.alloc(0);
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return extra;
}
