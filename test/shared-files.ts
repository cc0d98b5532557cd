/**
 * Reading the conformance data, sample photos and small weights that lie beside the repository (`../shared`), where they
 * are there at all.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import type { RasterImage } from "../src/core/raster-image.ts";

/** The path of a file or folder below `../shared`; it need not exist. */
export function sharedPath(path: string): string {
  return fileURLToPath(new URL(`../../shared/${path}`, import.meta.url));
}

/** True when everything named is there; else prints one line that says what is skipped. */
export function hasShared(what: string, ...paths: readonly string[]): boolean {
  const missing = paths.find((path) => !existsSync(sharedPath(path)));
  if (missing !== undefined) process.stderr.write(`skipped: ${what} (../shared/${missing} is not here)\n`);
  return missing === undefined;
}

/** A parsed JSON file below `../shared`, believed to be a `T`. */
export function readSharedJson<T>(path: string): T {
  return JSON.parse(readFileSync(sharedPath(path), "utf8")) as T;
}

/** The pixels of an image below `../shared`, upright, alpha on white. */
export async function readSharedImage(path: string): Promise<RasterImage> {
  const { data, info } = await sharp(sharedPath(path))
    .autoOrient()
    .flatten({ background: "white" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** A NumPy array: its values as numbers, row-major, and its shape. */
export interface NumpyArray {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Reads a NumPy v1 file of little-endian float16 or float32 below `../shared`. */
export function readSharedNumpy(path: string): NumpyArray {
  const file = readFileSync(sharedPath(path));
  const headerLength = file.readUInt16LE(8);
  const header = file.toString("latin1", 10, 10 + headerLength);
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)![1]!
    .split(",")
    .filter((part) => part.trim() !== "");
  const bytes = file.subarray(10 + headerLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isHalf = header.includes("<f2");
  const data = new Float32Array(bytes.byteLength / (isHalf ? 2 : 4));
  for (let i = 0; i < data.length; i++) {
    data[i] = isHalf ? view.getFloat16(i * 2, true) : view.getFloat32(i * 4, true);
  }
  return { data, shape: shape.map(Number) };
}
