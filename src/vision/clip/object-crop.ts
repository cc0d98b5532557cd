import type { Box, Size } from "../../core/geometry.ts";
import type { DetectedObject } from "../../core/photo-analysis.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { crop } from "../../image/crop.ts";
import { roiAlign } from "../../image/roi-align.ts";

/** Name and version of what is below: raising the number makes all photos run their embeddings step again. */
export const OBJECT_CROPS_ID = "objects-1";

/** Objects of one photo that get an embedding: each costs as much as the photo itself. */
const MAX_OBJECTS = 8;

/** An object that covers more of the photo than this is what the photo's own embedding speaks of. */
const MAX_SHARE = 0.8;

/** Shorter side below which nothing can be recognised any more, pixels of the detail view. */
const MIN_SIDE = 16;

/** The crop is so much larger than the object: towers were trained on things in their surroundings. */
const CONTEXT = 1.1;

/** The objects to embed, by their places in the list: the surest ones that are neither specks nor the whole photo. */
export function chooseObjects(objects: readonly DetectedObject[], detail: Size): readonly number[] {
  return objects
    .map(({ normalizedBox: { width, height }, score }, i) => ({
      i,
      score,
      isFit:
        width * height <= MAX_SHARE && Math.min(width * detail.width, height * detail.height) >= MIN_SIDE,
    }))
    .filter(({ isFit }) => isFit)
    .toSorted((a, b) => b.score - a.score || a.i - b.i)
    .slice(0, MAX_OBJECTS)
    .map(({ i }) => i);
}

/**
 * An object with a little of its surroundings, square where the photo has room for it, so that a tower that looks at the
 * middle square of its input sees all of a long object. A crop smaller than the tower's input is enlarged to just that by
 * RoIAlign, whose borders lie between pixels: a pixel more or less is much of a small object. Larger ones keep their pixels
 * for the tower's own antialiased resize.
 */
export function cropObject(detail: RasterImage, normalizedBox: Box, inputSize: number): RasterImage {
  const box = squareAround(normalizedBox, detail);
  const isSquare = Math.abs(box.width - box.height) < 1e-6;
  return isSquare && box.width < inputSize ? enlarge(detail, box, inputSize) : crop(detail, box);
}

/** The square round a box with its context, moved and cut to lie inside the image; pixels. */
function squareAround({ x, y, width, height }: Box, image: Size): Box {
  const side = CONTEXT * Math.max(width * image.width, height * image.height);
  const across = placeWithin((x + width / 2) * image.width, side, image.width);
  const down = placeWithin((y + height / 2) * image.height, side, image.height);
  return { x: across.start, y: down.start, width: across.length, height: down.length };
}

function placeWithin(centre: number, side: number, limit: number) {
  const length = Math.min(side, limit);
  return { start: Math.min(Math.max(centre - length / 2, 0), limit - length), length };
}

function enlarge(image: RasterImage, box: Box, side: number): RasterImage {
  // One pixel more on each side: the samples next to the border lie between it and its neighbour.
  const part = crop(image, { x: box.x - 1, y: box.y - 1, width: box.width + 2, height: box.height + 2 });
  const left = Math.max(0, Math.floor(box.x - 1));
  const top = Math.max(0, Math.floor(box.y - 1));
  const planes = roiAlign(
    { data: toPlanes(part), channels: 3, width: part.width, height: part.height },
    { ...box, x: box.x - left, y: box.y - top },
    { size: { width: side, height: side }, samplingRatio: 1 },
  );
  const data = new Uint8Array(planes.length);
  const count = side * side;
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < 3; channel++) data[i * 3 + channel] = planes[channel * count + i]! + 0.5;
  }
  return { data, width: side, height: side };
}

function toPlanes({ data, width, height }: RasterImage): Uint8Array {
  const count = width * height;
  const planes = new Uint8Array(data.length);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < 3; channel++) planes[channel * count + i] = data[i * 3 + channel]!;
  }
  return planes;
}
