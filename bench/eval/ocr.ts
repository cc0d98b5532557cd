import { parseArgs } from "node:util";

import type { RasterImage } from "../../src/core/raster-image.ts";
import { DEFAULT_DECODE_LIMITS } from "../../src/image/decode-limits.ts";
import { foldText } from "../../src/database/fold-text.ts";
import { decodeImage } from "../../src/image/decode.ts";
import { hasShared, readSharedJson, sharedPath } from "../../test/shared-files.ts";
import { loadTextReader, PP_OCR_V4, PP_OCR_V6 } from "../../test/text-readers.ts";

/** What RapidOCR reaches with the same weights on these photos at their full size. */
const READERS = [
  { name: "PP-OCRv6 tiny", files: PP_OCR_V6, exact: 0.689, found: 0.8 },
  { name: "PP-OCRv4", files: PP_OCR_V4, exact: 0.515, found: 0.766 },
];
/** Longer side of the photos as an import sees them, pixels. */
const IMPORT_SIDE = "1920";

interface Truth {
  readonly words: readonly string[];
}

interface Reading extends Comparison {
  readonly file: string;
  readonly words: number;
  readonly lines: readonly string[];
}

/**
 * Prints how many words are read exactly, and how many are found by a search that ignores spaces and case.
 * `--max-side N` sets the size of the photos, `--files` prints each.
 */
export async function run(args: string[]): Promise<void> {
  if (!hasShared("text", "photos/text/truth.json", "models/ocr")) return;
  const { values } = parseArgs({
    args,
    options: {
      "max-side": { type: "string", default: IMPORT_SIDE },
      reader: { type: "string", default: "" },
      files: { type: "boolean" },
    },
  });
  const maxSide = Number(values["max-side"]);
  const truth = Object.entries(readSharedJson<Record<string, Truth>>("photos/text/truth.json"));
  for (const { name, files, exact, found } of READERS.filter(({ name }) => name.includes(values.reader))) {
    const reader = await loadTextReader(files);
    const readings: Reading[] = [];
    let readMs = 0;
    for (const [file, { words }] of truth) {
      const image = await readPhoto(file, maxSide);
      const started = process.cpuUsage();
      const lines = (await reader.read(image)).map((line) => line.text);
      const { user, system } = process.cpuUsage(started);
      readMs += (user + system) / 1000;
      readings.push({ file, lines, words: words.length, ...compare(words, lines) });
    }
    const words = sum(readings.map((reading) => reading.words));
    const rate = (key: keyof Comparison) => (sum(readings.map((reading) => reading[key])) / words).toFixed(3);
    console.log(`text: ${name}, photos of at most ${maxSide} px, ${words} words`);
    console.log(
      `  exact ${rate("exact")} (reference ${exact}), found ${rate("found")} (reference ${found}), by our search ${rate("searched")}`,
    );
    console.log(`  ${(readMs / truth.length).toFixed(0)} ms of CPU a photo`);
    if (values.files) for (const reading of readings) printReading(reading);
  }
}

async function readPhoto(file: string, maxSide: number): Promise<RasterImage> {
  const path = sharedPath(`photos/text/${file}`);
  return (await decodeImage(path, { maxSide, limits: DEFAULT_DECODE_LIMITS })).image;
}

interface Comparison {
  readonly exact: number;
  /** Found by a search that ignores spaces and case. */
  readonly found: number;
  /** Found by our own search, which ignores accents too. */
  readonly searched: number;
}

/** Each read word counts for one true word only; a search finds a word as often as it is asked for. */
function compare(words: readonly string[], lines: readonly string[]): Comparison {
  const pool = lines.flatMap((line) => line.split(" ")).map(withoutPunctuation);
  const page = withoutSpaces(lines.join(" "));
  let exact = 0;
  for (const word of words.map(withoutPunctuation)) {
    const index = pool.indexOf(word);
    if (index < 0) continue;
    pool.splice(index, 1);
    exact++;
  }
  const folded = foldText(page);
  return {
    exact,
    found: words.filter((word) => page.includes(withoutSpaces(word))).length,
    searched: words.filter((word) => folded.includes(foldText(withoutSpaces(word)))).length,
  };
}

function withoutPunctuation(word: string): string {
  return word.replace(/^[^\p{L}\p{N}$%]+|[^\p{L}\p{N}$%]+$/gu, "");
}

function withoutSpaces(text: string): string {
  return text.replace(/\s+/g, "").toLowerCase();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}

function printReading({ file, exact, found, words, lines }: Reading): void {
  console.log(`  ${file}: exact ${exact}, found ${found} of ${words}`);
  for (const line of lines) console.log(`    ${line}`);
}
