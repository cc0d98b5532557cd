import { readFileSync } from "node:fs";
import { createSession } from "../../src/onnx/create-session.ts";
import { createImageTagger } from "../../src/vision/tag/image-tagger.ts";
import { parseLabels } from "../../src/vision/tag/tag-lists.ts";
import { catalogSettings } from "../../test/catalog-settings.ts";
import { hasShared, readSharedImage, readSharedJson, sharedPath } from "../../test/shared-files.ts";

const MODEL = "models/image-classification/mobilenetv2_float32.onnx";
const LABELS = "models/image-classification/synset.txt";
const TRUTH = "photos/scenes/instances_val2017.json";

/** Which of ImageNet's classes are one of COCO's; animals of many breeds by their place in the list. */
const SAME_THING: Readonly<Record<string, readonly string[] | readonly [from: number, to: number]>> = {
  dog: [151, 268],
  cat: [281, 285],
  bear: [294, 297],
  elephant: ["tusker", "Indian elephant", "African elephant"],
  zebra: ["zebra"],
  sheep: ["ram", "bighorn"],
  cow: ["ox"],
  horse: ["sorrel"],
  bicycle: ["bicycle-built-for-two", "mountain bike"],
  motorcycle: ["moped", "motor scooter"],
  airplane: ["airliner", "warplane"],
  bus: ["minibus", "school bus", "trolleybus"],
  train: ["bullet train", "steam locomotive", "electric locomotive", "passenger car", "freight car"],
  truck: ["fire engine", "garbage truck", "moving van", "pickup", "tow truck", "trailer truck"],
  boat: [
    "canoe",
    "fireboat",
    "lifeboat",
    "speedboat",
    "yawl",
    "trimaran",
    "catamaran",
    "schooner",
    "gondola",
  ],
  "traffic light": ["traffic light"],
  "parking meter": ["parking meter"],
  bench: ["park bench"],
  umbrella: ["umbrella"],
  tie: ["Windsor tie", "bow tie"],
  skis: ["ski"],
  "baseball glove": ["ballplayer", "baseball"],
  "tennis racket": ["racket", "tennis ball"],
  toilet: ["toilet seat"],
  laptop: ["laptop", "notebook"],
  mouse: ["mouse"],
  remote: ["remote control"],
  keyboard: ["computer keyboard"],
  "cell phone": ["cellular telephone"],
  microwave: ["microwave"],
  oven: ["stove"],
  toaster: ["toaster"],
  refrigerator: ["refrigerator"],
  clock: ["analog clock", "wall clock", "digital clock"],
  vase: ["vase"],
  "teddy bear": ["teddy"],
  banana: ["banana"],
  orange: ["orange"],
  broccoli: ["broccoli"],
  pizza: ["pizza"],
  "hot dog": ["hotdog"],
  sandwich: ["cheeseburger"],
  cup: ["cup", "coffee mug"],
  bowl: ["mixing bowl", "soup bowl"],
  bottle: ["beer bottle", "water bottle", "wine bottle", "pop bottle"],
  couch: ["studio couch"],
  "dining table": ["dining table"],
  tv: ["television", "screen"],
};

/** Scores from which on a tag is given. */
const THRESHOLDS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];

interface Instances {
  readonly images: readonly { readonly id: number; readonly file_name: string }[];
  readonly annotations: readonly { readonly image_id: number; readonly category_id: number }[];
  readonly categories: readonly { readonly id: number; readonly name: string }[];
}

/** Prints how often the tags of an ImageNet classifier are right on labelled photos, where their labels can tell. */
export async function run(): Promise<void> {
  if (!hasShared("tags", MODEL, LABELS, TRUTH)) return;
  const labels = parseLabels(readFileSync(sharedPath(LABELS), "utf8"), "synsets");
  const settings = { ...catalogSettings("mobilenetv2-imagenet", "image-tagging"), scoreThreshold: 0 };
  const session = await createSession(sharedPath(MODEL));
  const tagger = createImageTagger({ session, settings, labels });
  const { images, annotations, categories } = readSharedJson<Instances>(TRUTH);
  const nameOf = new Map(categories.map(({ id, name }) => [id, name]));
  const classOf = classesOfTags(labels);
  const given: { photo: number; name: string; score: number; isRight: boolean }[] = [];
  let durationMs = 0;
  for (const { id, file_name: file } of images) {
    const image = await readSharedImage(`photos/scenes/${file}`);
    const there = new Set(
      annotations.flatMap(({ image_id: of, category_id: category }) =>
        of === id ? nameOf.get(category)! : [],
      ),
    );
    const start = performance.now();
    const tags = await tagger.tag(image);
    durationMs += performance.now() - start;
    for (const { name, score } of tags) {
      const thing = classOf.get(name);
      if (thing !== undefined) given.push({ photo: id, name, score, isRight: there.has(thing) });
    }
  }
  await session.release();
  console.log(
    `tags: MobileNetV2's on ${images.length} photos, ${(durationMs / images.length).toFixed(1)} ms each; of those COCO has a class for`,
  );
  for (const threshold of THRESHOLDS) {
    const kept = given.filter(({ score }) => score > threshold);
    const right = kept.filter(({ isRight }) => isRight);
    const photos = new Set(right.map(({ photo }) => photo)).size;
    console.log(
      `  score > ${threshold.toFixed(1)}  ${String(kept.length).padStart(3)} given, ${(right.length / kept.length).toFixed(2)} right, in ${photos} photos`,
    );
  }
}

/** The COCO class of each tag that has one. */
function classesOfTags(labels: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(SAME_THING).flatMap(([thing, tags]) => {
      const [from, to] = tags;
      const names =
        typeof from === "number" ? labels.slice(from, Number(to) + 1) : (tags as readonly string[]);
      return names.map((name) => [name, thing] as const);
    }),
  );
}
