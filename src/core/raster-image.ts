/**
 * An upright 8-bit sRGB image in memory, alpha flattened on white. `data` holds rows of interleaved RGB without padding:
 * length = width · height · 3.
 */
export interface RasterImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}
