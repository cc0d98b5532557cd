import { parseArgs } from "node:util";

import type { RasterImage } from "../../src/core/raster-image.ts";
import { DEFAULT_DECODE_LIMITS } from "../../src/image/decode-limits.ts";
import { foldText } from "../../src/database/fold-text.ts";
import { decodeImage } from "../../src/image/decode.ts";
import { turnHalf } from "../../src/vision/ocr/line-crop.ts";
import type { TextReader } from "../../src/vision/ocr/text-reader.ts";
import { hasShared, readSharedImage, readSharedJson, sharedPath } from "../../test/shared-files.ts";
import { loadTextReader, PP_OCR_V4, PP_OCR_V6 } from "../../test/text-readers.ts";
import { measureCpu } from "../measure/cpu-time.ts";

/** What RapidOCR reaches with the same weights on these photos at their full size. */
export const READERS = [
  { name: "PP-OCRv6 tiny", files: PP_OCR_V6, exact: 0.689, found: 0.8 },
  { name: "PP-OCRv4", files: PP_OCR_V4, exact: 0.515, found: 0.766 },
];
/** Longer side of the photos as an import sees them, pixels. */
const IMPORT_SIDE = 1920;
const TRUTH = "photos/text/truth.json";

/** Pages and signs with several lines of print. */
const PAGES = ["img_12.jpg", "en.jpg", "img_10.jpg", "img_195.jpg", "text_cls.jpg"];

/** Photos of text in scripts that the readers here do not know. */
export const UNREADABLE_SCRIPTS: readonly string[] = [
  "cyrillic.png",
  "arabic.png",
  "devanagari_rec.png",
  "ta.png",
  "te.png",
].map((file) => `photos/text/${file}`);

/** The first 40 of the scenes in which a person sees no text. */
export const SCENES_WITHOUT_TEXT: readonly string[] = [
  139, 802, 19221, 20247, 30213, 62554, 99053, 101780, 101787, 106235, 113354, 116479, 117645, 126107, 128598,
  151938, 163951, 165518, 167572, 181303, 199055, 211042, 214753, 229997, 235064, 237517, 241668, 244592,
  249025, 261712, 262440, 262682, 269196, 269314, 310200, 334719, 341719, 343803, 354072, 358427,
].map((id) => `photos/scenes/${String(id).padStart(12, "0")}.jpg`);

interface Truth {
  readonly words: readonly string[];
  readonly lines: readonly string[];
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
      "max-side": { type: "string", default: String(IMPORT_SIDE) },
      reader: { type: "string", default: "" },
      files: { type: "boolean" },
    },
  });
  const maxSide = Number(values["max-side"]);
  for (const { name, files, exact, found } of READERS.filter(({ name }) => name.includes(values.reader))) {
    const measured = await measureReading(await loadTextReader(files), maxSide);
    const [ofExact, ofFound, ofSearched] = [measured.exact, measured.found, measured.searched].map((rate) =>
      rate.toFixed(3),
    );
    console.log(`text: ${name}, photos of at most ${maxSide} px, ${measured.words} words`);
    console.log(
      `  exact ${ofExact} (reference ${exact}), found ${ofFound} (reference ${found}), by our search ${ofSearched}`,
    );
    console.log(
      `  wrong characters of matched lines ${(measured.characterError * 100).toFixed(1)} %, ${measured.cpuMs.toFixed(0)} ms of CPU a photo`,
    );
    if (values.files) for (const reading of measured.readings) printReading(reading);
  }
}

/**
 * The labelled photos as a reader reads them: shares (0–1) of all words, the share of wrong characters in lines that match
 * one of the truth, and CPU milliseconds a photo.
 */
export async function measureReading(reader: TextReader, maxSide = IMPORT_SIDE) {
  const truth = Object.entries(readSharedJson<Record<string, Truth>>(TRUTH));
  const readings: Reading[] = [];
  let readMs = 0;
  const errors: LineErrors[] = [];
  for (const [file, { words, lines: trueLines }] of truth) {
    const image = await readPhoto(file, maxSide);
    const { cpuMs, value } = await measureCpu(() => reader.read(image));
    const lines = value.map((line) => line.text);
    readMs += cpuMs;
    readings.push({ file, lines, words: words.length, ...compare(words, lines) });
    errors.push(compareLines(trueLines, lines));
  }
  const words = sum(readings.map((reading) => reading.words));
  const rate = (key: keyof Comparison) => sum(readings.map((reading) => reading[key])) / words;
  return {
    words,
    readings,
    exact: rate("exact"),
    found: rate("found"),
    searched: rate("searched"),
    characterError: sum(errors.map(({ edits }) => edits)) / sum(errors.map(({ characters }) => characters)),
    cpuMs: readMs / truth.length,
  };
}

/** Words found on pages of print as they are, and on the same pages upside down. */
export async function measureUpsideDown(reader: TextReader): Promise<{ upright: number; turned: number }> {
  const truth = readSharedJson<Record<string, Truth>>(TRUTH);
  const counts = { upright: 0, turned: 0 };
  for (const file of PAGES) {
    const page = await readPhoto(file, IMPORT_SIDE);
    const { words } = truth[file]!;
    const countIn = async (image: RasterImage) =>
      compare(
        words,
        (await reader.read(image)).map(({ text }) => text),
      ).found;
    counts.upright += await countIn(page);
    counts.turned += await countIn(turnHalf(page));
  }
  return counts;
}

/** Every line that is read in photos of which no model here can read anything: garbage. */
export async function readWhatIsNoText(
  reader: TextReader,
  photos: readonly string[],
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const photo of photos) {
    const read = await reader.read(await readSharedImage(photo));
    lines.push(...read.map(({ text }) => `${text} (${photo.split("/").at(-1)})`));
  }
  return lines;
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

interface LineErrors {
  readonly edits: number;
  readonly characters: number;
}

/** Each true line is matched with the free line most like it; lines that are less than half alike are not matched. */
function compareLines(truth: readonly string[], read: readonly string[]): LineErrors {
  const free = read.map(withoutSpaces);
  let edits = 0;
  let characters = 0;
  for (const line of truth.map(withoutSpaces)) {
    const distances = free.map((other) => editDistance(line, other));
    const best = distances.indexOf(Math.min(...distances));
    if (best < 0 || distances[best]! * 2 > line.length) continue;
    edits += distances[best]!;
    characters += line.length;
    free.splice(best, 1);
  }
  return { edits, characters };
}

/** Insertions, deletions and replacements that make one text of the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  const others = Array.from(b);
  let row = Array.from({ length: others.length + 1 }, (_, i) => i);
  for (const [i, character] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of others.entries())
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (character === other ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
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
