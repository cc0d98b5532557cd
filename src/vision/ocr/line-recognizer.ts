import { KeepsightError } from "../../core/errors.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import type { TextRecognitionSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession } from "../../onnx/session.ts";
import { runSingle } from "../run-single.ts";
import { toClasses } from "./characters.ts";
import { ctcDecode, type DecodedLine } from "./ctc-decode.ts";
import { scaleLine, toLineBatch } from "./line-tensor.ts";
import { believableScore } from "./plausibility.ts";
import { toLogicalOrder } from "./right-to-left.ts";

/** Lines in one run; more gains nothing on a CPU. */
const MAX_BATCH = 8;
/** Lines share a run while the widest is at most this much wider than the narrowest: padding is computed like text. */
const MAX_WIDTH_RATIO = 1.1;
/** Widest line, pixels at the model's height: 67 characters as wide as high. Longer ones are squeezed. */
const MAX_WIDTH = 3200;

/** One line as a recogniser read it. */
export interface RecognizedLine extends DecodedLine {
  /** Chance that every character is right, 0–1; unlike scores it can be compared between recognisers. */
  readonly reliability: number;
}

/**
 * How reliable scores are where the catalogue does not say: between PP-OCRv6 tiny and PP-OCRv4, which were measured on the
 * sample texts.
 */
const USUAL_RELIABILITY = { slope: 0.9, offset: -2.1 };

/** Reads straightened lines. */
export interface LineRecognizer {
  /**
   * One answer a line, in the order given. `stretch` widens the lines before they are read: some are surer that way.
   * Throws `model_invalid` when the character list belongs to another model.
   */
  recognize(lines: readonly RasterImage[], stretch?: number): Promise<RecognizedLine[]>;
}

/** A recogniser with a CTC head; `characters` are those of its list, without the blank. */
export function createLineRecognizer(model: {
  readonly session: InferenceSession;
  readonly settings: TextRecognitionSettings;
  readonly characters: readonly string[];
}): LineRecognizer {
  const { session, settings, characters } = model;
  let classes: readonly string[] | undefined;

  function classesOf(count: number): readonly string[] {
    classes ??= toClasses(characters, count);
    if (classes?.length === count) return classes;
    throw new KeepsightError(
      "model_invalid",
      `The text recogniser tells ${count} classes apart but its list has ${characters.length} characters. Pull the model again.`,
    );
  }

  /** Logistic regression of "the line is right" on the score's log odds. */
  function reliabilityOf(score: number): number {
    const { slope, offset } = settings.reliability ?? USUAL_RELIABILITY;
    const certain = Math.min(Math.max(score, 1e-6), 1 - 1e-6);
    return 1 / (1 + Math.exp(-slope * Math.log(certain / (1 - certain)) - offset));
  }

  async function recognizeBatch(lines: readonly RasterImage[]): Promise<RecognizedLine[]> {
    const width = Math.max(...lines.map((line) => line.width));
    const { data, dims } = await runSingle(session, toLineBatch(lines, width, settings.pixels));
    const meaning = classesOf(dims.at(-1) ?? 0);
    const length = data.length / lines.length;
    return lines.map((_, i) => {
      const steps = data.subarray(i * length, (i + 1) * length);
      const line = tidyLine(ctcDecode(steps, meaning, { mend: true }));
      return { ...line, reliability: reliabilityOf(believableScore(line)) };
    });
  }

  return {
    async recognize(lines, stretch = 1) {
      const scaled = lines.map((line) => scaleLine(line, settings.inputHeight, MAX_WIDTH, stretch));
      const answers: RecognizedLine[] = [];
      for (const batch of groupByWidth(scaled.map((line) => line.width))) {
        const decoded = await recognizeBatch(batch.map((index) => scaled[index]!));
        for (const [i, index] of batch.entries()) answers[index] = decoded[i]!;
      }
      return answers;
    },
  };
}

/** The line in the order in which it is typed, with single spaces; nothing is never sure. */
function tidyLine({ text, score }: DecodedLine): DecodedLine {
  const tidy = toLogicalOrder(text.replace(/\s+/g, " ").trim());
  return { text: tidy, score: tidy === "" ? 0 : score };
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
