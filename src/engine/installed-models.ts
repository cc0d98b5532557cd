import { KeepsightError } from "../core/errors.ts";
import type { ModelState } from "../onnx/located-model.ts";
import type { ModelStore, PullOptions } from "../onnx/model-store.ts";
import type { ModelProblem } from "../onnx/scan-model-folders.ts";
import { chooseModels, type ChosenModels } from "../vision/choose-models.ts";

/** One model of the catalogue, where it stands, and whether it is in use. */
export interface ModelSummary {
  readonly id: string;
  readonly title: string;
  readonly task: string;
  readonly state: ModelState["state"];
  readonly source: "local" | "npm" | "downloaded" | "served" | null;
  readonly isActive: boolean;
  /** As far as it is known. */
  readonly byteSize: number;
  readonly isSizeKnown: boolean;
  /** Names of files that are taken on the word of the server, or of whoever placed them: no checksum is known. */
  readonly unverified: string[];
  /** Bytes that a download would bring. */
  readonly missingByteSize: number;
  /** Of the installed models of a task the one with the highest preference is used. */
  readonly preference: number;
  readonly licence: { readonly name: string; readonly url: string | null; readonly commercial: boolean };
  readonly sets: string[];
  readonly canDownload: boolean;
  /** What is wrong with its files; empty when nothing is. */
  readonly problems: string[];
}

/** A model's state in the words of every list of models. */
export function summarizeModel(state: ModelState, activeIds: readonly string[]): ModelSummary {
  const { model, where, byteSize, missingByteSize, canPull, corrupt } = state;
  return {
    id: model.id,
    title: model.title,
    task: model.settings.task,
    state: state.state,
    source: where ?? null,
    isActive: activeIds.includes(model.id),
    isSizeKnown: state.isSizeKnown,
    unverified: [...state.unverified],
    byteSize,
    missingByteSize,
    preference: model.preference,
    licence: {
      name: model.licence.name,
      url: model.licence.url ?? null,
      commercial: model.licence.commercial,
    },
    sets: [...model.sets],
    canDownload: canPull && state.state !== "installed",
    problems: corrupt.map(({ path, reason }) => `${path}: ${reason}`),
  };
}

/** What the command line does with models. */
export interface InstalledModels {
  /** All models, and what is wrong with the user's own folders and descriptions. */
  list(): Promise<{
    readonly models: ModelSummary[];
    readonly problems: readonly ModelProblem[];
    readonly steps: StepState[];
  }>;
  /** The models that a name means: one, or all of a set (`open`, `recommended`). Throws `not_found` for neither. */
  find(name: string): Promise<ModelSummary[]>;
  /** Downloads what is missing of a model. */
  pull(modelId: string, options: PullOptions): Promise<void>;
  /** Reads every byte of a model again. */
  verify(modelId: string): Promise<ModelSummary>;
}

/** Whether a step can run, and with what. */
export interface StepState {
  readonly step: string;
  readonly isAvailable: boolean;
  readonly modelIds: string[];
  /** Why it cannot run. */
  readonly reason: string | null;
}

/** The models of this machine. */
export function createInstalledModels(store: ModelStore): InstalledModels {
  async function list() {
    const [{ models, problems }, chosen] = await Promise.all([store.list(), chooseModels(store)]);
    return {
      models: models.map((state) => summarizeModel(state, chosen.activeIds)),
      problems,
      steps: summarizeSteps(chosen),
    };
  }

  async function find(name: string): Promise<ModelSummary[]> {
    const { models } = await list();
    const named = models.filter(({ id, sets }) => id === name || sets.includes(name));
    if (named.length > 0) return named;
    throw new KeepsightError(
      "not_found",
      `"${name}" is neither a model nor a set of models. \`keepsight models list\` names them all.`,
    );
  }

  return {
    list,
    find,
    async pull(modelId, options) {
      await store.pull(modelId, options);
    },
    verify: async (modelId) => summarizeModel(await store.verify(modelId), []),
  };
}

/** The steps that run models, in the words of every list of steps. */
export function summarizeSteps({ steps }: ChosenModels): StepState[] {
  return Object.entries(steps).map(([step, { modelIds, reason }]) => ({
    step,
    isAvailable: reason === undefined,
    modelIds: [...modelIds],
    reason: reason ?? null,
  }));
}
