/**
 * Reads the text of a photo: boxes (DB), the way the page is turned, straightened lines, characters (CTC), a closer look at
 * what is unsure, order. The stages are those of PP-OCR (Du et al. 2020) but for the closer look.
 *
 * - Cost is one run of the detector and one short run a line, three where the first is unsure; for the closer look one more
 *   run of the detector of bounded size, and its lines. See {@link planFurtherLooks}.
 * - Lines that the recogniser is not sure of are dropped, odd ones sooner: scripts that it does not know come out as garbage.
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
import { isTall } from "./line-crop.ts";
import { createLineRecognizer } from "./line-recognizer.ts";
import { judgeLookalikes } from "./lookalikes.ts";
import { mergeLooks } from "./merge-looks.ts";
import { createPageOrientation } from "./page-orientation.ts";
import { believableScore } from "./plausibility.ts";
import { type Look, planFurtherLooks } from "./plan-further-looks.ts";
import { overlapOfSmaller } from "./quad-overlap.ts";
import {
  affordableLines,
  createLineCropper,
  type LineCropper,
  type Page,
  type PageTurn,
  type ReadBox,
  readBoxes,
  readUnsureAgain,
  SURE_SCORE,
} from "./read-lines.ts";
import {
  pageDirection,
  type ReadingDirection,
  readsBetterTurned,
  startReadingAt,
  turnToReading,
} from "./reading-direction.ts";
import { sortReadingOrder } from "./reading-order.ts";
import { isRightToLeft } from "./right-to-left.ts";
import { createTextDetector } from "./text-detector.ts";

/** Name and version of what reads text: raising the number makes all photos run their ocr step again. */
export const TEXT_READING_ID = "text-2";

/** Part of a line's height by which the next may lie lower and still be of the same row. */
const ROW_TOLERANCE = 0.5;

/** Lines of at most this many characters are read into all kinds of texture, */
const SHORT_LINE_LENGTH = 2;
/** so they must be surer than longer ones. On the sample texts this costs one word of 499. */
const SHORT_LINE_SCORE = 0.9;
/**
 * A single letter is seen in a fork and in a carrot with .98 and .94. In 161 scenes this costs two more, each read beside a
 * number, and on the sample texts none.
 */
const SINGLE_LETTER_SCORE = 0.985;
const SINGLE_LETTER = /^\p{Script=Latin}$/u;

/** A box of the closer look that lies on a sure line by this part is not read again. */
const SAME_LINE = 0.5;

/** One recogniser: its model, its settings and its list of characters. */
export interface RecognizerModel {
  readonly session: InferenceSession;
  readonly settings: TextRecognitionSettings;
  /** The characters of its list, without the blank. */
  readonly characters: readonly string[];
}

/** The models a reader is made of. */
export interface TextReaderModels {
  readonly detection: { readonly session: InferenceSession; readonly settings: TextDetectionSettings };
  /** The first reads every line, the others those it is unsure of: a recogniser knows but some scripts. */
  readonly recognition: readonly [RecognizerModel, ...RecognizerModel[]];
  /** Without it the first recogniser judges by what it can read. */
  readonly orientation?: { readonly session: InferenceSession; readonly settings: TextOrientationSettings };
}

/** Reads the text of photos. */
export interface TextReader {
  /** The lines in reading order; empty where there is no text that can be read. */
  read(image: RasterImage): Promise<TextLine[]>;
}

