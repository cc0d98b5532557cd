import { readFileSync } from "node:fs";
import sharp, { type Sharp } from "sharp";

import type { Box } from "../../src/core/geometry.ts";
import type { RasterImage } from "../../src/core/raster-image.ts";
import { createSession } from "../../src/onnx/create-session.ts";
import type { ResolvedModel } from "../../src/onnx/located-model.ts";
import { analyseFaces, type FaceModels } from "../../src/vision/face/analyse-faces.ts";
import { createFaceDetector, type FaceDetector } from "../../src/vision/face/face-detector.ts";
import { createFaceLandmarker } from "../../src/vision/face/face-landmarker.ts";
import { createFaceRecognizer, type FaceRecognizer } from "../../src/vision/face/face-recognizer.ts";
import { findFaces } from "../../src/vision/face/find-faces.ts";
import { intersectionOverUnion } from "../../src/math/intersection-over-union.ts";
import { parseNpy } from "../../src/math/npy.ts";
import { normalize } from "../../src/math/vector.ts";
import { bundledModel } from "../../test/bundled-models.ts";
import { catalogSettings } from "../../test/catalog-settings.ts";
import { composeCrowd, type Crowd, listPortraits } from "../../test/compose-crowd.ts";
import { hasShared, readSharedImage, readSharedJson, sharedPath } from "../../test/shared-files.ts";
import { toWholePhoto } from "../../test/whole-photo.ts";
import { measureCpu } from "../measure/cpu-time.ts";
import {
  areaUnderRoc,
  comparePairs,
  type LabelledEmbedding,
  type PairSimilarities,
  shareAbove,
  thresholdAt,
} from "../measure/pairs.ts";

/** A model by its name, and its file where it does not come from npm. */
export interface ModelFile {
  readonly id: string;
  readonly file?: string | undefined;
}

export const MOBILE: ModelFile = { id: "mobilefacenet", file: "mobilefacenet.onnx" };
export const DLIB: ModelFile = { id: "dlib-face-resnet" };
export const SCRFD: ModelFile = { id: "scrfd-2.5g", file: "scrfd_2.5g.onnx" };
const YUNET: ModelFile = { id: "yunet-n", file: "yunet_n_dynamic.onnx" };
export const SSD: ModelFile = { id: "face-api-ssd" };

/** Detectors with a recogniser, and what the reference pipelines reach with them: all pairs of the same photos. */
const CHAINS: readonly { detector: ModelFile; recognizer: ModelFile; auc: number }[] = [
  { detector: SCRFD, recognizer: MOBILE, auc: 0.999 },
  { detector: { id: "scrfd-500m-640", file: "scrfd_500m_bnkps.onnx" }, recognizer: MOBILE, auc: 0.999 },
  { detector: YUNET, recognizer: MOBILE, auc: 0.999 },
  { detector: { id: "yunet-n-640", file: "yunet_n_640_640.onnx" }, recognizer: MOBILE, auc: 0.999 },
  { detector: SSD, recognizer: DLIB, auc: 0.9944 },
  { detector: YUNET, recognizer: DLIB, auc: 0.9944 },
];

/** Faces in the group photos; two of the selfie's seven are cut by its frame. */
const GROUPS = [
  { photo: "six-faces.jpg", faces: 6 },
  { photo: "couple.jpg", faces: 2 },
  { photo: "selfie-many-people.jpg", faces: 7 },
];

/** Embeddings of many more people, by recogniser. */
const BACKGROUNDS: readonly { recognizer: string; file: string }[] = [
  { recognizer: "mobilefacenet", file: "mobilefacenet.f16.npy" },
  { recognizer: "dlib-face-resnet", file: "dlib.f16.npy" },
];

const FALSE_ACCEPT_RATE = 1e-3;
const MIN_FACE_SIZE = 20;
const CLUSTERING = "conformance/face-clustering";
const SCENES = "photos/scenes";

/** A portrait and whose it is. */
interface Portrait {
  readonly person: string;
  readonly image: RasterImage;
}

/**
 * Prints how many faces of group photos, scenes and crowds are found, how well all pairs of portraits are told apart, what
 * leaving out faces of low quality gains, and the calibration of the recognisers. With the argument `quick` only the
 * chains.
 */
