import { KeepsightError } from "../core/errors.ts";
import type { Size } from "../core/geometry.ts";
import type { ImageFormat } from "../core/photo-analysis.ts";

/** Bounds that are checked on what a file claims, before any pixel of it is decoded. */
export interface DecodeLimits {
  /** Most pixels of a picture that is decoded row by row (JPEG, PNG, TIFF), where memory does not grow with its height. */
  readonly maxPixels: number;
  /** Most pixels of a picture whose decoder holds it whole (HEIC, AVIF, WebP, GIF, progressive JPEG, interlaced PNG). */
  readonly maxPixelsHeldWhole: number;
  /** Largest file that is read, bytes. */
  readonly maxBytes: number;
}

/**
 * 500 MP admits stitched panoramas (a baseline JPEG of 280 MP decodes within 100 MB); 120 MP is 0.5 GB at four bytes a pixel
 * and admits the largest phone sensors of today (108 MP); 512 MiB admits uncompressed medium-format RAW.
 * The settings KEEPSIGHT_MAX_MEGAPIXELS and KEEPSIGHT_MAX_FILE_MB take the place of the first and the last.
 */
export const DEFAULT_DECODE_LIMITS: DecodeLimits = {
  maxPixels: 500_000_000,
  maxPixelsHeldWhole: 120_000_000,
  maxBytes: 512 * 1024 * 1024,
};

/** Below this many pixels a claim is harmless whatever the file's size, so flat test pictures pass. */
const HARMLESS_PIXELS = 20_000_000;

/**
 * Most pixels that one byte can carry, by format: a file with fewer bytes than that is cut off or lies.
 * JPEG: one bit for each block of 64 pixels (progressive DC scan). PNG and TIFF: 1-bit pixels under deflate's 1032:1. GIF:
 * codes of 12 bits that stand for 4096 pixels at most. The others have no such bound and are held by `maxPixelsHeldWhole`.
 */
const MAX_PIXELS_PER_BYTE: Partial<Record<ImageFormat, number>> = {
  jpeg: 512,
  png: 8 * 1032,
  tiff: 8 * 1032,
  gif: (4096 * 8) / 12,
};

/** Formats whose decoders hold every pixel in memory at once. */
const HELD_WHOLE: ReadonlySet<ImageFormat> = new Set(["heic", "avif", "webp", "gif"]);

/** What a file claims about itself. */
interface Claim {
  readonly format: ImageFormat;
  readonly size: Size;
  readonly byteSize: number;
  /** Progressive JPEG or interlaced PNG. */
  readonly isProgressive: boolean;
}

/** Throws `too_large` with a reason when the file has more bytes than allowed, `undecodable` when it has none. */
export function checkByteSize(name: string, byteSize: number, limits: DecodeLimits): void {
  if (byteSize === 0) throw new KeepsightError("undecodable", `${name} is empty (0 bytes).`);
  if (byteSize <= limits.maxBytes) return;
  throw new KeepsightError(
    "too_large",
    `${name} is ${megabytes(byteSize)} MB; the limit is ${megabytes(limits.maxBytes)} MB (KEEPSIGHT_MAX_FILE_MB).`,
  );
}

/** Throws `too_large` or `undecodable` with a reason when the claimed size cannot or must not be decoded. */
export function checkClaim(name: string, claim: Claim, limits: DecodeLimits): void {
  const { width, height } = claim.size;
  const pixels = width * height;
  const perByte = MAX_PIXELS_PER_BYTE[claim.format] ?? Infinity;
  if (!(pixels > 0))
    throw new KeepsightError("undecodable", `${name} claims to be ${width}×${height} pixels.`);
  if (pixels > HARMLESS_PIXELS && pixels / claim.byteSize > perByte) {
    throw new KeepsightError(
      "undecodable",
      `${name} claims ${width}×${height} pixels in ${claim.byteSize} bytes; no ${claim.format.toUpperCase()} of that size ` +
        `is smaller than ${Math.ceil(pixels / perByte)} bytes. The file is cut off, or made to exhaust memory.`,
    );
  }
  const isHeldWhole = claim.isProgressive || HELD_WHOLE.has(claim.format);
  const limit = isHeldWhole ? Math.min(limits.maxPixelsHeldWhole, limits.maxPixels) : limits.maxPixels;
  if (pixels <= limit) return;
  throw new KeepsightError(
    "too_large",
    `${name} is ${width}×${height} pixels (${megapixels(pixels)} MP); the limit for this kind of file is ` +
      `${megapixels(limit)} MP (${limit === limits.maxPixels ? "KEEPSIGHT_MAX_MEGAPIXELS" : "its decoder holds every pixel in memory"}).`,
  );
}

const megapixels = (pixels: number) => Math.round(pixels / 1e6);
const megabytes = (bytes: number) => Math.ceil(bytes / 2 ** 20);
