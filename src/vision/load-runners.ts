import { readFile } from "node:fs/promises";
import { KeepsightError } from "../core/errors.ts";
import { memoizeAsync } from "../core/memoize-async.ts";
import type { FileRole } from "../onnx/catalog.ts";
import { createSession as createOnnxSession } from "../onnx/create-session.ts";
import type { ModelSettings, ModelTask } from "../onnx/model-settings.ts";
import type { ResolvedModel } from "../onnx/model-store.ts";
import type { InferenceSession } from "../onnx/session.ts";
import type { Runner, VisionRunners } from "./analyse-photo.ts";
import type { VisionModels } from "./choose-models.ts";
import { createImageEncoder } from "./clip/image-encoder.ts";
import { readTokenizer } from "./clip/read-tokenizer.ts";
import { createTextEncoder } from "./clip/text-encoder.ts";
import { createTextTokenizer } from "./clip/text-tokenizer.ts";
import { analyseFaces } from "./face/analyse-faces.ts";
import { createFaceDetector, type FaceDetector } from "./face/face-detector.ts";
import { createFaceLandmarker } from "./face/face-landmarker.ts";
import { createFaceRecognizer } from "./face/face-recognizer.ts";
import { createObjectDetector } from "./object/object-detector.ts";
import { parseCharacters } from "./ocr/characters.ts";
import { createTextReader } from "./ocr/text-reader.ts";

/** Turns search texts into embeddings that can be compared with those of photos. */
export interface TextEncoderRunner {
  readonly modelId: string;
  /** L2-normalised. */
  encode(text: string): Promise<Float32Array>;
}

/** Everything that looks at photos and reads queries, on the models given. */
export interface LoadedRunners {
  readonly vision: VisionRunners;
  /** Absent where no text-image model is installed. */
  readonly textEncoder?: TextEncoderRunner;
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
}

/**
 * Runners for the steps whose models are given. Nothing is loaded before it is first used; a load that fails fails the
 * step and is tried again the next time.
 */
export function loadRunners(
  models: VisionModels,
  { threads, createSession = createOnnxSession }: LoadOptions,
): LoadedRunners {
  const sessions = new Map<string, () => Promise<InferenceSession>>();
  const open: OpenSession = (path) => {
    const session = sessions.get(path) ?? memoizeAsync(() => createSession(path, { threads }));
    sessions.set(path, session);
    return session();
  };
  const textEncoder = models.clip && textEncoderRunner(models.clip, open);
  return {
    vision: {
      ...defined("objects", objectRunner(models, open)),
      ...defined("embeddings", models.clip && embeddingRunner(models.clip, open)),
      ...defined("ocr", textRunner(models, open)),
      ...defined("faces", faceRunner(models, open)),
    },
    ...defined("textEncoder", textEncoder),
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

function embeddingRunner(model: ResolvedModel, open: OpenSession): Runner<Float32Array> {
  const encoder = memoizeAsync(async () =>
    createImageEncoder({
      session: await open(towerOf(model, "image-encoder")),
      settings: settingsOf(model, "clip"),
    }),
  );
  return { modelId: model.model.id, run: async ({ preview }) => (await encoder()).encode(preview) };
}

function textEncoderRunner(model: ResolvedModel, open: OpenSession): TextEncoderRunner {
  const settings = settingsOf(model, "clip");
  const encoder = memoizeAsync(async () =>
    createTextEncoder({
      session: await open(towerOf(model, "text-encoder")),
      tokenizer: createTextTokenizer(await readTokenizer(fileOf(model, "tokenizer")), settings),
      settings,
    }),
  );
  return { modelId: model.model.id, encode: async (text) => (await encoder()).encode(text) };
}

/** The graph of a tower, which may be one with the other's. */
function towerOf(model: ResolvedModel, role: "image-encoder" | "text-encoder"): string {
  return fileOf(model, settingsOf(model, "clip").towers === "joined" ? "model" : role);
}

function textRunner(models: VisionModels, open: OpenSession): VisionRunners["ocr"] {
  const detection = models["text-detection"];
  const recognition = models["text-recognition"];
  const orientation = models["text-orientation"];
  if (detection === undefined || recognition === undefined) return undefined;
  const reader = memoizeAsync(async () =>
    createTextReader({
      detection: {
        session: await open(fileOf(detection, "model")),
        settings: settingsOf(detection, "text-detection"),
      },
      recognition: {
        session: await open(fileOf(recognition, "model")),
        settings: settingsOf(recognition, "text-recognition"),
        characters: parseCharacters(await readFile(fileOf(recognition, "characters"), "utf8")),
      },
      ...(orientation && {
        orientation: {
          session: await open(fileOf(orientation, "model")),
          settings: settingsOf(orientation, "text-orientation"),
        },
      }),
    }),
  );
  return {
    modelId: joinIds(detection, recognition, orientation),
    run: async ({ preview }) => (await reader()).read(preview),
  };
}

function faceRunner(models: VisionModels, open: OpenSession): VisionRunners["faces"] {
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
  return {
    modelId: joinIds(detection, recognition),
    embeddingModelId: recognition?.model.id,
    run: async ({ preview, originalSize }) => analyseFaces(preview, originalSize, await load()),
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

function joinIds(...models: readonly (ResolvedModel | undefined)[]): string {
  return models.flatMap((model) => model?.model.id ?? []).join("+");
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
