import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { KeepsightError } from "../core/errors.ts";
import type { Box } from "../core/geometry.ts";
import { memoizeAsync } from "../core/memoize-async.ts";
import type { DetectedFace } from "../core/photo-analysis.ts";
import type { RasterImage } from "../core/raster-image.ts";
import type { FileRole } from "../onnx/catalog.ts";
import { createSession as createOnnxSession } from "../onnx/create-session.ts";
import type { ModelSettings, ModelTask } from "../onnx/model-settings.ts";
import type { ResolvedModel } from "../onnx/located-model.ts";
import { readModelMetadata } from "../onnx/read-model-metadata.ts";
import type { InferenceSession } from "../onnx/session.ts";
import type { EmbeddingRunner, TagRunner, VisionRunners } from "./analyse-photo.ts";
import type { VisionModels } from "./choose-models.ts";
import { createImageEncoder } from "./clip/image-encoder.ts";
import { chooseObjects, cropObject, OBJECT_CROPS_ID } from "./clip/object-crop.ts";
import { readTokenizer } from "./clip/read-tokenizer.ts";
import { createTextEncoder, type TextEncoder } from "./clip/text-encoder.ts";
import { createTextTokenizer } from "./clip/text-tokenizer.ts";
import { analyseFaces, FACE_FINDING_ID, type FaceModels } from "./face/analyse-faces.ts";
import { describeDrawnFace } from "./face/describe-drawn-face.ts";
import { createFaceDetector, type FaceDetector } from "./face/face-detector.ts";
import { createFaceLandmarker } from "./face/face-landmarker.ts";
import { createFaceRecognizer } from "./face/face-recognizer.ts";
import { createObjectDetector } from "./object/object-detector.ts";
import { parseCharacters } from "./ocr/characters.ts";
import { createTextReader, type RecognizerModel, TEXT_READING_ID } from "./ocr/text-reader.ts";
import { createImageTagger } from "./tag/image-tagger.ts";
import { createTagEmbeddings, type OpenTextEncoder } from "./tag/tag-embeddings.ts";
import { parseLabels, parseThresholds } from "./tag/tag-lists.ts";
import { TAG_VOCABULARY, ZERO_SHOT_TAGS_ID } from "./tag/tag-vocabulary.ts";
import { createZeroShotTagger } from "./tag/zero-shot-tagger.ts";

/** Turns search texts into embeddings that can be compared with those of photos. */
export interface TextEncoderRunner {
  readonly modelId: string;
  /** L2-normalised. */
  encode(text: string): Promise<Float32Array>;
}

/** Describes faces whose boxes somebody else gave: drawn by hand, or known to another program. */
export interface DrawnFaceRunner {
  readonly modelId: string;
  readonly embeddingModelId: string | undefined;
  /** The face in a box, fractions (0–1) of the upright photo of which `image` is a view. */
  describe(image: RasterImage, normalizedBox: Box): Promise<DetectedFace>;
}

/** Turns pictures and parts of them into embeddings like those of photos and their objects. */
export interface PartEncoderRunner {
  readonly modelId: string;
  /** L2-normalised. `normalizedBox`: fractions (0–1) of the picture of which `image` is a view; absent: all of it. */
  encode(image: RasterImage, normalizedBox?: Box): Promise<Float32Array>;
}

/** Everything that looks at photos and reads queries, on the models given. */
export interface LoadedRunners {
  readonly vision: VisionRunners;
  /** Absent where no text-image model is installed. */
  readonly textEncoder?: TextEncoderRunner;
  /** Absent where no text-image model is installed. */
  readonly partEncoder?: PartEncoderRunner;
  /** Absent where no face detector is installed. */
  readonly drawnFaces?: DrawnFaceRunner;
  /** Frees the memory of all sessions; the runners cannot be used afterwards. */
  release(): Promise<void>;
}

/** Opens the session of one file of a model, or the one that is open already. */
type OpenSession = (path: string) => Promise<InferenceSession>;
type SettingsOf<T extends ModelTask> = Extract<ModelSettings, { task: T }>;

