import type { Model, ModelList } from "../../../src/api/system.ts";

/** Tasks of the models that a step of the analysis needs. */
const TASKS_OF_STEP: Readonly<Record<string, readonly string[]>> = {
  embeddings: ["clip"],
  objects: ["object-detection"],
  faces: ["face-detection", "face-recognition"],
  ocr: ["text-detection", "text-recognition", "text-orientation"],
};

/** The set of models that may be used for anything and that a first run offers. */
const OFFERED_SET = "open";

/** A step with its models, those that matter first. */
export interface ModelGroup {
  readonly step: ModelList["steps"][number];
  /** In use; or, where the step does not work yet, those to begin with. */
  readonly first: readonly Model[];
  /** Others that are here, or that can be downloaded. */
  readonly others: readonly Model[];
}

/**
 * The models by step: what is in use, what is offered where nothing is, and the rest. Models that are not here and cannot
 * be had are left out, and so are steps that need no model. Steps that do not work come first.
 */
export function groupModels({ items, steps }: Pick<ModelList, "items" | "steps">): ModelGroup[] {
  return steps
    .filter(({ step }) => TASKS_OF_STEP[step])
    .map((step) => {
      const models = items
        .filter((model) => TASKS_OF_STEP[step.step]!.includes(model.task))
        .filter((model) => model.state !== "missing" || model.canDownload);
      const isFirst = (model: Model) =>
        model.isActive ||
        (!step.isAvailable && model.sets.includes(OFFERED_SET) && model.state !== "installed");
      return { step, first: models.filter(isFirst), others: models.filter((model) => !isFirst(model)) };
    })
    .toSorted((a, b) => Number(a.step.isAvailable) - Number(b.step.isAvailable));
}
