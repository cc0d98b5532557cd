import { dirname, join, resolve as absolutePath, sep } from "node:path";

import { KeepsightError } from "../core/errors.ts";
import type { CatalogFile, CatalogModel, FileRole } from "./catalog.ts";
import { createChecksumCache } from "./checksum-cache.ts";
import { type DownloadSource, isOnHuggingFace, toDownloadAddress } from "./download-address.ts";
import { downloadFile } from "./download-file.ts";
import { readExternalDataNames } from "./external-data.ts";
import { findIncompleteCopies } from "./find-incomplete-copies.ts";
import { isForServer, servedPath } from "./kserve/served-name.ts";
import { locateModelFile, type LocatedFile } from "./locate-model-file.ts";
import {
  assertDownloadable,
  type LocatedModel,
  type LocatedModelFile,
  type ModelState,
  type ResolvedModel,
  sumBytes,
  toResolved,
  toState,
  unverifiedError,
} from "./located-model.ts";
import type { ModelTask } from "./model-settings.ts";
import { askPublishedChecksum, type FilePin } from "./published-checksum.ts";
import { createRecordedPins, type PinsByName } from "./recorded-pins.ts";
import { scanModelFolders, type ModelFolderScan, type ModelProblem } from "./scan-model-folders.ts";

/** Shards of one network are asked for their checksums so many at a time. */
const CHECKSUM_REQUESTS = 8;

/** First what the catalogue lists, then what the graphs name, then nothing. */
const PULL_ROUNDS = 3;

export interface ModelStoreOptions extends DownloadSource {
  readonly catalog: readonly CatalogModel[];
  /** Where downloads go and checksums are remembered; made when needed. */
  readonly modelDirectory: string;
  /** The user's own folders of models, searched recursively and preferred to everything else. */
  readonly localDirectories: readonly string[];
  /** Nothing is ever downloaded. */
  readonly offline: boolean;
  readonly fetch: typeof fetch;
  /** Ids of models whose networks a server runs, so that they need not be on this machine. */
  readonly servedModelIds?: readonly string[] | undefined;
}

/** All known models, the catalogue's and the user's, and what is wrong with the user's folders and descriptions. */
export interface ModelList {
  readonly models: readonly ModelState[];
  readonly problems: readonly ModelProblem[];
}

/** Bytes of a pull, over all files it has to bring. */
export interface PullProgress {
  readonly modelId: string;
  readonly fileName: string;
  readonly receivedBytes: number;
  /** As far as it is known. */
  readonly totalBytes: number;
}

