import type { Size } from "../core/geometry.ts";
import { toKeepsightError } from "../core/errors.ts";
import type {
  DetectedFace,
  DetectedObject,
  PhotoAnalysis,
  Step,
  StepOutcome,
  TextLine,
} from "../core/photo-analysis.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { type ModelStep, whyStepCannotRun } from "./choose-models.ts";

/** A model, or several that work together, ready for one step. */
export interface Runner<T> {
  /** Ids of the models, joined by "+". */
  readonly modelId: string;
  /** `originalSize` is that of the upright original, of which `image` is a view. */
  run(image: RasterImage, originalSize: Size): Promise<T>;
}

/** What there is to look at photos with; a step without its runner is skipped. */
export interface VisionRunners {
  readonly objects?: Runner<readonly DetectedObject[]>;
  readonly embeddings?: Runner<Float32Array>;
  readonly ocr?: Runner<readonly TextLine[]>;
  readonly faces?: Runner<readonly DetectedFace[]> & { readonly embeddingModelId?: string | undefined };
}

/** How a photo is to be analysed. */
export interface AnalysePhotoOptions {
  /** Steps to run; others than those of {@link VisionRunners} are left to the caller. */
  readonly steps: ReadonlySet<Step>;
  /** Size of the upright original, pixels. */
  readonly originalSize: Size;
  /** Told as each step begins. */
  readonly onStep?: (step: ModelStep) => void;
  /** Wraps each step's work, so that the caller can measure it. */
  readonly measure?: <T>(stage: string, run: () => Promise<T>) => Promise<T>;
}

/** What the models saw. */
export type VisionAnalysis = Pick<
  PhotoAnalysis,
  "objects" | "faces" | "faceEmbeddingModelId" | "textLines" | "embedding" | "steps"
>;

/**
 * Objects, faces, text and embedding of one photo. Each step stands for itself: one that throws is `failed` with its
 * reason and leaves the others as they are, one without a model is `skipped`. Never throws.
 */
export async function analysePhoto(
  image: RasterImage,
  runners: VisionRunners,
  options: AnalysePhotoOptions,
): Promise<VisionAnalysis> {
  const steps: Partial<Record<Step, StepOutcome>> = {};

  async function runStep<T>(step: ModelStep, runner: Runner<T> | undefined): Promise<T | undefined> {
    if (!options.steps.has(step)) return undefined;
    options.onStep?.(step);
    const { outcome, value } = await attempt(step, runner, image, options);
    steps[step] = outcome;
    return value;
  }

  const objects = await runStep("objects", runners.objects);
  const embedding = await runStep("embeddings", runners.embeddings);
  const textLines = await runStep("ocr", runners.ocr);
  const faces = await runStep("faces", runners.faces);
  const faceEmbeddingModelId = runners.faces?.embeddingModelId;
  return {
    objects: objects ?? [],
    faces: faces ?? [],
    textLines: textLines ?? [],
    ...(embedding === undefined ? {} : { embedding: { modelId: runners.embeddings!.modelId, embedding } }),
    ...(faces === undefined || faceEmbeddingModelId === undefined ? {} : { faceEmbeddingModelId }),
    steps,
  };
}

async function attempt<T>(
  step: ModelStep,
  runner: Runner<T> | undefined,
  image: RasterImage,
  { originalSize, measure = (_, run) => run() }: AnalysePhotoOptions,
): Promise<{ readonly outcome: StepOutcome; readonly value?: T }> {
  if (runner === undefined) {
    return { outcome: { status: "skipped", reason: whyStepCannotRun(step), durationMs: 0 } };
  }
  const { modelId } = runner;
  const started = performance.now();
  try {
    const value = await measure(step, () => runner.run(image, originalSize));
    return { value, outcome: { status: "done", modelId, durationMs: performance.now() - started } };
  } catch (error) {
    const { code, message } = toKeepsightError(error);
    const durationMs = performance.now() - started;
    return { outcome: { status: "failed", modelId, errorCode: code, reason: message, durationMs } };
  }
}
