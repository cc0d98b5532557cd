import { KeepsightError } from "../core/errors.ts";
import { memoizeAsync } from "../core/memoize-async.ts";
import type { Step } from "../core/photo-analysis.ts";
import type { JobStore } from "../database/jobs/job-store.ts";
import type { ResolvedModel } from "../onnx/located-model.ts";
import type { ModelStore } from "../onnx/model-store.ts";
import { chooseModels, type ChosenModels } from "../vision/choose-models.ts";
import { ALGORITHM_IDS } from "./analyser/analyser-steps.ts";
import { summarizeModel, summarizeSteps } from "./installed-models.ts";
import type { JobHandler } from "./jobs/job-runner.ts";
import type { LibraryEvents } from "./library-events.ts";
import type { WantedModel } from "./serving-models.ts";

/** The kind of job that downloads a model. */
export const PULL_JOB = "pull-model";

/** Downloads are told of at most this often, milliseconds. */
const PROGRESS_INTERVAL_MS = 500;

export interface ModelLibraryOptions {
  readonly store: ModelStore;
  readonly jobs: JobStore;
  readonly events: LibraryEvents;
  readonly notify: () => void;
  /** Called once other models are in use than before. */
  readonly onChanged: () => Promise<void>;
}

/** The models of a library: which are there, which run each step, and getting more. */
export function createModelLibrary({ store, jobs, events, notify, onChanged }: ModelLibraryOptions) {
  let chosen = memoizeAsync(() => chooseModels(store));

  /** What makes the result of each step that can run now. */
  async function stepModels(): Promise<Partial<Record<Step, string>>> {
    const { steps } = await chosen();
    const available = Object.entries(steps).flatMap(([step, state]) =>
      state.modelId === undefined ? [] : [[step, state.modelId] as const],
    );
    return { ...ALGORITHM_IDS, ...Object.fromEntries(available) };
  }

  /** What makes embeddings now, by what they describe. */
  async function embeddingModels(): Promise<Partial<Record<"photo" | "face", WantedModel>>> {
    const { models, steps } = await chosen();
    const describe = (model: ResolvedModel | undefined, stepModelId: string | undefined) =>
      model && stepModelId !== undefined ? { modelId: model.model.id, stepModelId } : undefined;
    const photo = describe(models.clip, steps.embeddings.modelId);
    const face = describe(models["face-recognition"], steps.faces.modelId);
    return { ...(photo && { photo }), ...(face && { face }) };
  }

  async function list() {
    const [{ models }, inUse] = await Promise.all([store.list(), chosen()]);
    return {
      items: models.map((state) => summarizeModel(state, inUse.activeIds)),
      steps: summarizeSteps(inUse),
    };
  }

  /** Queues the download of a model; `not_found` for an unknown one, `conflict` when there is nothing to download. */
  async function queuePull(modelId: string): Promise<number> {
    const { models } = await store.list();
    const state = models.find(({ model }) => model.id === modelId);
    if (state === undefined)
      throw new KeepsightError("not_found", `There is no model "${modelId}" in the catalogue.`);
    if (state.state === "installed")
      throw new KeepsightError("conflict", `The model ${modelId} is installed already.`);
    if (!state.canPull) {
      throw new KeepsightError(
        "conflict",
        `No address is known for ${modelId}; place its files in a folder of KEEPSIGHT_MODELS_DIR.`,
      );
    }
    if (state.unverified.length > 0) {
      throw new KeepsightError(
        "conflict",
        `No checksum is known of files of ${modelId}: \`keepsight models pull ${modelId}\` shows what their server says, and asks.`,
      );
    }
    const [job] = await jobs.enqueue([
      { kind: PULL_JOB, dedupeKey: modelId, payload: { modelId }, priority: 40 },
    ]);
    notify();
    return job!.id;
  }

  const pullHandler: JobHandler = {
    concurrency: 1,
    async run(job, { signal, setProgress }) {
      const { modelId } = job.payload as { modelId: string };
      let lastTold = 0;
      // Seen before the download, so that it can be told afterwards what it changed.
      await chosen();
      await store.pull(modelId, {
        signal,
        onProgress({ receivedBytes, totalBytes }) {
          if (performance.now() - lastTold < PROGRESS_INTERVAL_MS) return;
          lastTold = performance.now();
          events.publish({ type: "download", modelId, receivedBytes, totalBytes });
          setProgress(receivedBytes, totalBytes).catch(() => {
            // A number that is shown late does no harm.
          });
        },
      });
      await refresh();
    },
  };

  /** Looks anew at what is installed. */
  async function refresh(): Promise<void> {
    const previous = chosen;
    const before = (await previous()).activeIds.join();
    chosen = memoizeAsync(() => chooseModels(store));
    if ((await chosen()).activeIds.join() === before) return;
    try {
      await onChanged();
    } catch (error) {
      // The next look must find the change again.
      chosen = previous;
      throw error;
    }
    events.publish({ type: "library", reason: "models-changed" });
  }

  return {
    stepModels,
    embeddingModels,
    chosen: (): Promise<ChosenModels> => chosen(),
    resolve: (modelId: string): Promise<ResolvedModel | undefined> => store.resolve(modelId),
    list,
    queuePull,
    pullHandler,
    refresh,
  };
}

export type ModelLibrary = ReturnType<typeof createModelLibrary>;
