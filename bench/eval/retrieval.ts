import { copyFile, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLibrary } from "../../src/app/open-library.ts";
import { readConfig } from "../../src/config.ts";
import { createLogger } from "../../src/core/logger.ts";
import { foldText } from "../../src/database/fold-text.ts";
import { evaluateLabels } from "../../src/engine/evaluation/evaluate-labels.ts";
import { createLibraryFinders } from "../../src/engine/evaluation/library-finders.ts";
import type { Library } from "../../src/engine/library.ts";
import { createRandom } from "../../src/math/random.ts";
import { hasShared, readSharedJson, sharedPath } from "../../test/shared-files.ts";
import { waitUntilImported } from "../measure/wait-until-imported.ts";
import { run as evaluateClasses } from "./classes.ts";
import { run as evaluateDuplicates } from "./duplicates.ts";
import { run as evaluatePeople } from "./people.ts";

/** What RapidOCR's words are found by, with the same weights and a search that ignores spaces (PP-OCRv6 tiny). */
const FOUND_BY_REFERENCE = 0.8;

const NONSENSE = [
  "qzxv blorp",
  "colourless green ideas sleep furiously",
  "wumpus flargle snood",
  "zzyzx",
  "perpendicular jealousy of subtraction",
];

interface Truth {
  readonly words: readonly string[];
}

/**
 * Prints how well the sample photos are found: words written in them, classes of objects, dates and places, copies, people. A
 * part can be named: `text`, `filters`, `classes`, `duplicates`, `people`.
 */
export async function run([part, ...rest]: readonly string[]): Promise<void> {
  const isWanted = (name: string) => part === undefined || part === name;
  if (isWanted("text")) await evaluateText();
  if (isWanted("filters")) await evaluateFilters();
  if (isWanted("classes")) await evaluateClasses(rest);
  if (isWanted("people")) await evaluatePeople(["photos"]);
  if (isWanted("duplicates")) await evaluateDuplicates(rest);
}

