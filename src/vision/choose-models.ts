import type { ModelTask } from "../onnx/model-settings.ts";
import type { ModelStore, ResolvedModel } from "../onnx/model-store.ts";

/** The steps that run models. */
export type ModelStep = "objects" | "embeddings" | "ocr" | "faces";

/** The installed models to use, plain data that can be sent to another process. */
export type VisionModels = Readonly<Partial<Record<ModelTask, ResolvedModel>>>;

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
];

/** Models a step cannot do without, those it uses when they are there, and what the user misses without them. */
const STEPS: Readonly<
  Record<ModelStep, { required: readonly ModelTask[]; optional: readonly ModelTask[]; missing: string }>
> = {
  objects: { required: ["object-detection"], optional: [], missing: "object detection" },
  embeddings: { required: ["clip"], optional: [], missing: "finding photos by meaning" },
  ocr: {
    required: ["text-detection", "text-recognition"],
    optional: ["text-orientation"],
    missing: "reading text",
  },
  faces: { required: ["face-detection"], optional: ["face-recognition"], missing: "finding faces" },
};

/** The best installed model of each task, and what each step can do with them. */
export async function chooseModels(store: ModelStore): Promise<ChosenModels> {
  const found = await Promise.all(TASKS.map(async (task) => [task, await store.best(task)] as const));
  const models = Object.fromEntries(found.filter(([, model]) => model !== undefined)) as VisionModels;
  const steps = Object.fromEntries(
    Object.entries(STEPS).map(([step, wanted]) => [step, describeStep(models, wanted)]),
  ) as Record<ModelStep, StepModels>;
  return { models, steps, activeIds: Object.values(steps).flatMap(({ modelIds }) => modelIds) };
}

/** What to say where a model for something is not there. */
function missingModelReason(purpose: string): string {
  return `No model for ${purpose} is installed; \`keepsight models list\` shows what can be added.`;
}

/** Why a step cannot run without its models. */
export function whyStepCannotRun(step: ModelStep): string {
  return missingModelReason(STEPS[step].missing);
}

function describeStep(
  models: VisionModels,
  { required, optional, missing }: (typeof STEPS)[ModelStep],
): StepModels {
  if (required.some((task) => models[task] === undefined)) {
    return { modelIds: [], reason: missingModelReason(missing) };
  }
  const modelIds = [...required, ...optional].flatMap((task) => models[task]?.model.id ?? []);
  return { modelId: modelIds.join("+"), modelIds };
}
