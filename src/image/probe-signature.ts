import type { ImageFormat } from "../core/photo-analysis.ts";

/** What the first bytes of a file say it is: a format Keepsight reads, or the name of one that it does not. */
export type Signature =
  | { readonly format: ImageFormat }
  /** TIFF structure: a picture, or a RAW file; only its directories tell. */
  | { readonly format: "tiff-or-raw" }
  | { readonly unsupported: string };

/** Bytes that {@link readSignature} wants to see; fewer are fine for a short file. */
export const SIGNATURE_LENGTH = 64;

/** [first bytes in hex with ".." for any byte, what it is] */
const SIGNATURES: readonly (readonly [string, Signature])[] = [
  ["ffd8ff", { format: "jpeg" }],
  ["89504e470d0a1a0a", { format: "png" }],
  ["52494646........57454250", { format: "webp" }],
  ["474946383761", { format: "gif" }],
  ["474946383961", { format: "gif" }],
  ["49492a00", { format: "tiff-or-raw" }],
  ["4d4d002a", { format: "tiff-or-raw" }],
  ["49492b00", { format: "tiff" }],
  ["4d4d002b", { format: "tiff" }],
  ["4949524f", { format: "raw" }],
  ["49495253", { format: "raw" }],
  ["4d4d4f52", { format: "raw" }],
  ["49495500", { format: "raw" }],
  ["46554a4946494c4d4343442d524157", { format: "raw" }],
  ["ff0a", { unsupported: "JPEG XL" }],
  ["0000000c4a584c20", { unsupported: "JPEG XL" }],
  ["0000000c6a502020", { unsupported: "JPEG 2000" }],
  ["38425053", { unsupported: "Photoshop (PSD)" }],
  ["25504446", { unsupported: "PDF" }],
  ["464f5662", { unsupported: "Sigma RAW (X3F)" }],
  ["004d524d", { unsupported: "Minolta RAW (MRW)" }],
  ["1a45dfa3", { unsupported: "Matroska video" }],
  ["52494646........41564920", { unsupported: "AVI video" }],
  ["3c737667", { unsupported: "SVG drawing" }],
  ["3c3f786d6c", { unsupported: "XML" }],
  ["3c21", { unsupported: "HTML" }],
  ["3c68746d6c", { unsupported: "HTML" }],
  ["424d", { unsupported: "BMP" }],
  ["504b0304", { unsupported: "ZIP archive" }],
];

/** Brands of ISO base media files that hold HEVC-coded or unspecified still pictures. */
const HEIC_BRANDS = /heic|heix|heim|heis|hevc|hevx|mif1|msf1|mif2/;

/** What the content is by its first bytes; undefined when they are unknown. The file's name plays no part. */
export function readSignature(header: Uint8Array): Signature | undefined {
  const hex = Buffer.from(
    header.buffer,
    header.byteOffset,
    Math.min(header.length, SIGNATURE_LENGTH),
  ).toString("hex");
  if (hex.slice(8, 16) === "66747970") return readBrands(header);
  return SIGNATURES.find(([pattern]) => startsWith(hex, pattern))?.[1];
}

function startsWith(hex: string, pattern: string): boolean {
  if (hex.length < pattern.length) return false;
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== "." && pattern[i] !== hex[i]) return false;
  }
  return true;
}

/** AVIF, HEIC, Canon CR3 and video share a container; its first box lists the brands it conforms to. */
function readBrands(header: Uint8Array): Signature {
  const boxSize = Buffer.from(header.buffer, header.byteOffset, 4).readUInt32BE();
  const end = Math.min(header.length, SIGNATURE_LENGTH, Math.max(boxSize, 12));
  const text = Buffer.from(header.buffer, header.byteOffset, end).toString("latin1");
  const brands = text.slice(8, 12) + "," + (text.slice(16).match(/.{4}/gs) ?? []).join(",");
  if (/avif|avis/.test(brands)) return { format: "avif" };
  if (brands.startsWith("crx ")) return { format: "raw" };
  if (HEIC_BRANDS.test(brands)) return { format: "heic" };
  return { unsupported: "video" };
}
