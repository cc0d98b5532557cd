import { KeepsightError } from "../../core/errors.ts";
import type { ImageTaggingSettings } from "../../onnx/model-settings.ts";

/**
 * The tags of a model's list, one a line. In lists of WordNet's synsets a number comes first and the names of one thing are
 * separated by commas; the first is the usual one.
 */
export function parseLabels(text: string, format: ImageTaggingSettings["labelFormat"]): string[] {
  const lines = linesOf(text);
  return format === "lines" ? lines : lines.map((line) => line.replace(/^n\d+\s+/, "").replace(/,.*$/, ""));
}

/** The thresholds of a model's list, one a line. Throws `model_invalid` for a line that is no number. */
export function parseThresholds(text: string): number[] {
  return linesOf(text).map((line, i) => {
    const threshold = line === "" ? NaN : Number(line);
    if (Number.isFinite(threshold)) return threshold;
    throw new KeepsightError("model_invalid", `Line ${i + 1} of the thresholds is no number: "${line}".`);
  });
}

/** Without the empty line that an ending newline makes. */
function linesOf(text: string): string[] {
  return text
    .replace(/^\uFEFF/, "")
    .replace(/\s+$/, "")
    .split(/\r?\n/)
    .map((line) => line.trim());
}