export interface PullOptions {
  /** Take the word of the server for files of which the catalogue knows no checksum. */
  readonly acceptUnverified?: boolean | undefined;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The models of this machine. Every call looks anew, so files may come and go while the store is in use. */
export interface ModelStore {
  list(): Promise<ModelList>;
  /** The model with the paths of its files; `undefined` when it is unknown or not completely installed. */
  resolve(modelId: string): Promise<ResolvedModel | undefined>;
  /** The installed model of highest preference for a task; `undefined` when there is none. */
  best(task: ModelTask): Promise<ResolvedModel | undefined>;
  /** All installed models for a task, highest preference first. */
  installed(task: ModelTask): Promise<ResolvedModel[]>;
  /**
   * Downloads what is missing of a model and gives it back. Throws `not_found` for an unknown id, `model_missing` when it
   * cannot be downloaded (offline, or no address known), `forbidden` with what the server says of files without a known
   * checksum when its word is not to be taken, `download_failed`, or `cancelled`.
   */
  pull(modelId: string, options?: PullOptions): Promise<ResolvedModel>;
  /** The state of a model with every byte of it read again. Throws `not_found` for an unknown id. */
  verify(modelId: string): Promise<ModelState>;
}

/** A known model, and the description it comes from when it is the user's own. */
interface KnownModel {
  readonly model: CatalogModel;
  readonly descriptionPath: string | undefined;
}

/**
 * A store of models that looks for the files of a model in the user's folders, in npm packages, and among downloads, and
 * takes none that has another checksum than the catalogue says. Checksums are computed once for each state of a file.
 */
export function createModelStore(options: ModelStoreOptions): ModelStore {
  const modelDirectory = absolutePath(options.modelDirectory);
  const localDirectories = options.localDirectories.map((directory) => absolutePath(directory));
  const checksums = createChecksumCache(join(modelDirectory, "checksums.json"));
  const recordedPins = createRecordedPins(join(modelDirectory, "published-checksums.json"));

  const isDownload = (path: string): boolean => path.startsWith(modelDirectory + sep);

  async function survey(): Promise<{
    scan: ModelFolderScan;
    models: KnownModel[];
    problems: ModelProblem[];
  }> {
    const scan = await scanModelFolders([...localDirectories, modelDirectory], [modelDirectory]);
    return { scan, ...mergeModels(options.catalog, scan) };
  }

  async function locate(
    { model, descriptionPath }: KnownModel,
    scan: ModelFolderScan,
    { fresh = false, convert = true } = {},
  ): Promise<LocatedModel> {
    const pins = (await recordedPins.read())[model.id] ?? {};
    const locateFile = async (
      file: CatalogFile,
      destination: string,
      { folders, shardOf }: { folders?: readonly string[] | undefined; shardOf?: FileRole } = {},
    ): Promise<LocatedModelFile> => {
      const where = {
        found: scan.files,
        modelDirectory,
        destination,
        descriptionPath,
        checksums,
        fresh,
        convert,
        folders,
      };
      const located = await locateModelFile(file, where);
      const served = located.state === "missing" ? locateServed(model, file) : undefined;
      return { file, destination, located: served ?? located, ...(shardOf && { shardOf }) };
    };
    /** A graph and the weights beside it; of the user's own only where both are there, else of the downloads. */
    const locateWithShards = async (file: CatalogFile, destination: string): Promise<LocatedModelFile[]> => {
      let found: LocatedModelFile[] = [];
      for (const folders of [undefined, [dirname(destination)]]) {
        const graph = await locateFile(file, destination, { folders });
        if (graph.located.state !== "present" || graph.located.where === "served") return [graph];
        const beside = { folders: [dirname(graph.located.path)], shardOf: file.role };
        const shards = await listShards(file, graph.located.path);
        if ("reason" in shards) return [{ ...graph, located: { ...graph.located, ...shards } }];
        found = [graph];
        for (const shard of shards) {
          const known = { ...pins[recordKey(shard.name, file.role)], ...shard };
          found.push(await locateFile(known, join(dirname(destination), shard.name), beside));
        }
        if (found.every(({ located }) => located.state === "present")) break;
      }
      return found;
    };
    const files: LocatedModelFile[] = [];
    for (const listed of model.files.filter(({ role }) => role !== "external-data")) {
      const file = { ...pins[listed.name], ...listed };
      const destination = destinationOf(model, file);
      if (file.externalData === true) files.push(...(await locateWithShards(file, destination)));
      else files.push(await locateFile(file, destination));
    }
    // Weights that the catalogue lists itself must lie beside a graph, too.
    const graphFolders = files.flatMap(({ located }) =>
      located.state === "present" ? [dirname(located.path)] : [],
    );
    for (const listed of model.files.filter(({ role }) => role === "external-data")) {
      const file = { ...pins[listed.name], ...listed };
      const folders = graphFolders.length > 0 ? graphFolders : undefined;
      files.push(await locateFile(file, destinationOf(model, file), { folders }));
    }
    return { model, files };
  }

  function locateServed(model: CatalogModel, file: CatalogFile): LocatedFile | undefined {
    if (options.servedModelIds?.includes(model.id) !== true || !isForServer(file)) return undefined;
    return { state: "present", path: servedPath(model.id, file.role), where: "served" };
  }

  async function locateById(modelId: string, options: { fresh?: boolean } = {}): Promise<LocatedModel> {
    const { scan, models } = await survey();
    const known = models.find(({ model }) => model.id === modelId);
    if (known !== undefined) return locate(known, scan, options);
    throw new KeepsightError(
      "not_found",
      `There is no model "${modelId}". "keepsight models list" names them all.`,
    );
  }

  /** Graphs with weights beside them have a folder each: the names of the weights are not ours to choose. */
  function destinationOf(model: CatalogModel, file: CatalogFile): string {
    const folder = join(modelDirectory, model.id);
    return file.externalData === true ? join(folder, file.role, file.name) : join(folder, file.name);
  }

  /** What servers say of the files without a known checksum, by the key under which it is recorded. */
  async function askChecksums(
    files: LocatedModel["files"],
    signal: AbortSignal | undefined,
  ): Promise<PinsByName> {
    const pins: Record<string, FilePin> = {};
    for (let from = 0; from < files.length; from += CHECKSUM_REQUESTS) {
      const asked = files.slice(from, from + CHECKSUM_REQUESTS).map(async ({ file, shardOf }) => {
        const address = toDownloadAddress(file.urls.find(isOnHuggingFace) ?? "", options);
        const pin = await askPublishedChecksum(address, { fetch: options.fetch, signal });
        pins[recordKey(file.name, shardOf)] = pin;
      });
      await Promise.all(asked);
    }
    return pins;
  }

  /** Downloads what is missing, as far as it is known; gives back whether there was anything to download. */
  async function download(located: LocatedModel, pullOptions: PullOptions): Promise<boolean> {
    assertDownloadable(located, options.offline);
    const { model, files } = located;
    const absent = files.filter(({ located }) => located.state !== "present");
    const unknown = absent.filter(({ file }) => file.sha256 === undefined);
    const pins = await askChecksums(unknown, pullOptions.signal);
    if (unknown.length > 0) {
      if (pullOptions.acceptUnverified !== true) throw unverifiedError(model, pins);
      await recordedPins.add(model.id, pins);
    }
    const wanted = absent.map(({ file, destination, shardOf }) => {
      return { file: { ...pins[recordKey(file.name, shardOf)], ...file }, destination };
    });
    await downloadFiles(model, wanted, pullOptions);
    return wanted.length > 0;
  }

  async function downloadFiles(
    model: CatalogModel,
    wanted: readonly { readonly file: CatalogFile; readonly destination: string }[],
    { onProgress, signal }: PullOptions,
  ): Promise<void> {
    const totalBytes = sumBytes(wanted.map(({ file }) => file));
    let finishedBytes = 0;
    for (const { file, destination } of wanted) {
      const { sha256, byteSize } = file;
      if (sha256 === undefined) throw new Error(`No checksum was asked for ${file.name}`);
      let receivedBytes = 0;
      await downloadFile({
        addresses: file.urls.map((url) => toDownloadAddress(url, options)),
        destination,
        byteSize,
        sha256,
        fetch: options.fetch,
        signal,
        onProgress: (bytes) => {
          receivedBytes = bytes;
          onProgress?.({
            modelId: model.id,
            fileName: file.name,
            receivedBytes: finishedBytes + bytes,
            totalBytes: Math.max(totalBytes, finishedBytes + bytes),
          });
        },
      });
      finishedBytes += byteSize ?? receivedBytes;
    }
  }

  return {
    async list() {
      const { scan, models, problems } = await survey();
      const states: ModelState[] = [];
      for (const known of models) states.push(toState(await locate(known, scan, { convert: false })));
      const besideDownloads = { ...scan, files: scan.files.filter(({ path }) => !isDownload(path)) };
      return {
        models: states,
        problems: [...problems, ...findIncompleteCopies(besideDownloads, options.catalog)],
      };
    },

    async resolve(modelId) {
      const { scan, models } = await survey();
      const known = models.find(({ model }) => model.id === modelId);
      return known && toResolved(await locate(known, scan));
    },

    async best(task) {
      const { scan, models } = await survey();
      for (const known of suitableModels(models, task)) {
        const resolved = toResolved(await locate(known, scan));
        if (resolved !== undefined) return resolved;
      }
      return undefined;
    },

    async installed(task) {
      const { scan, models } = await survey();
      const located = suitableModels(models, task).map((known) => locate(known, scan));
      return (await Promise.all(located)).flatMap((model) => toResolved(model) ?? []);
    },

    async pull(modelId, pullOptions = {}) {
      // A graph tells what lies beside it only once it is here.
      for (let round = 0; round < PULL_ROUNDS; round++) {
        if (!(await download(await locateById(modelId), pullOptions))) break;
      }
      const located = await locateById(modelId);
      const resolved = toResolved(located);
      if (resolved !== undefined) return resolved;
      const faults = toState(located).corrupt.map(({ name, reason }) => ` ${name}: it ${reason}.`);
      throw new KeepsightError(
        "model_invalid",
        `The files of "${modelId}" have arrived but cannot be used.${faults.join("")}`,
      );
    },

    async verify(modelId) {
      return toState(await locateById(modelId, { fresh: true }));
    },
  };
}

/** The catalogue's models and the user's; an id that is taken makes the later model a problem. */
function mergeModels(
  catalog: readonly CatalogModel[],
  scan: ModelFolderScan,
): { models: KnownModel[]; problems: ModelProblem[] } {
  const models: KnownModel[] = catalog.map((model) => ({ model, descriptionPath: undefined }));
  const problems = [...scan.problems];
  for (const { model, descriptionPath } of scan.customModels) {
    if (models.some((known) => known.model.id === model.id)) {
      problems.push({ path: descriptionPath, message: `uses the id "${model.id}" of another model` });
    } else {
      models.push({ model, descriptionPath });
    }
  }
  return { models, problems };
}

/** The models for a task, highest preference first, installed or not. */
function suitableModels(models: readonly KnownModel[], task: ModelTask): KnownModel[] {
  return models
    .filter(({ model }) => model.settings.task === task)
    .toSorted((a, b) => b.model.preference - a.model.preference);
}

/** The files beside a graph that hold its weights, with addresses beside the graph's; or why it does not tell. */
async function listShards(
  graph: CatalogFile,
  path: string,
): Promise<CatalogFile[] | { readonly state: "corrupt"; readonly reason: string }> {
  try {
    return (await readExternalDataNames(path)).map((name) => ({
      role: "external-data",
      name,
      urls: graph.urls.map((url) => new URL(encodeURIComponent(name), url).href),
    }));
  } catch (error) {
    if (!(error instanceof KeepsightError)) throw error;
    return { state: "corrupt", reason: `cannot be read as a graph (${error.message})` };
  }
}

/** Under which the word of a server about a file is recorded. */
function recordKey(name: string, shardOf: FileRole | undefined): string {
  return shardOf === undefined ? name : `${shardOf}/${name}`;
}
