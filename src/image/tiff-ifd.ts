/**
 * A reader of TIFF structure (header, directories, entries), which is also the structure of EXIF blocks and of most RAW
 * files. Source: TIFF 6.0 (Adobe, 1992), section 2; the magic numbers of Olympus and Panasonic RAW beside it.
 *
 * Cost: O(entries read); nothing is copied but the values asked for.
 * Contract:
 * - never reads outside the given bytes, never follows a directory twice, never throws on malformed input: what cannot be
 *   read is absent;
 * - at most {@link MAX_DIRECTORIES} directories, {@link MAX_ENTRIES} entries each, {@link MAX_VALUES} numbers a value.
 */

/** Real files have under 20 directories; more is an attempt to keep us busy. */
const MAX_DIRECTORIES = 64;

/** Real directories have under 150 entries. */
const MAX_ENTRIES = 1024;

/** Strip offsets of a 100 MP file written row by row stay below this. */
const MAX_VALUES = 16_384;

/** Bytes of one value by TIFF type number: byte, ascii, short, long, rational, their signed kin, float, double, ifd. */
const TYPE_SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4] as const;

/** TIFF, Olympus ORF ("RO", "RS"), Panasonic RW2. */
const MAGIC_NUMBERS: ReadonlySet<number> = new Set([42, 0x4f52, 0x5352, 0x55]);

/** Tag of the offsets of sub-directories, where RAW files keep their full-size pictures. */
const SUB_DIRECTORIES = 330;

/** One entry of a directory: where its values lie and what they are. */
interface TiffEntry {
  readonly type: number;
  readonly count: number;
  /** Position of the first value, bytes from the start of the block; the whole value is known to lie inside. */
  readonly offset: number;
}

/** The entries of one directory by tag number. */
export type TiffDirectory = ReadonlyMap<number, TiffEntry>;

/** Access to one TIFF structure. All offsets count bytes from the start of the block. */
export interface TiffReader {
  readonly isLittleEndian: boolean;
  /** The first directory; empty when it cannot be read. */
  readonly first: TiffDirectory;
  /** The main chain and all sub-directories, each once, parents first. */
  directories(): TiffDirectory[];
  /** The directory that a tag such as "EXIF IFD" points to. */
  child(directory: TiffDirectory, tag: number): TiffDirectory | undefined;
  /** Numbers of a tag; rationals as quotients, of which a zero denominator gives NaN. Undefined when absent or not numeric. */
  numbers(directory: TiffDirectory, tag: number): number[] | undefined;
  /** The raw bytes of a tag, a view and not a copy. */
  bytes(directory: TiffDirectory, tag: number): Uint8Array | undefined;
}

/** A reader for the block, or undefined when it is not TIFF structure. A leading "Exif\0\0" is skipped. */
export function openTiff(block: Uint8Array): TiffReader | undefined {
  const body = hasExifPrefix(block) ? block.subarray(6) : block;
  if (body.length < 8) return undefined;
  const isLittleEndian = body[0] === 0x49 && body[1] === 0x49;
  if (!isLittleEndian && !(body[0] === 0x4d && body[1] === 0x4d)) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (!MAGIC_NUMBERS.has(view.getUint16(2, isLittleEndian))) return undefined;
  return createReader(body, view, isLittleEndian);
}

