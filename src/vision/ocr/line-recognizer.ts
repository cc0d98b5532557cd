import { KeepsightError } from "../../core/errors.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import type { TextRecognitionSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession } from "../../onnx/session.ts";
import { runSingle } from "../run-single.ts";
import { ctcDecode, type DecodedLine } from "./ctc-decode.ts";
import { scaleLine, toLineBatch } from "./line-tensor.ts";

/** Lines in one run; more gains nothing on a CPU. */
const MAX_BATCH = 8;
/** Lines share a run while the widest is at most this much wider than the narrowest: padding is computed like text. */
const MAX_WIDTH_RATIO = 1.1;
/** Widest line, pixels at the model's height: 67 characters as wide as high. Longer ones are squeezed. */
const MAX_WIDTH = 3200;

/**
 * Probability from which a space is read where the recogniser says "nothing". On the sample texts .03 to .1 is a plateau:
 * exact words of PP-OCRv4 rise from .46 to .61, of PP-OCRv6 tiny from .67 to .68.
 */
const SPACE_THRESHOLD = 0.05;

/** Reads straightened lines. */
export interface LineRecognizer {
  /** One answer a line, in the order given. */
  recognize(lines: readonly RasterImage[]): Promise<DecodedLine[]>;
}

/** A recogniser with a CTC head; `characters` are its classes, the blank first. */
export function createLineRecognizer(model: {
  readonly session: InferenceSession;
  readonly settings: TextRecognitionSettings;
  readonly characters: readonly string[];
}): LineRecognizer {
  const { session, settings, characters } = model;

  async function recognizeBatch(lines: readonly RasterImage[]): Promise<DecodedLine[]> {
    const width = Math.max(...lines.map((line) => line.width));
    const { data, dims } = await runSingle(session, toLineBatch(lines, width, settings.pixels));
    if (dims.at(-1) !== characters.length) {
      throw new KeepsightError(
        "model_invalid",
        `The text recogniser tells ${dims.at(-1)} characters apart but its list has ${characters.length}. Pull the model again.`,
      );
    }
    const length = data.length / lines.length;
    return lines.map((_, i) =>
      tidySpaces(ctcDecode(data.subarray(i * length, (i + 1) * length), characters, SPACE_THRESHOLD)),
    );
  }

  return {
    async recognize(lines) {
      const scaled = lines.map((line) => scaleLine(line, settings.inputHeight, MAX_WIDTH));
      const answers: DecodedLine[] = [];
      for (const batch of groupByWidth(scaled.map((line) => line.width))) {
        const decoded = await recognizeBatch(batch.map((index) => scaled[index]!));
        for (const [i, index] of batch.entries()) answers[index] = decoded[i]!;
      }
      return answers;
    },
  };
}

function tidySpaces({ text, score }: DecodedLine): DecodedLine {
  return { text: text.replace(/\s+/g, " ").trim(), score };
}

/** Indices grouped so that lines of one group have similar widths. */
export function groupByWidth(widths: readonly number[]): number[][] {
  const groups: number[][] = [];
  const ascending = widths.map((_, index) => index).toSorted((a, b) => widths[a]! - widths[b]!);
  for (const index of ascending) {
    const group = groups.at(-1);
    const fits =
      group !== undefined &&
      group.length < MAX_BATCH &&
      widths[index]! <= widths[group[0]!]! * MAX_WIDTH_RATIO;
    if (fits) group.push(index);
    else groups.push([index]);
  }
  return groups;
}