export interface LoadOptions {
  /** Threads of one inference. */
  readonly threads: number;
  /** Makes a session of a model file; ONNX Runtime in this process where absent. */
  readonly createSession?: typeof createOnnxSession;
  /** Where what models are asked over and over is kept; computed anew by each process where absent. */
  readonly cacheDirectory?: string | undefined;
}

/**
 * Runners for the steps whose models are given. Nothing is loaded before it is first used; a load that fails fails the
 * step and is tried again the next time.
 */
export function loadRunners(
  models: VisionModels,
  { threads, createSession = createOnnxSession, cacheDirectory }: LoadOptions,
): LoadedRunners {
  const sessions = new Map<string, () => Promise<InferenceSession>>();
  const openAlone: OpenSession = (path) => createSession(path, { threads });
  const open: OpenSession = (path) => {
    const session = sessions.get(path) ?? memoizeAsync(() => openAlone(path));
    sessions.set(path, session);
    return session();
  };
  const textEncoder = models.clip && textEncoderRunner(models.clip, open);
  const faces = faceLoader(models, open);
  return {
    vision: {
      ...defined("objects", objectRunner(models, open)),
      ...defined("embeddings", models.clip && embeddingRunner(models.clip, open)),
      ...defined("tags", tagRunner(models, { open, openAlone, cacheDirectory })),
      ...defined("ocr", textRunner(models, open)),
      ...defined("faces", faces && faceRunner(faces)),
    },
    ...defined("textEncoder", textEncoder),
    ...defined("partEncoder", models.clip && partEncoderRunner(models.clip, open)),
    ...defined("drawnFaces", faces && drawnFaceRunner(faces)),
    async release() {
      const opened = await Promise.allSettled([...sessions.values()].map((session) => session()));
      sessions.clear();
      await Promise.all(
        opened.flatMap((result) => (result.status === "fulfilled" ? [result.value.release()] : [])),
      );
    },
  };
}

/** An object with the key where there is a value, an empty one where there is none. */
function defined<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}

function objectRunner(models: VisionModels, open: OpenSession): VisionRunners["objects"] {
  const model = models["object-detection"];
  if (model === undefined) return undefined;
  const detector = memoizeAsync(async () =>
    createObjectDetector({
      session: await open(fileOf(model, "model")),
      settings: settingsOf(model, "object-detection"),
    }),
  );
  return { modelId: model.model.id, run: async ({ preview }) => (await detector()).detect(preview) };
}

function embeddingRunner(model: ResolvedModel, open: OpenSession): EmbeddingRunner {
  const settings = settingsOf(model, "clip");
  const encoder = memoizeAsync(async () =>
    createImageEncoder({ session: await open(towerOf(model, "image-encoder")), settings }),
  );
  return {
    modelId: `${model.model.id}+${OBJECT_CROPS_ID}`,
    embeddingModelId: model.model.id,
    run: async ({ preview }) => (await encoder()).encode(preview),
    async runOnObjects({ detail }, objects) {
      const embeddings: (Float32Array | undefined)[] = objects.map(() => undefined);
      for (const i of chooseObjects(objects, detail)) {
        const object = cropObject(detail, objects[i]!.normalizedBox, settings.inputSize);
        embeddings[i] = await (await encoder()).encode(object);
      }
      return embeddings;
    },
  };
}

function partEncoderRunner(model: ResolvedModel, open: OpenSession): PartEncoderRunner {
  const settings = settingsOf(model, "clip");
  const encoder = memoizeAsync(async () =>
    createImageEncoder({ session: await open(towerOf(model, "image-encoder")), settings }),
  );
  return {
    modelId: model.model.id,
    async encode(image, normalizedBox) {
      const part = normalizedBox === undefined ? image : cropObject(image, normalizedBox, settings.inputSize);
      return (await encoder()).encode(part);
    },
  };
}

function textEncoderRunner(model: ResolvedModel, open: OpenSession): TextEncoderRunner {
  const encoder = memoizeAsync(async () =>
    openTextEncoder(model, await open(towerOf(model, "text-encoder"))),
  );
  return { modelId: model.model.id, encode: async (text) => (await encoder()).encode(text) };
}