function createReader(body: Uint8Array, view: DataView, isLittleEndian: boolean): TiffReader {
  const firstOffset = view.getUint32(4, isLittleEndian);
  const read = (offset: number) => readDirectory(view, offset, isLittleEndian);

  const numbers = (directory: TiffDirectory, tag: number) => {
    const entry = directory.get(tag);
    return entry === undefined ? undefined : readNumbers(view, entry, isLittleEndian);
  };

  const directories = () => {
    const found: TiffDirectory[] = [];
    const seen = new Set<number>();
    const pending = [firstOffset];
    while (pending.length > 0 && seen.size < MAX_DIRECTORIES) {
      const offset = pending.shift()!;
      if (offset === 0 || seen.has(offset)) continue;
      seen.add(offset);
      const { entries, next } = read(offset);
      found.push(entries);
      pending.push(...(numbers(entries, SUB_DIRECTORIES) ?? []).slice(0, MAX_DIRECTORIES), next);
    }
    return found;
  };

  return {
    isLittleEndian,
    first: read(firstOffset).entries,
    directories,
    child(directory, tag) {
      const offset = numbers(directory, tag)?.[0];
      if (offset === undefined || offset === 0) return undefined;
      const { entries } = read(offset);
      return entries.size > 0 ? entries : undefined;
    },
    numbers,
    bytes(directory, tag) {
      const entry = directory.get(tag);
      if (entry === undefined) return undefined;
      return body.subarray(entry.offset, entry.offset + entry.count * TYPE_SIZES[entry.type]!);
    },
  };
}

function hasExifPrefix(block: Uint8Array): boolean {
  return block[0] === 0x45 && block[1] === 0x78 && block[2] === 0x69 && block[3] === 0x66 && block[4] === 0;
}

/** Entries whose values do not lie inside the block are left out; `next` is 0 at the end of the chain. */
function readDirectory(view: DataView, offset: number, isLittleEndian: boolean) {
  const entries = new Map<number, TiffEntry>();
  if (offset < 8 || offset + 2 > view.byteLength) return { entries, next: 0 };
  const count = view.getUint16(offset, isLittleEndian);
  const end = offset + 2 + count * 12;
  if (count > MAX_ENTRIES) return { entries, next: 0 };
  for (let i = 0; i < count; i++) {
    const at = offset + 2 + i * 12;
    if (at + 12 > view.byteLength) break;
    const entry = readEntry(view, at, isLittleEndian);
    const tag = view.getUint16(at, isLittleEndian);
    if (entry !== undefined && !entries.has(tag)) entries.set(tag, entry);
  }
  return { entries, next: end + 4 <= view.byteLength ? view.getUint32(end, isLittleEndian) : 0 };
}

function readEntry(view: DataView, at: number, isLittleEndian: boolean): TiffEntry | undefined {
  const type = view.getUint16(at + 2, isLittleEndian);
  const count = view.getUint32(at + 4, isLittleEndian);
  const size = (TYPE_SIZES[type] ?? 0) * count;
  if (size === 0) return undefined;
  const offset = size <= 4 ? at + 8 : view.getUint32(at + 8, isLittleEndian);
  return offset + size <= view.byteLength ? { type, count, offset } : undefined;
}

function readNumbers(view: DataView, entry: TiffEntry, isLittleEndian: boolean): number[] | undefined {
  const readOne = NUMBER_READERS[entry.type];
  if (readOne === undefined) return undefined;
  const size = TYPE_SIZES[entry.type]!;
  const length = Math.min(entry.count, MAX_VALUES);
  return Array.from({ length }, (_, i) => readOne(view, entry.offset + i * size, isLittleEndian));
}

type NumberReader = (view: DataView, at: number, isLittleEndian: boolean) => number;

const quotient = (numerator: number, denominator: number) =>
  denominator === 0 ? Number.NaN : numerator / denominator;

const NUMBER_READERS: readonly (NumberReader | undefined)[] = [
  undefined,
  (view, at) => view.getUint8(at),
  undefined,
  (view, at, little) => view.getUint16(at, little),
  (view, at, little) => view.getUint32(at, little),
  (view, at, little) => quotient(view.getUint32(at, little), view.getUint32(at + 4, little)),
  (view, at) => view.getInt8(at),
  (view, at) => view.getUint8(at),
  (view, at, little) => view.getInt16(at, little),
  (view, at, little) => view.getInt32(at, little),
  (view, at, little) => quotient(view.getInt32(at, little), view.getInt32(at + 4, little)),
  (view, at, little) => view.getFloat32(at, little),
  (view, at, little) => view.getFloat64(at, little),
  (view, at, little) => view.getUint32(at, little),
];
