import { rm, mkdir, rename, stat, access } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { KeepsightError } from "../../core/errors.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { writeFileAtomically } from "../../library/write-file-atomically.ts";
import type { CatalogFile, CatalogModel } from "../../onnx/catalog.ts";
import { createSession } from "../../onnx/create-session.ts";
import type { ClipSettings } from "../../onnx/model-settings.ts";
import type { ResolvedModel } from "../../onnx/located-model.ts";
import type { ModelStore } from "../../onnx/model-store.ts";
import { compareEmbeddings, type Fidelity } from "../../onnx/quantize/compare-embeddings.ts";
import { type QuantizedTower, quantizeTower } from "../../onnx/quantize/quantize-tower.ts";
import { sha256File } from "../../onnx/sha256-file.ts";
import { withFileLock } from "../../onnx/with-file-lock.ts";
import { createImageEncoder } from "../../vision/clip/image-encoder.ts";
import { loadRunners } from "../../vision/load-runners.ts";
import { SAMPLE_PHRASES } from "./sample-phrases.ts";
import { sampleImages } from "./sample-images.ts";

/**
 * Makes a model with 8-bit towers of a text-image model, and lets it in only when it sees the same: both are run on the same
 * photos and phrases, and a tower that moves any embedding far or finds other neighbours is thrown away. What is let in is a
 * model of its own with an id of its own, because embeddings of two models are never compared, and a rounded model is
 * another one.
 */

/** An embedding may turn by 18° at most; strangers among photos are 45° to 70° apart. Cosine. */
const MIN_COSINE = 0.95;

/** Of twenty things that a search shows first, one may be another. */
const MIN_RECALL = 0.95;

/** Below this share of its numbers a model gains too little to be worth another embedding of all photos. */
const MIN_SHARE = 0.5;

/** The 8-bit model is taken before the one it is made of, and before nothing else. */
const PREFERENCE_GAIN = 0.5;

/**
 * Ways to quantise, from the fastest to the most careful. Each makes other embeddings of the same photo, so each has a name
 * of its own, which ends the model's id.
 */
const RECIPES = [
  { suffix: "int8", leaveContractions: false },
  { suffix: "int8-careful", leaveContractions: true },
] as const;
type Recipe = (typeof RECIPES)[number];

const TOWERS = ["image-encoder", "text-encoder"] as const;
type TowerRole = (typeof TOWERS)[number];

