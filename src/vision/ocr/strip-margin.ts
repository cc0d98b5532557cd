import type { Quad } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";

/** From this many times wider than high, an image is likely one line cut out of a page. */
const STRIP_RATIO = 4;
/** Height added above and below, in parts of the image's. */
const MARGIN = 0.5;

/** A strip with room above and below, and how much, pixels. */
export interface StripWithMargin {
  readonly image: RasterImage;
  /** Rows added above; 0 for an image that is no strip. */
  readonly top: number;
}

/**
 * A strip with its first and last rows repeated above and below: detectors find text by its surroundings, and cut lines in
 * two or overlook them where there are none. Other images as they are.
 */
export function addStripMargin(image: RasterImage): StripWithMargin {
  const { data, width, height } = image;
  if (width < height * STRIP_RATIO) return { image, top: 0 };
  const top = Math.ceil(height * MARGIN);
  const rowBytes = width * 3;
  const padded = new Uint8Array((height + 2 * top) * rowBytes);
  for (let y = 0; y < height + 2 * top; y++) {
    const source = Math.min(Math.max(y - top, 0), height - 1) * rowBytes;
    padded.set(data.subarray(source, source + rowBytes), y * rowBytes);
  }
  return { image: { data: padded, width, height: height + 2 * top }, top };
}

/** A quad of the image with margin in pixels of the image without; it may reach outside. */
export function withoutStripMargin(quad: Quad, top: number): Quad {
  return quad.map((value, i) => (i % 2 === 0 ? value : value - top)) as unknown as Quad;
}
