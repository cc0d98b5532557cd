import { toKeepsightError } from "../core/errors.ts";
import type {
  DetectedFace,
  DetectedObject,
  PhotoAnalysis,
  PhotoTag,
  Step,
  StepOutcome,
  TextLine,
} from "../core/photo-analysis.ts";
import { type ModelStep, whyStepCannotRun } from "./choose-models.ts";
import type { PhotoPixels } from "./photo-pixels.ts";

/** A model, or several that work together, ready for one step. */
export interface Runner<T> {
  /** Ids of the models, joined by "+". */
  readonly modelId: string;
  run(photo: PhotoPixels): Promise<T>;
}

/** Turns photos, and objects in them, into embeddings that can be compared with those of texts. */
export interface EmbeddingRunner extends Runner<Float32Array> {
  /** The model in whose space the embeddings lie. */
  readonly embeddingModelId: string;
  /** Embeddings of the objects in their order; undefined for those that are not worth one. */
  runOnObjects(
    photo: PhotoPixels,
    objects: readonly DetectedObject[],
  ): Promise<readonly (Float32Array | undefined)[]>;
}

/** Says what a photo shows, from its pixels or from the embedding it has already. */
export interface TagRunner {
  readonly modelId: string;
  /** Whether {@link TagRunner.run} wants the photo's embedding of the text-image model in use. */
  readonly needsEmbedding: boolean;
  /** `embedding` is there whenever it is needed. */
  run(photo: PhotoPixels, embedding: Float32Array | undefined): Promise<readonly PhotoTag[]>;
}

/** What there is to look at photos with; a step without its runner is skipped. */
export interface VisionRunners {
  readonly objects?: Runner<readonly DetectedObject[]>;
  readonly embeddings?: EmbeddingRunner;
  readonly tags?: TagRunner;
  readonly ocr?: Runner<readonly TextLine[]>;
  readonly faces?: Runner<readonly DetectedFace[]> & { readonly embeddingModelId?: string | undefined };
}

/** How a photo is to be analysed. */
export interface AnalysePhotoOptions {
  /** Steps to run; others than those of {@link VisionRunners} are left to the caller. */
  readonly steps: ReadonlySet<Step>;
  /** Told as each step begins. */
  readonly onStep?: (step: ModelStep) => void;
  /** Wraps each step's work, so that the caller can measure it. */
  readonly measure?: <T>(stage: string, run: () => Promise<T>) => Promise<T>;
}

/** What the models saw. */
export type VisionAnalysis = Pick<
  PhotoAnalysis,
  "objects" | "faces" | "faceEmbeddingModelId" | "textLines" | "embedding" | "tags" | "steps"
>;

/**
 * Objects, embedding, tags, text and faces of one photo. Each step stands for itself: one that throws is `failed` with its
 * reason and leaves the others as they are, one without a model is `skipped`. Never throws.
 */
export async function analysePhoto(
  photo: PhotoPixels,
  runners: VisionRunners,
  options: AnalysePhotoOptions,
): Promise<VisionAnalysis> {
  const steps: Partial<Record<Step, StepOutcome>> = {};

  async function runStep<T>(step: ModelStep, runner: Runner<T> | undefined): Promise<T | undefined> {
    if (!options.steps.has(step)) return undefined;
    options.onStep?.(step);
    const { outcome, value } = await attempt(step, runner, photo, options);
    steps[step] = outcome;
    return value;
  }

  const objects = await runStep("objects", runners.objects);
  const embedded = await runStep("embeddings", embeddingsFrom(runners, objects ?? []));
  const tags = await runStep("tags", tagsFrom(runners, embedded?.photo));
  const textLines = await runStep("ocr", runners.ocr);
  const faces = await runStep("faces", runners.faces);
  const faceEmbeddingModelId = runners.faces?.embeddingModelId;
  return {
    objects: embedded?.objects ?? objects ?? [],
    faces: faces ?? [],
    tags: tags ?? [],
    textLines: textLines ?? [],
    ...(embedded === undefined
      ? {}
      : { embedding: { modelId: runners.embeddings!.embeddingModelId, embedding: embedded.photo } }),
    ...(faces === undefined || faceEmbeddingModelId === undefined ? {} : { faceEmbeddingModelId }),
    steps,
  };
}

/** What the embeddings step gives: the photo's embedding, and its objects with theirs. */
interface Embedded {
  readonly photo: Float32Array;
  readonly objects: readonly DetectedObject[];
}

function embeddingsFrom(
  { embeddings }: VisionRunners,
  objects: readonly DetectedObject[],
): Runner<Embedded> | undefined {
  if (embeddings === undefined) return undefined;
  return {
    modelId: embeddings.modelId,
    async run(photo) {
      const whole = await embeddings.run(photo);
      const parts = await embeddings.runOnObjects(photo, objects);
      const embedded = objects.map((object, i) => {
        const embedding = parts[i];
        return embedding === undefined ? object : { ...object, embedding };
      });
      return { photo: whole, objects: embedded };
    },
  };
}

/** The tag runner with the embedding it needs: that of this pass, or one made for it where only tags are wanted. */
function tagsFrom(
  { tags, embeddings }: VisionRunners,
  embedding: Float32Array | undefined,
): Runner<readonly PhotoTag[]> | undefined {
  if (tags === undefined) return undefined;
  return {
    modelId: tags.modelId,
    run: async (photo) =>
      tags.run(photo, tags.needsEmbedding ? (embedding ?? (await embeddings?.run(photo))) : undefined),
  };
}

async function attempt<T>(
  step: ModelStep,
  runner: Runner<T> | undefined,
  photo: PhotoPixels,
  { measure = (_, run) => run() }: AnalysePhotoOptions,
): Promise<{ readonly outcome: StepOutcome; readonly value?: T }> {
  if (runner === undefined) {
    return { outcome: { status: "skipped", reason: whyStepCannotRun(step), durationMs: 0 } };
  }
  const { modelId } = runner;
  const started = performance.now();
  try {
    const value = await measure(step, () => runner.run(photo));
    return { value, outcome: { status: "done", modelId, durationMs: performance.now() - started } };
  } catch (error) {
    const { code, message } = toKeepsightError(error);
    const durationMs = performance.now() - started;
    return { outcome: { status: "failed", modelId, errorCode: code, reason: message, durationMs } };
  }
}