export async function run([extent]: readonly string[]): Promise<void> {
  const needed = ["photos/people", "models/face-detection", "models/face-recognition"];
  if (!hasShared("faces", ...needed)) return;
  const portraits = await readPortraits();
  for (const chain of CHAINS) {
    const models = {
      detector: await openDetector(chain.detector),
      recognizer: await openRecognizer(chain.recognizer),
    };
    console.log(`faces: ${chain.detector.id} + ${chain.recognizer.id}`);
    for (const { photo, faces, found } of await countGroups(models.detector))
      console.log(`  ${photo.padEnd(24)} ${found} of ${faces}`);
    await printVerification(models, portraits, chain);
  }
  if (extent === "quick") return;
  for (const file of [SCRFD, YUNET, SSD]) {
    const detector = await openDetector(file);
    await printScenes(file.id, detector);
    await printCrowds(file.id, detector);
  }
  await printQuality(portraits);
  for (const background of BACKGROUNDS) printCalibration(background);
}

/** The detector with the catalogue's settings, one thread. */
export async function openDetector({ id, file }: ModelFile): Promise<FaceDetector> {
  const settings = catalogSettings(id, "face-detection");
  const { model, landmarks } = await locate({ id, file }, "face-detection");
  return createFaceDetector({
    session: await createSession(model!),
    settings,
    landmarker:
      settings.landmarks &&
      createFaceLandmarker({ session: await createSession(landmarks!), settings: settings.landmarks }),
  });
}

/** The recogniser with the catalogue's settings, one thread. */
export async function openRecognizer({ id, file }: ModelFile): Promise<FaceRecognizer> {
  const { model } = await locate({ id, file }, "face-recognition");
  return createFaceRecognizer({
    session: await createSession(model!),
    settings: catalogSettings(id, "face-recognition"),
  });
}

async function locate({ id, file }: ModelFile, folder: string): Promise<ResolvedModel["files"]> {
  return file === undefined
    ? (await bundledModel(id)).files
    : { model: sharedPath(`models/${folder}/${file}`) };
}

/** How many faces of each group photo are found. */
export async function countGroups(detector: FaceDetector) {
  const counts: { photo: string; faces: number; found: number }[] = [];
  for (const { photo, faces } of GROUPS) {
    const image = await readSharedImage(`photos/people/${photo}`);
    const found = await findFaces(await toWholePhoto(image), detector, MIN_FACE_SIZE);
    counts.push({ photo, faces, found: found.length });
  }
  return counts;
}

async function printVerification(
  models: FaceModels,
  portraits: readonly Portrait[],
  { recognizer, auc }: (typeof CHAINS)[number],
): Promise<void> {
  const { cpuMs, value } = await measureCpu(() => comparePortraits(models, portraits));
  const { pairs, faceless } = value;
  const own = catalogSettings(recognizer.id, "face-recognition").calibration.matchSimilarity;
  console.log(`  ${faceless} of ${portraits.length} portraits without a face`);
  console.log(`  AUC ${areaUnderRoc(pairs).toFixed(5)}  (reference ${auc})`);
  console.log(`  at FAR ${FALSE_ACCEPT_RATE}: ${describeAt(pairs, thresholdAt(pairs, FALSE_ACCEPT_RATE))}`);
  console.log(`  at the catalogue's threshold: ${describeAt(pairs, own)}`);
  console.log(`  ${(cpuMs / portraits.length).toFixed(1)} ms CPU a portrait`);
}

/** Similarities of all pairs of portraits, and how many of these have no face. */
export async function comparePortraits(models: FaceModels, portraits: readonly Portrait[]) {
  const faces: LabelledEmbedding[] = [];
  for (const { person, image } of portraits) {
    const face = await mostCentral(image, models);
    if (face !== undefined) faces.push({ person, embedding: face.embedding! });
  }
  return { pairs: comparePairs(faces), faceless: portraits.length - faces.length };
}

function describeAt({ same, different }: PairSimilarities, threshold: number): string {
  const accepted = shareAbove(same, threshold).toFixed(4);
  return `TAR ${accepted}, FAR ${shareAbove(different, threshold).toFixed(5)} at similarity ${threshold.toFixed(4)}`;
}

