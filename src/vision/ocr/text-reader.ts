/**
 * Reads the text of a photo: boxes (DB), straightened lines, one vote on whether the page stands on its head, characters
 * (CTC), order. The stages are those of PP-OCR (Du et al. 2020).
 *
 * - Cost is one run of the detector and one short run a line, two where the first is unsure.
 * - Lines that the recogniser is not sure of are dropped: scripts it does not know would come out as garbage.
 */
import type { Quad, Size } from "../../core/geometry.ts";
import type { TextLine } from "../../core/photo-analysis.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import type {
  TextDetectionSettings,
  TextOrientationSettings,
  TextRecognitionSettings,
} from "../../onnx/model-settings.ts";
import type { InferenceSession } from "../../onnx/session.ts";
import type { DecodedLine } from "./ctc-decode.ts";
import { cropLine, isTall } from "./line-crop.ts";
import { createLineRecognizer } from "./line-recognizer.ts";
import { createPageOrientation } from "./page-orientation.ts";
import { readLines } from "./read-lines.ts";
import { sortReadingOrder } from "./reading-order.ts";
import { createTextDetector } from "./text-detector.ts";

/** Part of a line's height by which the next may lie lower and still be of the same row. */
const ROW_TOLERANCE = 0.5;

/** Lines of at most this many characters are read into all kinds of texture, */
const SHORT_LINE_LENGTH = 2;
/** so they must be surer than longer ones. On the sample texts this costs one word of 499. */
const SHORT_LINE_SCORE = 0.9;
/** The models a reader is made of. */
export interface TextReaderModels {
  readonly detection: { readonly session: InferenceSession; readonly settings: TextDetectionSettings };
  readonly recognition: {
    readonly session: InferenceSession;
    readonly settings: TextRecognitionSettings;
    /** What each class stands for, the blank first. */
    readonly characters: readonly string[];
  };
  /** Without it every page is taken to stand upright. */
  readonly orientation?: { readonly session: InferenceSession; readonly settings: TextOrientationSettings };
}

/** Reads the text of photos. */
export interface TextReader {
  /** The lines in reading order; empty where there is no text that can be read. */
  read(image: RasterImage): Promise<TextLine[]>;
}

/** A reader out of a detector, a recogniser and, where there is one, a judge of orientation. */
export function createTextReader(models: TextReaderModels): TextReader {
  const detector = createTextDetector(models.detection);
  const recognizer = createLineRecognizer(models.recognition);
  const orientation = models.orientation && createPageOrientation(models.orientation);
  const { scoreThreshold } = models.recognition.settings;

  return {
    async read(image) {
      const quads = (await detector.detect(image)).map((box) => box.quad);
      const lines = quads.map((quad) => cropLine(image, quad));
      const lying = lines.filter((_, i) => !isTall(quads[i]!));
      const isTurned = (await orientation?.isUpsideDown(lying)) ?? false;
      const decoded = await readLines({ image, quads, lines, isTurned }, recognizer);
      const upright = isTurned ? quads.map((quad) => turnQuad(quad, image)) : quads;
      return sortReadingOrder(upright, rowTolerance(upright))
        .filter((index) => isReadable(decoded[index]!, scoreThreshold))
        .map((index) => ({
          text: decoded[index]!.text,
          score: decoded[index]!.score,
          normalizedQuad: normalizeQuad(readingQuad(quads[index]!, isTurned), image),
        }));
    },
  };
}

function isReadable({ text, score }: DecodedLine, scoreThreshold: number): boolean {
  const isShort = text.length <= SHORT_LINE_LENGTH;
  return text !== "" && score >= (isShort ? Math.max(scoreThreshold, SHORT_LINE_SCORE) : scoreThreshold);
}

/** The quad as it lies in the image turned by 180°, its first corner still the top-left. */
function turnQuad(quad: Quad, { width, height }: Size): Quad {
  const [x1, y1, x2, y2, x3, y3, x4, y4] = quad;
  return [width - x3, height - y3, width - x4, height - y4, width - x1, height - y1, width - x2, height - y2];
}

/** The quad with its first corner where reading begins. */
function readingQuad(quad: Quad, isTurned: boolean): Quad {
  const [x1, y1, x2, y2, x3, y3, x4, y4] = quad;
  return isTurned ? [x3, y3, x4, y4, x1, y1, x2, y2] : quad;
}

/** Half the median height of the lines, pixels. */
function rowTolerance(quads: readonly Quad[]): number {
  const heights = quads
    .map(([x1, y1, , , , , x4, y4]) => Math.hypot(x4 - x1, y4 - y1))
    .toSorted((a, b) => a - b);
  return ROW_TOLERANCE * (heights[Math.floor(heights.length / 2)] ?? 0);
}

function normalizeQuad(quad: Quad, { width, height }: Size): Quad {
  return quad.map((value, i) => {
    const size = i % 2 === 0 ? width : height;
    return Math.min(1, Math.max(0, value / size));
  }) as unknown as Quad;
}