async function openTextEncoder(model: ResolvedModel, session: InferenceSession): Promise<TextEncoder> {
  const settings = settingsOf(model, "clip");
  const tokenizer = createTextTokenizer(await readTokenizer(fileOf(model, "tokenizer")), settings);
  return createTextEncoder({ session, tokenizer, settings });
}

/** The graph of a tower, which may be one with the other's. */
function towerOf(model: ResolvedModel, role: "image-encoder" | "text-encoder"): string {
  return fileOf(model, settingsOf(model, "clip").towers === "joined" ? "model" : role);
}

/** What taggers are made with. */
interface TagTools {
  readonly open: OpenSession;
  /** Opens a session that is released after use. */
  readonly openAlone: OpenSession;
  readonly cacheDirectory: string | undefined;
}

/** A model made for tagging where there is one, else the text-image model with our own vocabulary. */
function tagRunner(models: VisionModels, tools: TagTools): TagRunner | undefined {
  const tagging = models["image-tagging"];
  if (tagging !== undefined) return imageTagRunner(tagging, tools.open);
  return models.clip && zeroShotTagRunner(models.clip, tools);
}

function imageTagRunner(model: ResolvedModel, open: OpenSession): TagRunner {
  const settings = settingsOf(model, "image-tagging");
  const tagger = memoizeAsync(async () =>
    createImageTagger({
      session: await open(fileOf(model, "model")),
      settings,
      labels: parseLabels(await readFile(fileOf(model, "labels"), "utf8"), settings.labelFormat),
      thresholds: await readThresholds(model),
    }),
  );
  return {
    modelId: model.model.id,
    needsEmbedding: false,
    run: async ({ preview }) => (await tagger()).tag(preview),
  };
}

async function readThresholds({ files }: ResolvedModel): Promise<number[] | undefined> {
  return files.thresholds === undefined
    ? undefined
    : parseThresholds(await readFile(files.thresholds, "utf8"));
}

function zeroShotTagRunner(model: ResolvedModel, tools: TagTools): TagRunner {
  const settings = settingsOf(model, "clip");
  const embedTags = createTagEmbeddings({
    tags: TAG_VOCABULARY,
    dimensions: settings.dimensions,
    openTextEncoder: () => openTextEncoderForAWhile(model, tools),
    path: tools.cacheDirectory && join(tools.cacheDirectory, tagFileName(model)),
  });
  const names = TAG_VOCABULARY.map(({ name }) => name);
  const tagger = memoizeAsync(async () =>
    createZeroShotTagger({ names, embeddings: await embedTags(), settings }),
  );
  return {
    modelId: `${model.model.id}+${ZERO_SHOT_TAGS_ID}`,
    needsEmbedding: true,
    async run(_, embedding) {
      if (embedding === undefined) throw new Error("Zero-shot tags are made of the photo's embedding.");
      return (await tagger()).tag(embedding);
    },
  };
}

/** A text encoder whose memory is freed after use, unless it is one graph with the image encoder. */
async function openTextEncoderForAWhile(
  model: ResolvedModel,
  { open, openAlone }: TagTools,
): Promise<OpenTextEncoder> {
  const isJoined = settingsOf(model, "clip").towers === "joined";
  const session = await (isJoined ? open : openAlone)(towerOf(model, "text-encoder"));
  const { encode } = await openTextEncoder(model, session);
  return { encode, close: async () => (isJoined ? undefined : session.release()) };
}

/** A name that changes with everything that the embeddings of the vocabulary depend on. */
function tagFileName({ model: { id, files, settings } }: ResolvedModel): string {
  const facts = JSON.stringify([files.map(({ sha256 }) => sha256), settings]);
  const digest = createHash("sha256").update(facts).digest("hex").slice(0, 12);
  return `${id}-${ZERO_SHOT_TAGS_ID}-${digest}.f32`;
}

