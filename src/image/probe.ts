import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import sharp, { type Metadata } from "sharp";
import { isFileMissing, KeepsightError } from "../core/errors.ts";
import type { Size } from "../core/geometry.ts";
import type { ImageFormat } from "../core/photo-analysis.ts";
import { checkByteSize, checkClaim, DEFAULT_DECODE_LIMITS, type DecodeLimits } from "./decode-limits.ts";
import { hasContainerRotation } from "./heic-boxes.ts";
import { readSignature, SIGNATURE_LENGTH } from "./probe-signature.ts";
import { readCr3Blocks } from "./raw-cr3.ts";
import { findRawPreview, isRawTiff } from "./raw-preview.ts";
import { openTiff } from "./tiff-ifd.ts";

/** The metadata blocks of a file, as they are stored. */
export interface MetadataBlocks {
  /** TIFF structure; for TIFF and RAW files the file itself. A leading "Exif\0\0" is possible. */
  readonly exif?: Uint8Array;
  /** TIFF structures of their own that take the place of the EXIF and GPS directories; only Canon CR3 has them. */
  readonly exifDirectory?: Uint8Array;
  readonly gpsDirectory?: Uint8Array;
  /** An XMP packet, UTF-8 unless it says otherwise. */
  readonly xmp?: Uint8Array;
  /** An ICC profile. */
  readonly icc?: Uint8Array;
  /** IPTC-IIM data sets, possibly inside Photoshop resource blocks. */
  readonly iptc?: Uint8Array;
}

/** What is known of an image before its pixels are decoded. */
export interface ImageProbe {
  readonly format: ImageFormat;
  /** Pixels as stored. HEIC and AVIF: after the container's own rotation. RAW: those of the embedded preview. */
  readonly storedSize: Size;
  /** EXIF orientation that must be applied to the stored pixels, 1–8. */
  readonly orientation: number;
  /** Pixels of the upright image. */
  readonly size: Size;
  readonly blocks: MetadataBlocks;
  /** The bytes that hold the picture: the whole file, or the embedded preview of a RAW file. A view. */
  readonly encoded: Uint8Array;
  /** The file's name in quotes, for messages. */
  readonly name: string;
}

const TAG_ORIENTATION = 274;
const TAG_XMP = 700;
const TAG_IPTC = 33723;

/**
 * Format (by content, never by name), size, orientation and metadata blocks of an image file or its bytes; no pixel is
 * decoded. Throws a KeepsightError: `file_unreadable` or `not_found`, `too_large` over the limits, `unsupported_media` for
 * formats that Keepsight does not read, `undecodable` for broken ones.
 */
export async function probeImage(
  source: string | Uint8Array,
  limits: DecodeLimits = DEFAULT_DECODE_LIMITS,
): Promise<ImageProbe> {
  const name = typeof source === "string" ? JSON.stringify(basename(source)) : "The image";
  const bytes = typeof source === "string" ? await readImageFile(source, name, limits) : source;
  checkByteSize(name, bytes.length, limits);
  const format = sniffFormat(bytes, name);
  return format === "raw" ? probeRaw(bytes, name, limits) : probeEncoded({ bytes, format, name, limits });
}

async function readImageFile(path: string, name: string, limits: DecodeLimits): Promise<Uint8Array> {
  try {
    checkByteSize(name, (await stat(path)).size, limits);
    return await readFile(path);
  } catch (error) {
    if (error instanceof KeepsightError) throw error;
    if (isFileMissing(error))
      throw new KeepsightError("not_found", `${path} does not exist any more.`, { cause: error });
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new KeepsightError(
      "file_unreadable",
      `${path} cannot be read (${reason}); check its permissions.`,
      {
        cause: error,
      },
    );
  }
}

/** The format by content; throws `unsupported_media` when it is none that Keepsight reads. */
function sniffFormat(bytes: Uint8Array, name: string): ImageFormat {
  const signature = readSignature(bytes.subarray(0, SIGNATURE_LENGTH));
  if (signature === undefined) {
    throw new KeepsightError(
      "unsupported_media",
      `${name} is not an image in any format that Keepsight knows.`,
    );
  }
  if ("unsupported" in signature) {
    throw new KeepsightError(
      "unsupported_media",
      `${name} is ${signature.unsupported}, which Keepsight cannot read; convert it to JPEG, PNG, WebP, AVIF, TIFF or HEIC.`,
    );
  }
  if (signature.format !== "tiff-or-raw") return signature.format;
  return isRawTiff(bytes) ? "raw" : "tiff";
}

