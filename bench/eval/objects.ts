import { createSession } from "../../src/onnx/create-session.ts";
import { createObjectDetector } from "../../src/vision/object/object-detector.ts";
import { hasShared, readSharedImage, readSharedJson, sharedPath } from "../../test/shared-files.ts";
import { averagePrecision, type ReportedBox, searchByClass, type TruthBox } from "../measure/coco.ts";
import { bundledModel } from "../../test/bundled-models.ts";
import { catalogSettings } from "../../test/catalog-settings.ts";

/** What the same weights reach in their reference pipelines on these photos, counted by pycocotools. */
const DETECTORS = [
  { id: "yolox-nano", file: "yolox_nano.onnx", ap50: 0.512, ap: 0.323, precision: 0.85, recall: 0.52 },
  { id: "yolov8n-int8", file: "yolov8n_int8.onnx", ap50: 0.574, ap: 0.424, precision: 0.87, recall: 0.58 },
  { id: "centernet-mobilenetv3", ap50: 0.464, ap: 0.28, precision: 0.93, recall: 0.52 },
];

/** Benchmarks count even the weakest detections and several classes a cell; people search at this score. */
const BENCHMARK = { scoreThreshold: 0.001, iouThreshold: 0.65, maxDetections: Infinity };
const SEARCH_SCORE = 0.3;

interface Instances {
  readonly images: readonly { id: number; file_name: string; width: number; height: number }[];
  readonly annotations: readonly {
    image_id: number;
    category_id: number;
    bbox: [number, number, number, number];
    iscrowd: 0 | 1;
  }[];
  readonly categories: readonly { id: number; name: string }[];
}

/** Prints the average precision and the search by class of the object detectors at hand, beside their references. */
export async function run(): Promise<void> {
  if (!hasShared("objects", "photos/scenes/instances_val2017.json", "models/object-detection")) return;
  const instances = readSharedJson<Instances>("photos/scenes/instances_val2017.json");
  for (const detector of DETECTORS) {
    const measured = await measure(detector, instances);
    console.log(
      `objects: ${detector.id} on ${instances.images.length} photos, ${measured.msPerPhoto.toFixed(1)} ms each`,
    );
    for (const name of ["ap50", "ap", "precision", "recall"] as const) {
      console.log(`  ${name.padEnd(10)} ${measured[name].toFixed(3)}  (reference ${detector[name]})`);
    }
  }
}

async function measure({ id, file }: { id: string; file?: string }, instances: Instances) {
  const settings = catalogSettings(id, "object-detection");
  const path = file === undefined ? undefined : sharedPath(`models/object-detection/${file}`);
  const session = await createSession(path ?? (await bundledModel(id)).files.model!);
  const benchmark = createObjectDetector({
    session,
    settings: { ...settings, ...BENCHMARK },
    classesPerCell: "all",
  });
  const everyday = createObjectDetector({ session, settings: { ...settings, scoreThreshold: SEARCH_SCORE } });
  const truth = readTruth(instances, settings.labels);
  const forBenchmark: ReportedBox[] = [];
  const forSearch: ReportedBox[] = [];
  let durationMs = 0;
  for (const photo of instances.images) {
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
    ...searchByClass(truth, forSearch, SEARCH_SCORE),
    msPerPhoto: durationMs / instances.images.length,
  };
}

/** Categories carry the detector's labels by position: six names differ between editions of COCO. */
function readTruth(instances: Instances, labels: readonly string[]): TruthBox[] {
  const position = new Map(instances.categories.map((category, i) => [category.id, i]));
  return instances.annotations.map(({ image_id: photo, category_id: category, bbox, iscrowd }) => {
    const [x, y, width, height] = bbox;
    const label = labels[position.get(category)!]!;
    return { photo, label, box: { x, y, width, height }, isCrowd: iscrowd === 1 };
  });
}

function inPhoto(
  { label, score, normalizedBox }: { label: string; score: number; normalizedBox: ReportedBox["box"] },
  photo: Instances["images"][number],
): ReportedBox {
  const box = {
    x: normalizedBox.x * photo.width,
    y: normalizedBox.y * photo.height,
    width: normalizedBox.width * photo.width,
    height: normalizedBox.height * photo.height,
  };
  return { photo: photo.id, label, score, box };
}
