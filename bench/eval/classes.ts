import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { openLibrary } from "../../src/app/open-library.ts";
import { readConfig } from "../../src/config.ts";
import { createLogger } from "../../src/core/logger.ts";
import type { Library } from "../../src/engine/library.ts";
import { sharedPath } from "../../test/shared-files.ts";
import { calibratePresence } from "../measure/calibrate-presence.ts";
import { LOCAL_DETECTORS, readScenes, readTruth, type Scenes } from "../measure/scenes.ts";
import { waitUntilImported } from "../measure/wait-until-imported.ts";
import { catalogSettings } from "../../test/catalog-settings.ts";

/** What the same weights reach in their reference pipelines on these photos at score ≥ .3, macro averages. */
const REFERENCES: Readonly<Record<string, { readonly precision: number; readonly recall: number }>> = {
  "yolox-nano": { precision: 0.85, recall: 0.52 },
  "yolov8n-int8": { precision: 0.87, recall: 0.58 },
  "centernet-mobilenetv3": { precision: 0.93, recall: 0.52 },
};

/** A class that people look for, always printed. */
const EXAMPLE = "dog";

/** File names of photos by label. */
type PhotosByLabel = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Imports the sample scenes as a user would, looks for each of the 80 classes by its name and by the filter for objects, and
 * prints precision and recall: by class with `--all`, else macro averages and the classes where the two ways differ. With
 * `--calibrate` nothing is imported: prints the numbers with which detectors decide what a photo shows, for the catalogue.
 */
export async function run(args: readonly string[]): Promise<void> {
  const scenes = readScenes("classes");
  if (scenes === undefined) return;
  if (args.includes("--calibrate")) return calibratePresence(scenes);
  for (const { id, file } of LOCAL_DETECTORS) {
    const folder = await mkdtemp(join(tmpdir(), "keepsight-eval-classes-"));
    try {
      await mkdir(join(folder, "models"));
      if (file !== undefined) {
        await copyFile(sharedPath(`models/object-detection/${file}`), join(folder, "models", file));
      }
      await evaluate(id, scenes, { folder, isComplete: args.includes("--all") });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function evaluate(
  id: string,
  scenes: Scenes,
  { folder, isComplete }: { folder: string; isComplete: boolean },
): Promise<void> {
  const { labels } = catalogSettings(id, "object-detection");
  const truth = readPhotosByLabel(scenes, labels);
  const reference = REFERENCES[id];
  const library = await openLibrary(
    readConfig({
      KEEPSIGHT_DATA_DIR: join(folder, "data"),
      KEEPSIGHT_MODELS_DIR: join(folder, "models"),
      KEEPSIGHT_OFFLINE: "true",
    }),
    createLogger("error"),
    "owning",
  );
  try {
    await copyPhotos(scenes, join(folder, "photos"));
    await library.start({ folders: [join(folder, "photos")], isWatching: false });
    await waitUntilImported(library);
    const byName = await collect(labels, (label) => findByName(library, label));
    const byFilter = await collect(labels, (label) => findByFilter(library, label));
    console.log(
      `classes: ${id}, ${scenes.images.length} photos, ${labels.length} classes, load ${loadavg()[0]!.toFixed(1)}`,
    );
    for (const [way, found] of Object.entries({ "by name": byName, "by filter": byFilter })) {
      const measured = macroAverages(truth, found);
      console.log(
        `  ${way.padEnd(10)} precision ${measured.precision.toFixed(3)} recall ${measured.recall.toFixed(3)}` +
          `  (reference ${reference?.precision} ${reference?.recall})`,
      );
    }
    for (const label of labels) {
      const differs = !isEqual(of(byName, label), of(byFilter, label));
      if (isComplete || differs || label === EXAMPLE) printClass(label, truth, byName, byFilter);
    }
  } finally {
    await library.close();
  }
}

/** Only photos whose objects are known: others lie beside them. */
async function copyPhotos({ images }: Scenes, folder: string): Promise<void> {
  await mkdir(folder);
  for (const { file_name: name } of images)
    await copyFile(sharedPath(`photos/scenes/${name}`), join(folder, name));
}

function readPhotosByLabel(scenes: Scenes, labels: readonly string[]): PhotosByLabel {
  const names = new Map(scenes.images.map(({ id, file_name: name }) => [id, name]));
  const byLabel = Map.groupBy(readTruth(scenes, labels), ({ label }) => label);
  return new Map(
    [...byLabel].map(([label, boxes]) => [label, new Set(boxes.map(({ photo }) => names.get(photo)!))]),
  );
}

async function collect(labels: readonly string[], find: (label: string) => Promise<readonly string[]>) {
  const found = new Map<string, ReadonlySet<string>>();
  for (const label of labels) {
    const photos = new Set(await find(label));
    if (photos.size > 0) found.set(label, photos);
  }
  return found;
}

/** Photos that the search box finds by the name of a class, whatever found them: that is what people see. */
async function findByName(library: Library, label: string): Promise<readonly string[]> {
  const { hits } = await library.search.search({
    text: label,
    mode: "keyword",
    filter: {},
    limit: 1000,
    offset: 0,
  });
  return hits.map(({ photo }) => photo.fileName);
}

async function findByFilter(library: Library, label: string): Promise<readonly string[]> {
  const filter = { objects: [{ label }] };
  const { items } = await library.photos.list(filter, { sort: "newest", limit: 1000, offset: 0 });
  return items.map(({ fileName }) => fileName);
}

/** Precision over the classes that were found anywhere, recall over those that are somewhere; all classes weigh the same. */
function macroAverages(truth: PhotosByLabel, found: PhotosByLabel): { precision: number; recall: number } {
  return {
    precision: mean([...found].map(([label, photos]) => share(photos, of(truth, label)))),
    recall: mean([...truth].map(([label, photos]) => share(photos, of(found, label)))),
  };
}

function printClass(label: string, truth: PhotosByLabel, ...ways: readonly PhotosByLabel[]): void {
  const wanted = of(truth, label);
  const figures = ways.map((found) => {
    const photos = of(found, label);
    return `found ${photos.size}, right ${[...photos].filter((photo) => wanted.has(photo)).length}`;
  });
  console.log(`    ${label.padEnd(16)} on ${wanted.size} photos; ${figures.join("; by filter ")}`);
}

function of(photos: PhotosByLabel, label: string): ReadonlySet<string> {
  return photos.get(label) ?? new Set();
}

function isEqual(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}

function share(photos: ReadonlySet<string>, among: ReadonlySet<string>): number {
  return [...photos].filter((photo) => among.has(photo)).length / photos.size;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