async function probeRaw(bytes: Uint8Array, name: string, limits: DecodeLimits): Promise<ImageProbe> {
  const preview = findRawPreview(bytes);
  if (preview === undefined) {
    throw new KeepsightError(
      "unsupported_media",
      `${name} is a RAW file without a readable JPEG preview, by which Keepsight shows RAW files; it may be cut off.`,
    );
  }
  const picture = await probeEncoded({ bytes: preview.bytes, format: "jpeg", name, limits });
  const own: MetadataBlocks = openTiff(bytes) === undefined ? readCr3Blocks(bytes) : tiffBlocks(bytes);
  const orientation = (own.exif && ownOrientation(own.exif)) ?? picture.orientation;
  return {
    ...picture,
    format: "raw",
    orientation,
    size: uprightSize(picture.storedSize, orientation),
    // The preview keeps its own colour profile; what the camera recorded stands in the RAW file.
    blocks: { ...picture.blocks, ...own },
  };
}

/** The blocks that a TIFF-structured file carries in its first directory. */
function tiffBlocks(bytes: Uint8Array): MetadataBlocks {
  const tiff = openTiff(bytes);
  if (tiff === undefined) return {};
  const xmp = tiff.bytes(tiff.first, TAG_XMP);
  const iptc = tiff.bytes(tiff.first, TAG_IPTC);
  return { exif: bytes, ...(xmp && { xmp }), ...(iptc && { iptc }) };
}

function ownOrientation(bytes: Uint8Array): number | undefined {
  const tiff = openTiff(bytes);
  return tiff && toOrientation(tiff.numbers(tiff.first, TAG_ORIENTATION)?.[0]);
}

interface EncodedImage {
  readonly bytes: Uint8Array;
  readonly format: ImageFormat;
  readonly name: string;
  readonly limits: DecodeLimits;
}

async function probeEncoded({ bytes, format, name, limits }: EncodedImage): Promise<ImageProbe> {
  // Our own limits, checked right below, give better reasons than libvips.
  const header = await sharp(bytes, { limitInputPixels: false, failOn: "none" })
    .metadata()
    .catch((error: unknown) => {
      throw new KeepsightError(
        "undecodable",
        `${name} has a damaged ${format.toUpperCase()} header; nothing can be shown.`,
        {
          cause: error,
        },
      );
    });
  const storedSize = { width: header.width, height: header.pageHeight ?? header.height };
  checkClaim(
    name,
    { format, size: storedSize, byteSize: bytes.length, isProgressive: header.isProgressive },
    limits,
  );
  const orientation = pendingOrientation(bytes, format, header);
  const { exif, xmp, icc, iptc } = header;
  const stored = format === "tiff" ? tiffBlocks(bytes) : {};
  return {
    format,
    storedSize,
    orientation,
    size: uprightSize(storedSize, orientation),
    blocks: {
      ...(exif && { exif }),
      ...(xmp && { xmp }),
      ...(icc && { icc }),
      ...(iptc && { iptc }),
      ...stored,
    },
    encoded: bytes,
    name,
  };
}

const toOrientation = (value: number | undefined) =>
  value !== undefined && Number.isInteger(value) && value >= 1 && value <= 8 ? value : undefined;

/**
 * The EXIF orientation that is still to be applied. The decoders of HEIC and AVIF apply the container's own rotation, which
 * EXIF then only repeats; where the container states none, as some camera apps write it, EXIF is the only word on it.
 */
function pendingOrientation(bytes: Uint8Array, format: ImageFormat, header: Metadata): number {
  if (format !== "heic" && format !== "avif") return toOrientation(header.orientation) ?? 1;
  if (header.exif === undefined || hasContainerRotation(bytes)) return 1;
  return ownOrientation(header.exif) ?? 1;
}

/** Orientations 5 to 8 turn the image by a quarter, so width and height change places. */
function uprightSize({ width, height }: Size, orientation: number): Size {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}