/** A reader out of a detector, recognisers and, where there is one, a judge of orientation. */
export function createTextReader(models: TextReaderModels): TextReader {
  const detector = createTextDetector(models.detection);
  const [best, ...others] = models.recognition;
  const recognizers = [createLineRecognizer(best), ...others.map(createLineRecognizer)] as const;
  const orientation = models.orientation && createPageOrientation(models.orientation);
  const { scoreThreshold } = best.settings;

  async function judgeTurn(cropLine: LineCropper, quads: readonly Quad[]): Promise<PageTurn> {
    const lying = quads.filter((quad) => !isTall(quad)).map(cropLine);
    const tall = quads.filter(isTall).map(cropLine);
    // A single sign can deceive the model of orientation; what can be read does not.
    const isSuspect = orientation === undefined || (await orientation.isUpsideDown(lying));
    return {
      isUpsideDown: isSuspect && (await readsBetterTurned(lying, recognizers[0])),
      isUpwards: await readsBetterTurned(tall, recognizers[0]),
    };
  }

  async function readAll(page: Page, quads: readonly Quad[]): Promise<ReadBox[]> {
    return readUnsureAgain(page, await readBoxes(page, quads, recognizers[0]), recognizers);
  }

  async function lookAgain(photo: Photo, seen: readonly ReadBox[], look: Look): Promise<ReadBox[]> {
    const { image, turn } = photo;
    const sure = seen.filter(({ line }) => line.score >= SURE_SCORE);
    const found = (await detector.detectWithin(image, look.part, look.scale)).map(({ quad }) => quad);
    const quads = found.filter((quad) => !sure.some((box) => overlapOfSmaller(box.quad, quad) > SAME_LINE));
    return mergeLooks(seen, await readAll({ cropLine: createLineCropper(image), turn }, quads));
  }

  return {
    async read(image) {
      const quads = affordableLines((await detector.detect(image)).map((box) => box.quad));
      if (quads.length === 0) return [];
      const cropLine = createLineCropper(image);
      const turn = await judgeTurn(cropLine, quads);
      let boxes = await readAll({ cropLine, turn }, quads);
      for (const look of planFurtherLooks(image, boxes, detector.scaleOf(image))) {
        boxes = await lookAgain({ image, turn }, boxes, look);
      }
      const readable = believableBoxes(boxes, scoreThreshold);
      return sortBoxes(readable, turn, image).map(({ quad, line: { text, score } }) => ({
        text,
        score,
        normalizedQuad: normalizeQuad(startReadingAt(quad, directionOf(quad, turn)), image),
      }));
    },
  };
}

/** A photo and how its lines lie. */
interface Photo {
  readonly image: RasterImage;
  readonly turn: PageTurn;
}

/** The boxes whose lines are surely read, and not of an alphabet that only looks like the one they were read in. */
function believableBoxes(boxes: readonly ReadBox[], scoreThreshold: number): ReadBox[] {
  const sure = boxes.filter(({ line }) => line.score >= scoreThreshold);
  const isLookalike = judgeLookalikes(sure.map(({ line }) => line.text));
  return sure.filter(({ line }) => isReadable(line, scoreThreshold) && !isLookalike(line.text));
}

function isReadable(line: DecodedLine, scoreThreshold: number): boolean {
  return line.text !== "" && believableScore(line) >= Math.max(scoreThreshold, leastScore(line.text));
}

/** What short lines must score whatever the recogniser. */
function leastScore(text: string): number {
  if (SINGLE_LETTER.test(text)) return SINGLE_LETTER_SCORE;
  return text.length <= SHORT_LINE_LENGTH ? SHORT_LINE_SCORE : 0;
}

/** The boxes in the order in which they are read. */
function sortBoxes(boxes: readonly ReadBox[], turn: PageTurn, image: Size): ReadBox[] {
  const quads = boxes.map(({ quad }) => quad);
  const direction = pageDirection(quads, turn);
  const upright = quads.map((quad) => turnToReading(quad, direction, image));
  const fromRight = boxes.filter(({ line }) => isRightToLeft(line.text)).length > boxes.length / 2;
  return sortReadingOrder(upright, rowTolerance(upright), fromRight).map((index) => boxes[index]!);
}

function directionOf(quad: Quad, { isUpsideDown, isUpwards }: PageTurn): ReadingDirection {
  if (isTall(quad)) return isUpwards ? "up" : "down";
  return isUpsideDown ? "left" : "right";
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
