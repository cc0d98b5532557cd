import type { Logger } from "../core/logger.ts";
import type { ServedKind, ServingStore } from "../database/serving-store.ts";

/** How often it is looked whether a new model has seen everything, milliseconds. */
const INTERVAL_MS = 5000;

/** A look takes longer in a larger library; the next one comes after so many times as long. */
const REST_FACTOR = 20;

/** The model that is to make embeddings of a kind, and what its step writes as the maker of its results. */
export interface WantedModel {
  readonly modelId: string;
  readonly stepModelId: string;
}

/** A change of models under way. */
export interface ModelChange {
  readonly kind: ServedKind;
  readonly from: string;
  readonly to: string;
  /** Photos that only the former model has seen, as of the last look. */
  readonly photosLeft: number;
}

export interface ServingModelsOptions {
  readonly store: ServingStore;
  /** The models in use; a kind without a model goes on with what it has. */
  readonly wanted: () => Promise<Readonly<Partial<Record<ServedKind, WantedModel>>>>;
  /**
   * Makes a model's embeddings the ones that are searched: prepares everything, calls `commit`, which makes the change
   * last, and then lets it be seen, all at once.
   */
  readonly serve: (kind: ServedKind, modelId: string, commit: () => Promise<void>) => Promise<void>;
  /** Called after a change, once {@link ServingModels.modelId} gives the new model. */
  readonly onChanged?: (kind: ServedKind, modelId: string) => Promise<void>;
  readonly logger: Logger;
  readonly intervalMs?: number;
}

/**
 * Which model's embeddings are searched. When another model comes into use, the former one's embeddings stay and go on
 * being searched, with its own text encoder, until the new model has seen every photo that it can see; then the new ones
 * take over at once and the others are deleted. Embeddings of two models are never compared.
 */
export interface ServingModels {
  /** Learns what an earlier run served. */
  load(): Promise<void>;
  modelId(kind: ServedKind): string | undefined;
  changes(): readonly ModelChange[];
  /** Looks what is to be served now, and from time to time for as long as a change is under way. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** What is served in one library; see {@link ServingModels}. */
export function createServingModels(options: ServingModelsOptions): ServingModels {
  const { store, wanted, serve, logger, intervalMs = INTERVAL_MS } = options;
  let serving: Partial<Record<ServedKind, string>> = {};
  let changes: readonly ModelChange[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let last: Promise<void> = Promise.resolve();

  async function load(): Promise<void> {
    serving = { ...(await store.read()) };
  }

  /** One look at a time, in the order of the calls. */
  function settle(): Promise<void> {
    const look = last.then(() => (isClosed ? undefined : lookNow()));
    last = look.catch(() => {});
    return look;
  }

  async function lookNow(): Promise<void> {
    clearTimeout(timer);
    const started = performance.now();
    const models = await wanted();
    const found: ModelChange[] = [];
    for (const kind of ["photo", "face"] as const) {
      const model = models[kind];
      const change = model && (await settleKind(kind, model));
      if (change !== undefined) found.push(change);
    }
    changes = found;
    if (changes.length > 0) lookAgainAfter(performance.now() - started);
  }

  async function settleKind(
    kind: ServedKind,
    { modelId, stepModelId }: WantedModel,
  ): Promise<ModelChange | undefined> {
    const from = serving[kind];
    if (from !== undefined && from !== modelId) {
      const photosLeft = await store.countUncovered(kind, { serving: from, stepModelId });
      if (photosLeft > 0) return { kind, from, to: modelId, photosLeft };
    }
    if (from !== modelId) {
      await serve(kind, modelId, () => store.set(kind, modelId));
      serving[kind] = modelId;
      if (from !== undefined) await options.onChanged?.(kind, modelId);
      logger.info({ kind, from, to: modelId }, "another model's embeddings are searched from now on");
    }
    const deleted = await store.deleteOthers(kind, modelId);
    if (deleted > 0) logger.info({ kind, deleted }, "embeddings of former models were deleted");
    return undefined;
  }

  function lookAgainAfter(durationMs: number): void {
    if (isClosed) return;
    timer = setTimeout(
      () => {
        settle().catch((error: unknown) => {
          logger.error({ err: error }, "it could not be found out whether the new model has seen everything");
          lookAgainAfter(intervalMs);
        });
      },
      Math.max(intervalMs, durationMs * REST_FACTOR),
    ).unref();
  }

  return {
    load,
    modelId: (kind) => serving[kind],
    changes: () => changes,
    settle,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await last;
    },
  };
}