/** A library of copies of these photos, imported with the models that are at hand; removed again. */
async function withLibrary(
  files: readonly string[],
  models: readonly string[],
  work: (library: Library, folder: string) => Promise<void>,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "keepsight-eval-retrieval-"));
  try {
    const [photos, modelFolder] = [join(root, "photos"), join(root, "models")];
    await mkdir(photos);
    await mkdir(modelFolder);
    for (const file of files) await copyFile(file, join(photos, file.split("/").at(-1)!));
    for (const model of models) await copyFile(model, join(modelFolder, model.split("/").at(-1)!));
    const config = readConfig({
      KEEPSIGHT_DATA_DIR: join(root, "data"),
      KEEPSIGHT_MODELS_DIR: modelFolder,
      KEEPSIGHT_OFFLINE: "true",
    });
    const library = await openLibrary(config, createLogger("error"), "owning");
    try {
      await library.start({ folders: [photos], isWatching: false });
      await waitUntilImported(library);
      await work(library, photos);
    } finally {
      await library.close();
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function evaluateText(): Promise<void> {
  if (!hasShared("text retrieval", "photos/text/truth.json", "models/ocr")) return;
  const truth = readSharedJson<Record<string, Truth>>("photos/text/truth.json");
  const models = (await readdir(sharedPath("models/ocr"))).map((name) => sharedPath(`models/ocr/${name}`));
  const files = Object.keys(truth).map((name) => sharedPath(`photos/text/${name}`));
  await withLibrary(files, models, async (library) => {
    const find = createLibraryFinders(library);
    const found = { words: 0, all: 0 };
    const read = { words: 0, all: 0, wrong: 0, misspelt: 0, han: 0, hanAll: 0 };
    const texts = await readTexts(library);
    for (const [file, { words }] of Object.entries(truth)) {
      const page = foldText((texts.get(file) ?? []).join(" ").replaceAll(/\s+/g, ""));
      for (const word of words) {
        const isFound = await finds(find, `"${word.replaceAll('"', "")}"`, file);
        found.all++;
        if (isFound) found.words++;
        if (page.includes(foldText(word.replaceAll(/\s+/g, "")))) {
          read.all++;
          if (isFound) read.words++;
          else console.log(`    read but not found: ${word} (${file})`);
        }
      }
    }
    for (const [file, lines] of texts) {
      for (const term of new Set(lines.flatMap((line) => line.match(/\p{Script=Latin}{6,}/gu) ?? []))) {
        read.misspelt++;
        if (await finds(find, misspell(term), file)) read.wrong++;
      }
      for (const pair of new Set(lines.flatMap((line) => line.match(/\p{Script=Han}{2}/gu) ?? []))) {
        read.hanAll++;
        if (await finds(find, pair, file)) read.han++;
      }
    }
    const share = (part: number, all: number) => `${(part / all).toFixed(3)} (${part} of ${all})`;
    console.log(`text: ${Object.keys(truth).length} photos, words that find their photo`);
    console.log(
      `  of the truth       ${share(found.words, found.all)}, reference ${FOUND_BY_REFERENCE}, goal ≥ .80`,
    );
    console.log(`  that were read     ${share(read.words, read.all)}, goal all`);
    console.log(`  one letter wrong   ${share(read.wrong, read.misspelt)}, goal all`);
    console.log(`  two Chinese signs  ${share(read.han, read.hanAll)}, goal all`);
    const nonsense = await evaluateLabels(
      "retrieval",
      NONSENSE.map((query) => ({ query, relevant: new Map<string, number>() })),
      find,
      10,
    );
    console.log(`  nonsense that finds nothing ${nonsense.rightlyEmpty} of ${nonsense.empty}`);
    for (const { query, found: count } of nonsense.queries)
      if (count > 0) console.log(`    ${query}: ${count} photos`);
  });
}

/** The lines that were read in each photo, by file name. */
async function readTexts(library: Library): Promise<ReadonlyMap<string, readonly string[]>> {
  const { items } = await library.photos.list({}, { sort: "newest", limit: 1000, offset: 0 });
  const texts = new Map<string, readonly string[]>();
  for (const { id, fileName } of items) {
    const { textLines } = await library.photos.getDetails(id);
    texts.set(
      fileName,
      textLines.map(({ text }) => text),
    );
  }
  return texts;
}

async function finds(
  find: ReturnType<typeof createLibraryFinders>,
  query: string,
  file: string,
): Promise<boolean> {
  return (await find.search(query, "keyword")).some((path) => path.endsWith(`/${file}`));
}

const random = createRandom(17);

/** The word with one letter in its middle replaced by another. */
function misspell(word: string): string {
  const at = 1 + Math.floor(random() * (word.length - 2));
  const other = word[at]!.toLowerCase() === "e" ? "o" : "e";
  return word.slice(0, at) + other + word.slice(at + 1);
}

/** Dates and places against what EXIF of each file says. */
async function evaluateFilters(): Promise<void> {
  if (!hasShared("filters", "photos/places")) return;
  const files = (await readdir(sharedPath("photos/places")))
    .filter((name) => /\.jpe?g$/i.test(name))
    .map((name) => sharedPath(`photos/places/${name}`));
  await withLibrary(files, [], async (library) => {
    // As the library read EXIF: the filters are measured here, the reader has tests of its own.
    const { items: photos } = await library.photos.list({}, { sort: "newest", limit: 1000, offset: 0 });
    const facts = photos.map(({ fileName, takenAtLocal, latitude, longitude }) => ({
      file: fileName,
      day: takenAtLocal?.slice(0, 10),
      latitude,
      longitude,
    }));
    const days = [...new Set(facts.flatMap(({ day }) => day ?? []))].toSorted();
    const byDay = days.map((day) => ({
      query: `date:${day}`,
      relevant: new Map(facts.filter((fact) => fact.day === day).map(({ file }) => [file, 1])),
    }));
    const months = [...new Set(days.map((day) => day.slice(0, 7)))];
    const byMonth = months.map((month) => ({
      query: `date:${month}`,
      relevant: new Map(facts.filter(({ day }) => day?.startsWith(month)).map(({ file }) => [file, 1])),
    }));
    const placed = facts.filter(({ latitude }) => latitude !== undefined);
    const find = createLibraryFinders(library);
    const print = async (name: string, queries: typeof byDay) => {
      const { precision, recall, queries: scores } = await evaluateLabels("filters", queries, find, 10);
      console.log(
        `  ${name.padEnd(12)} ${scores.length} questions, precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`,
      );
    };
    console.log(
      `filters against EXIF: ${files.length} photos, ${days.length} days, ${placed.length} with a place`,
    );
    await print("days", byDay);
    await print("months", byMonth);
    let [right, wrong, missing] = [0, 0, 0];
    for (const { latitude, longitude } of placed) {
      const near = { latitude: latitude!, longitude: longitude!, radiusKm: 25 };
      const { items } = await library.photos.list({ near }, { sort: "newest", limit: 1000, offset: 0 });
      const found = new Set(items.map(({ fileName }) => fileName));
      for (const fact of facts) {
        const isNear = fact.latitude !== undefined && distanceKm(near, fact) <= 25;
        if (isNear && found.has(fact.file)) right++;
        else if (isNear) missing++;
        else if (found.has(fact.file)) wrong++;
      }
    }
    console.log(
      `  within 25 km ${placed.length} questions: right ${right}, wrong ${wrong}, missing ${missing}`,
    );
  });
}

/** Great-circle distance by the spherical law of cosines: another formula than the filter's. */
function distanceKm(
  a: { readonly latitude: number; readonly longitude: number },
  b: { readonly latitude?: number | undefined; readonly longitude?: number | undefined },
): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [one, other] = [radians(a.latitude), radians(b.latitude!)];
  const cosine =
    Math.sin(one) * Math.sin(other) +
    Math.cos(one) * Math.cos(other) * Math.cos(radians(a.longitude - b.longitude!));
  return 6371.0088 * Math.acos(Math.min(1, cosine));
}
