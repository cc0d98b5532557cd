/**
 * Turns pixels upright by the EXIF orientation (Exif 2.32, tag 274). Done on the reduced raster, since asking the decoder for
 * it costs the whole picture in memory and switches off its reduced decoding.
 * Cost: one copy, O(pixels). Contract: orientation 1 gives back the same image; 5–8 swap width and height.
 */
import type { RasterImage } from "../core/raster-image.ts";

/** By orientation: whether rows and columns change places, and which axes then run backwards in the stored image. */
const TURNS: readonly { readonly swaps: boolean; readonly flipX: boolean; readonly flipY: boolean }[] = [
  { swaps: false, flipX: false, flipY: false },
  { swaps: false, flipX: true, flipY: false },
  { swaps: false, flipX: true, flipY: true },
  { swaps: false, flipX: false, flipY: true },
  { swaps: true, flipX: false, flipY: false },
  { swaps: true, flipX: false, flipY: true },
  { swaps: true, flipX: true, flipY: true },
  { swaps: true, flipX: true, flipY: false },
];

/** The image as its photographer saw it. `orientation` is 1–8. */
export function orientUpright(image: RasterImage, orientation: number): RasterImage {
  const turn = TURNS[orientation - 1]!;
  if (orientation === 1) return image;
  const { data: source, width: storedWidth, height: storedHeight } = image;
  const width = turn.swaps ? storedHeight : storedWidth;
  const height = turn.swaps ? storedWidth : storedHeight;
  const alongX = (turn.flipX ? -1 : 1) * 3;
  const alongY = (turn.flipY ? -1 : 1) * storedWidth * 3;
  const stepX = turn.swaps ? alongY : alongX;
  const stepY = turn.swaps ? alongX : alongY;
  const start =
    (turn.flipX ? storedWidth - 1 : 0) * 3 + (turn.flipY ? storedHeight - 1 : 0) * storedWidth * 3;
  const data = new Uint8Array(source.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = start + y * stepY;
    for (let x = 0; x < width; x++, from += stepX, to += 3) {
      data[to] = source[from]!;
      data[to + 1] = source[from + 1]!;
      data[to + 2] = source[from + 2]!;
    }
  }
  return { data, width, height };
}
