import type { ModelTask } from "../onnx/model-settings.ts";
import type { ResolvedModel } from "../onnx/located-model.ts";
import type { ModelStore } from "../onnx/model-store.ts";
import { OBJECT_CROPS_ID } from "./clip/object-crop.ts";
import { FACE_FINDING_ID } from "./face/analyse-faces.ts";
import { TEXT_READING_ID } from "./ocr/text-reader.ts";
import { ZERO_SHOT_TAGS_ID } from "./tag/tag-vocabulary.ts";

/** The steps that run models. */
export type ModelStep = "objects" | "embeddings" | "tags" | "ocr" | "faces";

/** The installed models to use, plain data that can be sent to another process. */
export type VisionModels = Readonly<Partial<Record<ModelTask, ResolvedModel>>> & {
  /** Text recognisers beside the best, each for languages that none before it reads. */
  readonly furtherTextRecognition?: readonly ResolvedModel[];
};

/** Whether a step can run, and with what. */
export interface StepModels {
  /** What makes the step's results: model ids joined by "+"; absent when the step cannot run. */
  readonly modelId?: string;
  readonly modelIds: readonly string[];
  /** Why the step cannot run, for a person. */
  readonly reason?: string;
}

export interface ChosenModels {
  readonly models: VisionModels;
  readonly steps: Readonly<Record<ModelStep, StepModels>>;
  /** Ids of all models in use. */
  readonly activeIds: readonly string[];
}

const TASKS: readonly ModelTask[] = [
  "object-detection",
  "face-detection",
  "face-recognition",
  "text-detection",
  "text-recognition",
  "text-orientation",
  "clip",
  "image-tagging",
];

/** One way to do a step: models it cannot do without, and those it uses when they are there. */
interface Way {
  readonly required: readonly ModelTask[];
  readonly optional?: readonly ModelTask[];
  /** Name and version of what works on the models' results, where it decides the step's results too. */
  readonly algorithm?: string;
}

/** The ways to do each step, best first, and what the user misses where none is open. */
const STEPS: Readonly<Record<ModelStep, { readonly ways: readonly Way[]; readonly missing: string }>> = {
  objects: { ways: [{ required: ["object-detection"] }], missing: "object detection" },
  embeddings: {
    ways: [{ required: ["clip"], algorithm: OBJECT_CROPS_ID }],
    missing: "finding photos by meaning",
  },
  tags: {
    ways: [{ required: ["image-tagging"] }, { required: ["clip"], algorithm: ZERO_SHOT_TAGS_ID }],
    missing: "saying what photos show",
  },
  ocr: {
    ways: [
      {
        required: ["text-detection", "text-recognition"],
        optional: ["text-orientation"],
        algorithm: TEXT_READING_ID,
      },
    ],
    missing: "reading text",
  },
  faces: {
    ways: [{ required: ["face-detection"], optional: ["face-recognition"], algorithm: FACE_FINDING_ID }],
    missing: "finding faces",
  },
};

/** The best installed model of each task, and what each step can do with them. */
export async function chooseModels(store: ModelStore): Promise<ChosenModels> {
  const found = await Promise.all(TASKS.map(async (task) => [task, await store.best(task)] as const));
  const further = chooseFurtherLanguages(await store.installed("text-recognition"));
  const models = withoutNarrowTagger({
    ...(Object.fromEntries(found.filter(([, model]) => model !== undefined)) as VisionModels),
    ...(further.length > 0 && { furtherTextRecognition: further }),
  });
  const steps = Object.fromEntries(
    Object.entries(STEPS).map(([step, wanted]) => [step, describeStep(models, wanted)]),
  ) as Record<ModelStep, StepModels>;
  const activeIds = new Set(Object.values(steps).flatMap(({ modelIds }) => modelIds));
  return { models, steps, activeIds: [...activeIds] };
}

/** A tagger that knows few kinds of things gives way to a text-image model, which tags with a vocabulary of ours. */
function withoutNarrowTagger({ "image-tagging": tagger, ...models }: VisionModels): VisionModels {
  const settings = tagger?.model.settings;
  const isNarrow = settings?.task === "image-tagging" && settings.scope === "narrow";
  return tagger === undefined || (isNarrow && models.clip !== undefined)
    ? models
    : { ...models, "image-tagging": tagger };
}

/** The recognisers after the first that read a language none before them does. */
function chooseFurtherLanguages(recognizers: readonly ResolvedModel[]): ResolvedModel[] {
  const known = new Set<string>();
  return recognizers.filter(({ model }, i) => {
    const languages = model.settings.task === "text-recognition" ? (model.settings.languages ?? []) : [];
    const isFurther = i > 0 && languages.some((language) => !known.has(language));
    if (i === 0 || isFurther) for (const language of languages) known.add(language);
    return isFurther;
  });
}

/** What to say where a model for something is not there. */
function missingModelReason(purpose: string): string {
  return `No model for ${purpose} is installed; \`keepsight models list\` shows what can be added.`;
}

/** Why a step cannot run without its models. */
export function whyStepCannotRun(step: ModelStep): string {
  return missingModelReason(STEPS[step].missing);
}

function describeStep(models: VisionModels, { ways, missing }: (typeof STEPS)[ModelStep]): StepModels {
  const way = ways.find(({ required }) => required.every((task) => models[task] !== undefined));
  if (way === undefined) return { modelIds: [], reason: missingModelReason(missing) };
  const { required, optional = [], algorithm = [] } = way;
  const modelIds = [...required, ...optional].flatMap((task) => modelsOf(models, task));
  return { modelId: modelIds.concat(algorithm).join("+"), modelIds };
}

/** Ids of the models that do a task together. */
function modelsOf(models: VisionModels, task: ModelTask): string[] {
  const further = task === "text-recognition" ? (models.furtherTextRecognition ?? []) : [];
  return [models[task] ?? [], further].flat().map(({ model }) => model.id);
}
