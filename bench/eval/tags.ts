import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import onnxProto from "onnx-proto";
import type { PhotoTag } from "../../src/core/photo-analysis.ts";
import type { RasterImage } from "../../src/core/raster-image.ts";
import { createRandom } from "../../src/math/random.ts";
import { normalize } from "../../src/math/vector.ts";
import type { ImageTaggingSettings } from "../../src/onnx/model-settings.ts";
import { createSession } from "../../src/onnx/create-session.ts";
import { createImageTagger, preprocess } from "../../src/vision/tag/image-tagger.ts";
import { parseLabels } from "../../src/vision/tag/tag-lists.ts";
import { createZeroShotTagger } from "../../src/vision/tag/zero-shot-tagger.ts";
import { catalogSettings } from "../../test/catalog-settings.ts";
import { hasShared, readSharedImage, readSharedJson, sharedPath } from "../../test/shared-files.ts";

const MODEL = "models/image-classification/mobilenetv2_float32.onnx";
const LABELS = "models/image-classification/synset.txt";
const TRUTH = "photos/scenes/instances_val2017.json";
/** Names inside the classifier. */
const FEATURES = "mobilenetv2_1.00_224/global_average_pooling2d_3/Mean_Squeeze__632:0";
const CLASS_WEIGHTS = "mobilenetv2_1.00_224/predictions/MatMul_dequant";

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

/** How far a tag stands out, from which on it is given. */
const DISTINCTIONS = [4, 4.5, 5, 5.5, 6];

/** A labelled photo, and a picture with its name where it is made up. */
interface LabelledPhoto {
  readonly image: RasterImage;
  /** COCO classes that it shows. */
  readonly shown: ReadonlySet<string>;
}

/** How well a way of tagging does on the labelled photos. */
interface TagFigures {
  readonly perPhoto: number;
  /** Tags of which the labels tell whether they are right, and the share (0–1) of those that are. */
  readonly told: number;
  readonly precision: number;
  /** Photos with a right one. */
  readonly photosRight: number;
  readonly perPictureOfNothing: number;
}

/** How a photo is tagged in one of the ways compared. */
type Tag = (image: RasterImage) => Promise<readonly PhotoTag[]>;

/** Prints how often tags are right on labelled photos, where their labels can tell, and how many pictures of nothing get. */
export async function run(): Promise<void> {
  if (!hasShared("tags", MODEL, LABELS, TRUTH)) return;
  console.log("tags: MobileNetV2's classes");
  for (const scoreThreshold of THRESHOLDS)
    print(`score > ${scoreThreshold.toFixed(1)}      `, await measureClassifier(scoreThreshold));
  console.log(
    "tags: zero-shot, with its features for embeddings of photos and its class weights for those of tags",
  );
  for (const minTagDistinction of DISTINCTIONS)
    print(`distinction ≥ ${minTagDistinction.toFixed(1)}`, await measureZeroShot(minTagDistinction));
}

/** Tags of a classifier where its score exceeds a threshold, the catalogue's unless another is given. */
export async function measureClassifier(scoreThreshold?: number): Promise<TagFigures> {
  const settings = catalogSettings("mobilenetv2-imagenet", "image-tagging");
  const session = await createSession(sharedPath(MODEL));
  const labels = readLabels();
  const tagger = createImageTagger({
    session,
    settings: scoreThreshold === undefined ? settings : { ...settings, scoreThreshold },
    labels,
  });
  const figures = await measure((image) => tagger.tag(image), labels);
  await session.release();
  return figures;
}

/**
 * Tags by comparison of embeddings, with the classifier's features in the place of photos' embeddings and the weights of its
 * last layer in that of tags'; from the distinction on that is usual unless another is given.
 */
export async function measureZeroShot(minTagDistinction?: number): Promise<TagFigures> {
  const labels = readLabels();
  const towers = await openAsTowers(catalogSettings("mobilenetv2-imagenet", "image-tagging"));
  const tagger = createZeroShotTagger({
    names: labels,
    embeddings: towers.classEmbeddings,
    settings: minTagDistinction === undefined ? {} : { minTagDistinction },
  });
  const figures = await measure(async (image) => tagger.tag(await towers.encode(image)), labels);
  await towers.release();
  return figures;
}