export interface QuantizeOptions {
  readonly store: ModelStore;
  /** Where models are kept; the new one gets a folder there. */
  readonly modelDirectory: string;
  readonly dataDirectory: string;
  readonly modelId: string;
  /** Photos, or folders of them, to compare the models on; none: those of the library, else made-up pictures. */
  readonly photos: readonly string[];
  /** Told what is being done, in words for a person. */
  readonly onStage?: ((stage: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How one tower came out of it. */
export interface TowerReport {
  readonly role: TowerRole;
  /** Why the tower stays as it was; null when it is quantised. */
  readonly refusal: string | null;
  readonly byteSize: number;
  readonly quantizedByteSize: number | null;
  /** Median time of one photo or phrase, milliseconds. */
  readonly durationMs: number;
  readonly quantizedDurationMs: number | null;
  readonly fidelity: Fidelity | null;
}

/** A new model, and how it compares with the one it is made of. */
export interface QuantizedModel {
  readonly modelId: string;
  readonly folder: string;
  readonly byteSize: number;
  readonly towers: readonly TowerReport[];
  /** What the towers were compared on. */
  readonly comparedOn: string;
}

/**
 * Quantises an installed text-image model. Throws `not_found` for an unknown model, `model_missing` for one that is not
 * here, `conflict` when it is quantised already, cannot be quantised, or did not pass: then nothing is left behind.
 */
export async function quantizeModel(options: QuantizeOptions): Promise<QuantizedModel> {
  const source = await resolveSource(options);
  const { modelDirectory, modelId } = options;
  await mkdir(modelDirectory, { recursive: true });
  return withFileLock(
    join(modelDirectory, `${modelId}-int8.lock`),
    () => quantizeSource(source, options),
    options.signal,
  );
}

async function resolveSource({ store, modelId }: QuantizeOptions): Promise<ResolvedModel> {
  const known = (await store.list()).models.find(({ model }) => model.id === modelId);
  if (known === undefined) {
    throw new KeepsightError(
      "not_found",
      `There is no model "${modelId}". \`keepsight models list\` names them all.`,
    );
  }
  const { settings } = known.model;
  if (settings.task !== "clip" || settings.towers === "joined") {
    const reason = settings.task === "clip" ? "has both towers in one file" : `is for ${settings.task}`;
    throw new KeepsightError(
      "conflict",
      `${modelId} ${reason}; only text-image models of two towers are quantised.`,
    );
  }
  const source = await store.resolve(modelId);
  if (source !== undefined) return source;
  throw new KeepsightError(
    "model_missing",
    `${modelId} is not installed; \`keepsight models pull ${modelId}\` brings it.`,
  );
}

/** Photos and phrases, and what the exact model makes of them. */
interface Reference {
  readonly images: readonly RasterImage[];
  readonly origin: string;
  readonly image: Embedded;
  readonly text: Embedded;
}

interface Embedded {
  readonly embeddings: readonly Float32Array[];
  readonly durationMs: number;
}

async function quantizeSource(source: ResolvedModel, options: QuantizeOptions): Promise<QuantizedModel> {
  await assertNew(options);
  const { images, origin } = await sampleImages(options.photos, options.dataDirectory);
  options.onStage?.(`running ${options.modelId} on ${origin}`);
  const reference: Reference = {
    images,
    origin,
    image: await embed(source, "image-encoder", images, options),
    text: await embed(source, "text-encoder", images, options),
  };
  const refusals: string[] = [];
  for (const recipe of RECIPES) {
    const attempt = await tryRecipe(source, recipe, reference, options);
    if ("modelId" in attempt) return attempt;
    refusals.push(attempt.refusal);
  }
  throw new KeepsightError(
    "conflict",
    `${options.modelId} is not quantised: ${refusals[0]}. Nothing was changed.`,
  );
}

async function assertNew({ modelDirectory, modelId }: QuantizeOptions): Promise<void> {
  for (const { suffix } of RECIPES) {
    const folder = join(modelDirectory, `${modelId}-${suffix}`);
    const isThere = await access(join(folder, descriptionName(modelId, suffix))).then(
      () => true,
      () => false,
    );
    if (isThere)
      throw new KeepsightError(
        "conflict",
        `${modelId} is quantised already: delete ${folder} to do it again.`,
      );
  }
}

/** Both towers by one recipe: installed where the image tower passes; its refusal, with nothing left behind, where not. */
async function tryRecipe(
  source: ResolvedModel,
  recipe: Recipe,
  reference: Reference,
  options: QuantizeOptions,
): Promise<QuantizedModel | { readonly refusal: string }> {
  const folder = join(options.modelDirectory, `${options.modelId}-${recipe.suffix}`);
  await mkdir(folder, { recursive: true });
  let isInstalled = false;
  try {
    const image = await tryTower(source, "image-encoder", { recipe, folder, reference, options });
    if (image.report.refusal !== null) return { refusal: `its image tower ${image.report.refusal}` };
    const text = await tryTower(source, "text-encoder", { recipe, folder, reference, options });
    const installed = await install(source, [image, text], { recipe, folder });
    isInstalled = true;
    const towers = [image.report, text.report];
    return { ...installed, folder, towers, comparedOn: reference.origin };
  } finally {
    if (!isInstalled) await rm(folder, { recursive: true, force: true });
  }
}

interface Attempt {
  readonly recipe: Recipe;
  readonly folder: string;
  readonly reference: Reference;
  readonly options: QuantizeOptions;
}

/** A tower's report, and its draft where it passed. */
interface TriedTower {
  readonly report: TowerReport;
  readonly draft?: { readonly path: string; readonly name: string; readonly tower: QuantizedTower };
}

async function tryTower(source: ResolvedModel, role: TowerRole, attempt: Attempt): Promise<TriedTower> {
  const { recipe, folder, reference, options } = attempt;
  const sourcePath = source.files[role]!;
  const exact = role === "image-encoder" ? reference.image : reference.text;
  const byteSize = (await stat(sourcePath)).size;
  const unchanged = { role, byteSize, durationMs: exact.durationMs };
  options.onStage?.(`quantising the ${role === "image-encoder" ? "image" : "text"} tower`);
  const name = `${basename(sourcePath, ".onnx")}.${recipe.suffix}.onnx`;
  const path = join(folder, `${name}.part`);
  const refuse = async (refusal: string, fidelity: Fidelity | null = null): Promise<TriedTower> => {
    await rm(path, { force: true });
    return {
      report: { ...unchanged, refusal, quantizedByteSize: null, quantizedDurationMs: null, fidelity },
    };
  };
  let tower: QuantizedTower;
  try {
    tower = quantizeTower(sourcePath, path, recipe);
  } catch (error) {
    if (error instanceof KeepsightError && error.code === "conflict") return refuse(error.message);
    throw error;
  }
  if (role === "image-encoder" && tower.quantizedShare < MIN_SHARE) {
    const share = Math.round(tower.quantizedShare * 100);
    return refuse(
      `is mostly of convolutions, which suffer from it (${share} % of its numbers are in matrix products)`,
    );
  }
  const draft = { ...source, files: { ...source.files, [role]: path } };
  const quantized = await embed(draft, role, reference.images, options);
  const fidelity = compareEmbeddings({ exact: exact.embeddings, quantized: quantized.embeddings });
  const fault = findFault(fidelity);
  if (fault !== undefined) return refuse(fault, fidelity);
  const report: TowerReport = {
    ...unchanged,
    refusal: null,
    quantizedByteSize: (await stat(path)).size,
    quantizedDurationMs: quantized.durationMs,
    fidelity,
  };
  return { report, draft: { path, name, tower } };
}

function findFault({ lowestCosine, neighbourRecall }: Fidelity): string | undefined {
  if (lowestCosine < MIN_COSINE)
    return `changed too much: the lowest cosine to the exact one is ${lowestCosine.toFixed(3)}, at least ${MIN_COSINE} is asked for`;
  if (neighbourRecall < MIN_RECALL)
    return `finds others: ${neighbourRecall.toFixed(3)} of the nearest are the same, at least ${MIN_RECALL} is asked for`;
  return undefined;
}

/** Embeddings of the photos or phrases by one tower, whose session lives no longer than this. */
async function embed(
  model: ResolvedModel,
  role: TowerRole,
  images: readonly RasterImage[],
  { signal }: QuantizeOptions,
): Promise<Embedded> {
  await using sessions = new AsyncDisposableStack();
  const runs =
    role === "image-encoder" ? await imageRuns(model, images, sessions) : textRuns(model, sessions);
  const embeddings: Float32Array[] = [];
  const durations: number[] = [];
  for (const run of runs) {
    if (signal?.aborted === true) throw new KeepsightError("cancelled", "Quantising was stopped.");
    const started = performance.now();
    embeddings.push(await run());
    durations.push(performance.now() - started);
    // Runs block the event loop; a request to stop must get through between them.
    await new Promise(setImmediate);
  }
  return { embeddings, durationMs: durations.toSorted((a, b) => a - b)[durations.length >> 1]! };
}

type Runs = readonly (() => Promise<Float32Array>)[];

async function imageRuns(
  { model, files }: ResolvedModel,
  images: readonly RasterImage[],
  sessions: AsyncDisposableStack,
): Promise<Runs> {
  const session = await createSession(files["image-encoder"]!, { threads: availableParallelism() });
  sessions.defer(() => session.release());
  const encoder = createImageEncoder({ session, settings: model.settings as ClipSettings });
  return images.map((image) => () => encoder.encode(image));
}

function textRuns(model: ResolvedModel, sessions: AsyncDisposableStack): Runs {
  const { textEncoder, release } = loadRunners({ clip: model }, { threads: availableParallelism() });
  sessions.defer(release);
  return SAMPLE_PHRASES.map((phrase) => () => textEncoder!.encode(phrase));
}

/** Gives the towers their names and, last of all, the model its description, with which it is there. */
async function install(
  source: ResolvedModel,
  towers: readonly TriedTower[],
  { recipe, folder }: Pick<Attempt, "recipe" | "folder">,
): Promise<Pick<QuantizedModel, "modelId" | "byteSize">> {
  const { model } = source;
  const made: CatalogFile[] = [];
  for (const { report, draft } of towers) {
    if (draft === undefined) continue;
    const path = join(folder, draft.name);
    await rename(draft.path, path);
    const { size: byteSize } = await stat(path);
    made.push({ role: report.role, name: draft.name, byteSize, sha256: await sha256File(path), urls: [] });
  }
  const replaced = new Set(made.map(({ role }) => role));
  const unneeded = new Set(towers.flatMap(({ draft }) => draft?.tower.externalFiles ?? []));
  const kept = model.files.filter(({ role, name }) => !replaced.has(role) && !unneeded.has(name));
  const description: CatalogModel = {
    ...model,
    id: `${model.id}-${recipe.suffix}`,
    title: `${model.title}, 8-bit`,
    sets: [],
    preference: model.preference + PREFERENCE_GAIN,
    files: [...made, ...kept],
  };
  const path = join(folder, descriptionName(model.id, recipe.suffix));
  await writeFileAtomically(path, `${JSON.stringify(description, null, 2)}\n`);
  return {
    modelId: description.id,
    byteSize: description.files.reduce((sum, { byteSize = 0 }) => sum + byteSize, 0),
  };
}

function descriptionName(modelId: string, suffix: Recipe["suffix"]): string {
  return `${modelId}-${suffix}.keepsight-model.json`;
}