function textRunner(models: VisionModels, open: OpenSession): VisionRunners["ocr"] {
  const detection = models["text-detection"];
  const recognition = models["text-recognition"];
  const further = models.furtherTextRecognition ?? [];
  const orientation = models["text-orientation"];
  if (detection === undefined || recognition === undefined) return undefined;
  const reader = memoizeAsync(async () =>
    createTextReader({
      detection: {
        session: await open(fileOf(detection, "model")),
        settings: settingsOf(detection, "text-detection"),
      },
      recognition: [
        await openRecognition(recognition, open),
        ...(await Promise.all(further.map((model) => openRecognition(model, open)))),
      ],
      ...(orientation && {
        orientation: {
          session: await open(fileOf(orientation, "model")),
          settings: settingsOf(orientation, "text-orientation"),
        },
      }),
    }),
  );
  return {
    modelId: joinIds([detection, recognition, ...further, orientation], TEXT_READING_ID),
    run: async ({ detail }) => (await reader()).read(detail),
  };
}

async function openRecognition(model: ResolvedModel, open: OpenSession): Promise<RecognizerModel> {
  const { characters } = model.files;
  return {
    session: await open(fileOf(model, "model")),
    settings: settingsOf(model, "text-recognition"),
    characters: parseCharacters(
      characters === undefined ? await readCharacterEntry(model) : await readFile(characters, "utf8"),
    ),
  };
}

/** The list of characters that exporters leave in the model's own file. */
async function readCharacterEntry(model: ResolvedModel): Promise<string> {
  const characters = (await readModelMetadata(fileOf(model, "model"))).get("character");
  if (characters !== undefined) return characters;
  throw new KeepsightError(
    "model_invalid",
    `The model "${model.model.id}" has a list of characters neither beside it nor in its file.`,
  );
}

/** The models for faces, loaded when first used. */
interface FaceLoader {
  readonly modelId: string;
  readonly embeddingModelId: string | undefined;
  readonly load: () => Promise<FaceModels>;
}

function faceLoader(models: VisionModels, open: OpenSession): FaceLoader | undefined {
  const detection = models["face-detection"];
  const recognition = models["face-recognition"];
  if (detection === undefined) return undefined;
  const load = memoizeAsync(async () => ({
    detector: await openFaceDetector(detection, open),
    recognizer:
      recognition &&
      createFaceRecognizer({
        session: await open(fileOf(recognition, "model")),
        settings: settingsOf(recognition, "face-recognition"),
      }),
  }));
  const modelId = joinIds([detection, recognition], FACE_FINDING_ID);
  return { modelId, embeddingModelId: recognition?.model.id, load };
}

function faceRunner({ load, ...ids }: FaceLoader): VisionRunners["faces"] {
  return { ...ids, run: async (photo) => analyseFaces(photo, await load()) };
}

function drawnFaceRunner({ load, ...ids }: FaceLoader): DrawnFaceRunner {
  return {
    ...ids,
    describe: async (image, normalizedBox) => describeDrawnFace(image, normalizedBox, await load()),
  };
}

async function openFaceDetector(model: ResolvedModel, open: OpenSession): Promise<FaceDetector> {
  const settings = settingsOf(model, "face-detection");
  return createFaceDetector({
    session: await open(fileOf(model, "model")),
    settings,
    landmarker:
      settings.landmarks &&
      createFaceLandmarker({
        session: await open(fileOf(model, "landmarks")),
        settings: settings.landmarks,
      }),
  });
}

/** What makes a step's results: the ids of its models, those that are there, and of what works on theirs. */
function joinIds(models: readonly (ResolvedModel | undefined)[], algorithm: string): string {
  return [...models.flatMap((model) => model?.model.id ?? []), algorithm].join("+");
}

function fileOf({ model, files }: ResolvedModel, role: FileRole): string {
  const path = files[role];
  if (path !== undefined) return path;
  throw new KeepsightError("model_invalid", `The model "${model.id}" has no file with the role "${role}".`);
}

function settingsOf<T extends ModelTask>({ model }: ResolvedModel, task: T): SettingsOf<T> {
  if (model.settings.task === task) return model.settings as SettingsOf<T>;
  throw new KeepsightError(
    "model_invalid",
    `The model "${model.id}" is for ${model.settings.task}, not ${task}.`,
  );
}
