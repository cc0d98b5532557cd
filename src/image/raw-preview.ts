/**
 * Finds the picture that a camera embeds in its RAW file: cameras write a JPEG of the developed photo beside the sensor's
 * values, usually in full size, and that is what Keepsight shows and analyses.
 * Sources: TIFF 6.0 and TIFF/EP for CR2, NEF, ARW, DNG, PEF, SRW; the directory tags as documented by ExifTool for Panasonic
 * RW2 and Fujifilm RAF. ORF (preview inside the maker note) and CR3 (in a media track) are found by searching for JPEG headers.
 *
 * Cost: O(directories), or one pass over the bytes where the directories name no preview.
 * Contract: bounds-checked throughout; a candidate counts only when its JPEG frame header can be read; lossless JPEG, in
 * which some cameras pack the sensor's values, is no candidate.
 */
import type { Size } from "../core/geometry.ts";
import { openTiff, type TiffDirectory, type TiffReader } from "./tiff-ifd.ts";

const TAG = {
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  stripByteCounts: 279,
  jpegOffset: 513,
  jpegByteCount: 514,
  panasonicJpeg: 0x2e,
  dngVersion: 0xc612,
} as const;

/** Colour filter array, and linear RAW (DNG). */
const RAW_PHOTOMETRICS: ReadonlySet<number> = new Set([32803, 34892]);

/** Sony ARW, Nikon NEF, Samsung SRW, Pentax PEF. */
const RAW_COMPRESSIONS: ReadonlySet<number> = new Set([32767, 34713, 32769, 32770, 65535]);

/** Old-style and new-style JPEG in TIFF. */
const JPEG_COMPRESSIONS: ReadonlySet<number> = new Set([6, 7]);

/** A searched file with more JPEG headers than this is not a camera's. */
const MAX_SEARCHED = 64;

/** An embedded JPEG: its bytes (a view) and the size its header states. */
interface RawPreview {
  readonly bytes: Uint8Array;
  readonly size: Size;
}

/** True when the TIFF structure is a camera's RAW file and not a picture in itself. */
export function isRawTiff(bytes: Uint8Array): boolean {
  const tiff = openTiff(bytes);
  if (tiff === undefined) return false;
  if (bytes[8] === 0x43 && bytes[9] === 0x52) return true;
  return tiff.directories().some((directory) => {
    const value = (tag: number) => tiff.numbers(directory, tag)?.[0] ?? 0;
    return (
      directory.has(TAG.dngVersion) ||
      RAW_PHOTOMETRICS.has(value(TAG.photometric)) ||
      RAW_COMPRESSIONS.has(value(TAG.compression))
    );
  });
}

/** The largest embedded JPEG with a readable header, or undefined when there is none. */
export function findRawPreview(bytes: Uint8Array): RawPreview | undefined {
  const listed = [...listedPreviews(bytes), ...fujifilmPreview(bytes)];
  return largest(listed.flatMap((candidate) => toPreview(candidate))) ?? largest(searchPreviews(bytes));
}

function largest(previews: readonly RawPreview[]): RawPreview | undefined {
  let best: RawPreview | undefined;
  for (const preview of previews) {
    if (best === undefined || area(preview) > area(best)) best = preview;
  }
  return best;
}

const area = ({ size }: RawPreview) => size.width * size.height;

function toPreview(bytes: Uint8Array): RawPreview[] {
  const size = readJpegSize(bytes);
  return size === undefined ? [] : [{ bytes, size }];
}

function listedPreviews(bytes: Uint8Array): Uint8Array[] {
  const tiff = openTiff(bytes);
  if (tiff === undefined) return [];
  return tiff
    .directories()
    .flatMap((directory) => [
      ...range(bytes, tiff, directory, TAG.jpegOffset, TAG.jpegByteCount),
      ...(JPEG_COMPRESSIONS.has(tiff.numbers(directory, TAG.compression)?.[0] ?? 0)
        ? range(bytes, tiff, directory, TAG.stripOffsets, TAG.stripByteCounts)
        : []),
      ...[tiff.bytes(directory, TAG.panasonicJpeg)].filter((embedded) => embedded !== undefined),
    ]);
}

/** The bytes that one offset and one length point to; several strips are tiles of sensor values and no preview. */
function range(
  bytes: Uint8Array,
  tiff: TiffReader,
  directory: TiffDirectory,
  offsetTag: number,
  countTag: number,
) {
  const offsets = tiff.numbers(directory, offsetTag);
  const counts = tiff.numbers(directory, countTag);
  if (offsets?.length !== 1 || counts?.length !== 1) return [];
  const end = offsets[0]! + counts[0]!;
  return end <= bytes.length ? [bytes.subarray(offsets[0]!, end)] : [];
}

/** RAF: a fixed header with the offset and length of the JPEG at byte 84, big-endian. */
function fujifilmPreview(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length < 92 || Buffer.from(bytes.buffer, bytes.byteOffset, 8).toString("latin1") !== "FUJIFILM")
    return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offset = view.getUint32(84);
  const end = offset + view.getUint32(88);
  return end <= bytes.length ? [bytes.subarray(offset, end)] : [];
}

/** Every JPEG that starts anywhere in the bytes; each candidate runs to the end, as decoders stop at the end marker. */
function searchPreviews(bytes: Uint8Array): RawPreview[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = Buffer.from([0xff, 0xd8, 0xff]);
  const found: RawPreview[] = [];
  let at = buffer.indexOf(start);
  while (at !== -1 && found.length < MAX_SEARCHED) {
    found.push(...toPreview(bytes.subarray(at)));
    at = buffer.indexOf(start, at + 3);
  }
  return found;
}

/** Pixels stated by the frame header of a DCT-coded JPEG (baseline, extended, progressive); undefined for anything else. */
function readJpegSize(bytes: Uint8Array): Size | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xc2) return toSize(view.getUint16(at + 7), view.getUint16(at + 5));
    if (marker === 0xc3 || (marker >= 0xd8 && marker <= 0xda) || marker < 0xc0) return undefined;
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

const toSize = (width: number, height: number) => (width > 0 && height > 0 ? { width, height } : undefined);