/** 100 portraits of ten people. */
export async function readPortraits(): Promise<Portrait[]> {
  const paths = listPortraits();
  return Promise.all(
    paths.map(async (path) => ({ person: path.split("/").at(-2)!, image: await readSharedImage(path) })),
  );
}

/** Bystanders can be larger than the person portrayed; on LFW choosing the largest face costs two points. */
async function mostCentral(image: RasterImage, models: FaceModels) {
  const faces = await analyseFaces(await toWholePhoto(image), models);
  const distance = ({ normalizedBox: { x, y, width, height } }: { normalizedBox: Box }) =>
    Math.hypot(x + width / 2 - 0.5, y + height / 2 - 0.5);
  return faces.toSorted((a, b) => distance(a) - distance(b))[0];
}

async function printScenes(id: string, detector: FaceDetector): Promise<void> {
  if (!hasShared("faces in scenes", `${SCENES}/instances_val2017.json`)) return;
  const { photos, count, elsewhere } = await findSceneFaces(detector);
  console.log(`scenes: ${id} finds ${count} faces in ${photos} photos, ${elsewhere.length} on no person`);
  for (const line of elsewhere) console.log(`  ${line}`);
}

/** Faces in the labelled scenes, and those that lie on no person: each of them wants to be looked at. */
export async function findSceneFaces(detector: FaceDetector) {
  const truth = readSharedJson<{
    images: { id: number; file_name: string }[];
    annotations: { image_id: number; category_id: number; bbox: [number, number, number, number] }[];
  }>(`${SCENES}/instances_val2017.json`);
  const people = Map.groupBy(
    truth.annotations.filter(({ category_id }) => category_id === 1),
    ({ image_id }) => image_id,
  );
  let count = 0;
  const elsewhere: string[] = [];
  for (const { id: photo, file_name } of truth.images) {
    const image = await readSharedImage(`${SCENES}/${file_name}`);
    const faces = await findFaces(await toWholePhoto(image), detector, MIN_FACE_SIZE);
    count += faces.length;
    const bodies = (people.get(photo) ?? []).map(({ bbox: [x, y, width, height] }) => ({
      x,
      y,
      width,
      height,
    }));
    for (const { box, score } of faces) {
      if (bodies.some((body) => isCentreInside(box, body))) continue;
      elsewhere.push(`${file_name} at ${Math.round(box.x)}, ${Math.round(box.y)} (${score.toFixed(2)})`);
    }
  }
  return { photos: truth.images.length, count, elsewhere };
}

function isCentreInside(box: Box, around: Box): boolean {
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  return x >= around.x && x <= around.x + around.width && y >= around.y && y <= around.y + around.height;
}

/** Small faces in a photo of 12 megapixels: found by one look at 640 pixels and by ours, and what that costs. */
async function printCrowds(id: string, detector: FaceDetector): Promise<void> {
  for (const previewSide of [12, 16, 20, 28, 40]) {
    const crowd = await composeCrowd({ faceSide: (previewSide * 4000) / 1344, count: 30, seed: previewSide });
    const { preview, detail } = crowd.photo;
    const before = await measureCpu(() => detector.detect(preview));
    const after = await measureCpu(() => findFaces(crowd.photo, detector, MIN_FACE_SIZE));
    const counts = [
      countFound(
        crowd,
        before.value.map(({ box }) => box),
        preview.width / detail.width,
      ),
      countFound(
        crowd,
        after.value.map(({ box }) => box),
        1,
      ),
    ];
    console.log(
      `crowd: ${id}, 30 faces of ${previewSide} px in the preview: one look ${counts[0]} in ` +
        `${Math.round(before.cpuMs)} ms CPU, ours ${counts[1]} in ${Math.round(after.cpuMs)} ms`,
    );
  }
}

function countFound({ boxes }: Crowd, found: readonly Box[], scale: number): number {
  return boxes.filter(({ x, y, width, height }) => {
    const box = { x: x * scale, y: y * scale, width: width * scale, height: height * scale };
    return found.some((other) => intersectionOverUnion(other, box) > 0.35);
  }).length;
}

