import type { Box, Quad, Size } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { crop } from "../../image/crop.ts";
import { resizeWithoutAntialias } from "../../image/resize.ts";
import { toPixelValues } from "../../image/tensor.ts";
import type { TextDetectionSettings } from "../../onnx/model-settings.ts";
import { lendFloats } from "../../onnx/lend-floats.ts";
import type { InferenceSession } from "../../onnx/session.ts";
import { runSingle } from "../run-single.ts";
import { findBusiestPart } from "./busiest-part.ts";
import { computeDetectionSize } from "./detection-size.ts";
import { addStripMargin, withoutStripMargin } from "./strip-margin.ts";
import { findTextBoxes, type TextBox } from "./text-boxes.ts";
import type { ProbabilityMap } from "./text-regions.ts";

/**
 * Longer side of the first look, pixels. On 24 photos of text and 60 scenes it overlooked no line that could be read at
 * full size; at 480 it overlooked signs.
 */
const GLANCE_SIDE = 640;
/** The first look pays where the full size has at least this many times its pixels: about half of all photos have no text. */
const GLANCE_PAYS = 2;
/** Thresholds of the first look: a blurred word is enough to look closer. */
const GLANCE_OPTIONS = {
  mapThreshold: 0.2,
  boxThreshold: 0.3,
  dilate: false,
  scoreOver: "rectangle",
} as const;

/**
 * A page of small print, 80 lines of it in 1920 pixels, is nothing at 640: PP-OCRv4 sees no line of it. It is full of fine
 * detail, though: 10 levels between neighbouring pixels and more; so are foliage and gravel, which cost a second glance.
 */
const SMALL_PRINT_DETAIL = 8;

/** How the map of the first look becomes boxes: as in the reference. */
const FIRST_LOOK = { dilate: false, scoreOver: "rectangle" } as const;
/**
 * The same from close up, where a box may be wrong because it is read and compared: text on a curve fills little of its
 * rectangle. On three photos with such text 29 instead of 27 words of 47 are found.
 */
const CLOSER_LOOK = { dilate: false, scoreOver: "region" } as const;

/** Finds where text is. */
export interface TextDetector {
  /** Boxes in pixels of the image, topmost first; those of a line that fills the image may reach outside it. */
  detect(image: RasterImage): Promise<TextBox[]>;
  /** The same in a part of the image (pixels, whole numbers), `scale` times as large as in the image. */
  detectWithin(image: RasterImage, part: Box, scale: number): Promise<TextBox[]>;
  /** How many times as large as in the image text is looked for by `detect`. */
  scaleOf(image: Size): number;
}

/**
 * A detector of the DB family: probability map, regions, grown rectangles. A large photo is first glanced at in small, so
 * that photos without text cost little and those with text can be looked at in full.
 */
export function createTextDetector(model: {
  readonly session: InferenceSession;
  readonly settings: TextDetectionSettings;
}): TextDetector {
  const { session, settings } = model;

  function mapText(image: RasterImage, size: Size): Promise<ProbabilityMap> {
    const { width, height } = size;
    return lendFloats(3 * width * height, async (floats) => {
      const data = toPixelValues(resizeWithoutAntialias(image, size), settings.pixels, floats);
      const output = await runSingle(session, { type: "float32", data, dims: [1, 3, height, width] });
      return { data: output.data, ...size };
    });
  }

  async function seesText(image: RasterImage, size: Size): Promise<boolean> {
    const { unclipRatio } = settings;
    return findTextBoxes(await mapText(image, size), image, { ...GLANCE_OPTIONS, unclipRatio }).length > 0;
  }

  /** Looks closely at the one part where small print would be, if there is any. */
  async function seesSmallPrint(image: RasterImage): Promise<boolean> {
    const { part, detail } = findBusiestPart(image, GLANCE_SIDE);
    if (detail < SMALL_PRINT_DETAIL) return false;
    const closeUp = crop(image, part);
    return seesText(closeUp, computeDetectionSize(closeUp, { minSide: 1, maxSide: GLANCE_SIDE }));
  }

  return {
    async detect(photo) {
      const { image, top } = addStripMargin(photo);
      const full = computeDetectionSize(image, settings);
      const glance = computeDetectionSize(image, { minSide: 1, maxSide: GLANCE_SIDE });
      const isLarge = full.width * full.height >= GLANCE_PAYS * glance.width * glance.height;
      if (isLarge && !(await seesText(image, glance)) && !(await seesSmallPrint(image))) return [];
      const boxes = findTextBoxes(await mapText(image, full), image, { ...settings, ...FIRST_LOOK });
      return boxes.map(({ quad, score }) => ({ quad: withoutStripMargin(quad, top), score }));
    },

    async detectWithin(photo, part, scale) {
      const { image, top } = addStripMargin(crop(photo, part));
      const longSide = Math.max(image.width, image.height) * scale;
      const size = computeDetectionSize(image, { minSide: Infinity, maxSide: longSide });
      const boxes = findTextBoxes(await mapText(image, size), image, { ...settings, ...CLOSER_LOOK });
      return boxes.map(({ quad, score }) => ({
        quad: shiftQuad(withoutStripMargin(quad, top), part),
        score,
      }));
    },

    scaleOf: (image) => computeDetectionSize(image, settings).width / image.width,
  };
}

function shiftQuad(quad: Quad, { x, y }: Box): Quad {
  return quad.map((value, i) => value + (i % 2 === 0 ? x : y)) as unknown as Quad;
}