function readLabels(): string[] {
  return parseLabels(readFileSync(sharedPath(LABELS), "utf8"), "synsets");
}

async function readPhotos(): Promise<LabelledPhoto[]> {
  const { images, annotations, categories } = readSharedJson<Instances>(TRUTH);
  const nameOf = new Map(categories.map(({ id, name }) => [id, name]));
  const photos: LabelledPhoto[] = [];
  for (const { id, file_name: file } of images) {
    const own = annotations.filter(({ image_id: of }) => of === id);
    const shown = new Set(own.map(({ category_id: category }) => nameOf.get(category)!));
    photos.push({ image: await readSharedImage(`photos/scenes/${file}`), shown });
  }
  return photos;
}

async function measure(tag: Tag, labels: readonly string[]): Promise<TagFigures> {
  const classOf = classesOfTags(labels);
  const photos = await readPhotos();
  let given = 0;
  let told = 0;
  let right = 0;
  let photosRight = 0;
  for (const { image, shown } of photos) {
    const tags = await tag(image);
    const classes = tags.flatMap(({ name }) => classOf.get(name) ?? []);
    const hits = classes.filter((thing) => shown.has(thing)).length;
    given += tags.length;
    told += classes.length;
    right += hits;
    photosRight += hits > 0 ? 1 : 0;
  }
  let onNothing = 0;
  for (const image of PICTURES_OF_NOTHING) onNothing += (await tag(image)).length;
  return {
    perPhoto: given / photos.length,
    told,
    precision: right / told,
    photosRight,
    perPictureOfNothing: onNothing / PICTURES_OF_NOTHING.length,
  };
}

function print(title: string, figures: TagFigures): void {
  const told = `of ${String(figures.told).padStart(3)} that labels can tell ${figures.precision.toFixed(3)} right`;
  console.log(
    `  ${title}  ${figures.perPhoto.toFixed(2)} a photo; ${told}, in ${figures.photosRight} photos; ` +
      `${figures.perPictureOfNothing.toFixed(2)} a picture of nothing`,
  );
}

/** Plain colours, gradients, coarse and fine noise. */
const PICTURES_OF_NOTHING: readonly RasterImage[] = Array.from({ length: 40 }, (_, i) => {
  const random = createRandom(i + 1);
  const side = 300;
  const levels = [random() * 255, random() * 255, random() * 255];
  const level = (at: number) => {
    const plain = levels[at % 3]!;
    const across = (Math.floor(at / 3) % side) / side;
    return [plain, plain * across, random() * 255, plain + 40 * (random() - 0.5)][i % 4]!;
  };
  return {
    data: Uint8ClampedArray.from({ length: side * side * 3 }, (__, at) => level(at)),
    width: side,
    height: side,
  };
}).map(({ data, ...size }) => ({ data: new Uint8Array(data.buffer), ...size }));

/** What the classifier computes before its last layer, and the weights of that layer, as if they were two towers. */
async function openAsTowers(settings: ImageTaggingSettings) {
  const path = join(mkdtempSync(join(tmpdir(), "keepsight-eval-tags-")), "features.onnx");
  const model = onnxProto.onnx.ModelProto.decode(readFileSync(sharedPath(MODEL)));
  for (const name of [FEATURES, CLASS_WEIGHTS])
    model.graph!.output!.push({ name, type: { tensorType: { elemType: 1 } } });
  writeFileSync(path, onnxProto.onnx.ModelProto.encode(model).finish());
  const session = await createSession(path);
  const run = (image: RasterImage) => session.run({ [session.inputNames[0]!]: preprocess(image, settings) });
  const { data, dims } = (await run(PICTURES_OF_NOTHING[0]!))[CLASS_WEIGHTS]!;
  const [features, classes] = dims;
  const classEmbeddings = Array.from({ length: classes! }, (_, c) =>
    normalize(Float32Array.from({ length: features! }, (__, k) => Number(data[k * classes! + c]))),
  );
  return {
    classEmbeddings,
    encode: async (image: RasterImage) => normalize((await run(image))[FEATURES]!.data as Float32Array),
    async release() {
      await session.release();
      rmSync(dirname(path), { recursive: true });
    },
  };
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