/** Ways in which photos of faces are bad. */
const FAULTS: readonly ((portrait: Sharp) => Sharp)[] = [
  (portrait) => portrait,
  ...[1, 2, 3, 4].map((sigma) => (portrait: Sharp) => portrait.blur(sigma)),
  ...[125, 88, 62, 45].map((side) => (portrait: Sharp) => portrait.resize(side)),
  ...[0.5, 0.3, 0.15].map((factor) => (portrait: Sharp) => portrait.linear(factor, 0)),
  (portrait) => portrait.jpeg({ quality: 8 }),
];

/** Verification of bad portraits against good ones, leaving out more and more of low quality. */
async function printQuality(portraits: readonly Portrait[]): Promise<void> {
  const models = { detector: await openDetector(SCRFD), recognizer: await openRecognizer(MOBILE) };
  const gallery: LabelledEmbedding[] = [];
  const probes: (LabelledEmbedding & { readonly quality: number })[] = [];
  for (const { person, image } of portraits.filter((_, i) => i % 2 === 0)) {
    const face = await mostCentral(image, models);
    if (face !== undefined) gallery.push({ person, embedding: face.embedding! });
  }
  for (const { person, image } of portraits.filter((_, i) => i % 2 === 1)) {
    for (const spoil of FAULTS) {
      const face = await mostCentral(await spoilImage(image, spoil), models);
      if (face !== undefined) probes.push({ person, embedding: face.embedding!, quality: face.quality });
    }
  }
  for (const least of [0, 0.25, 0.5, 0.75]) {
    const kept = probes.filter(({ quality }) => quality >= least);
    const pairs = comparePairs(kept, gallery);
    console.log(
      `quality ≥ ${least.toFixed(2)}: ${kept.length} of ${probes.length} faces, AUC ${areaUnderRoc(pairs).toFixed(4)}, ` +
        `TAR at FAR ${FALSE_ACCEPT_RATE}: ${shareAbove(pairs.same, thresholdAt(pairs, FALSE_ACCEPT_RATE)).toFixed(3)}`,
    );
  }
}

async function spoilImage(
  { data, width, height }: RasterImage,
  spoil: (portrait: Sharp) => Sharp,
): Promise<RasterImage> {
  const spoilt = await spoil(sharp(data, { raw: { width, height, channels: 3 } })).toBuffer({
    resolveWithObject: true,
  });
  const source = spoilt.info.format === "raw" ? { raw: { ...spoilt.info, channels: 3 as const } } : {};
  const pixels = await sharp(spoilt.data, source).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data: pixels.data, width: pixels.info.width, height: pixels.info.height };
}

/** The catalogue's calibration beside what embeddings of 256 people give, normalised as ours are. */
function printCalibration({ recognizer, file }: (typeof BACKGROUNDS)[number]): void {
  if (!hasShared("calibration", `${CLUSTERING}/${file}`)) return;
  const { numbers, shape } = parseNpy(readFileSync(sharedPath(`${CLUSTERING}/${file}`)));
  const labels = parseNpy(readFileSync(sharedPath(`${CLUSTERING}/labels.i16.npy`))).numbers;
  const [, dimensions] = shape as [number, number];
  const embeddings = Array.from(labels, (person, i) => ({
    person,
    embedding: normalize(Float32Array.from(numbers.subarray(i * dimensions, (i + 1) * dimensions))),
  }));
  const pairs = comparePairs(embeddings);
  const { mean, deviation } = describeDistribution(pairs.different);
  const { calibration } = catalogSettings(recognizer, "face-recognition");
  console.log(`calibration: ${recognizer}, AUC ${areaUnderRoc(pairs).toFixed(5)}`);
  console.log(
    `  strangers ${mean.toFixed(4)} ± ${deviation.toFixed(4)} (catalogue ${calibration.strangerSimilarity} ± ${calibration.strangerDeviation})`,
  );
  console.log(
    `  FAR ${FALSE_ACCEPT_RATE} at ${thresholdAt(pairs, FALSE_ACCEPT_RATE).toFixed(4)} (catalogue ${calibration.matchSimilarity}: ${calibration.source})`,
  );
}

function describeDistribution(values: Float64Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}
