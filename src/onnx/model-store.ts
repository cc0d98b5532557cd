import { join, resolve as absolutePath } from "node:path";

import { KeepsightError } from "../core/errors.ts";
import type { CatalogFile, CatalogModel, FileRole } from "./catalog.ts";
import { createChecksumCache } from "./checksum-cache.ts";
import { downloadFile } from "./download-file.ts";
import { isNetwork, servedPath } from "./kserve/served-name.ts";
import { locateModelFile, type LocatedFile, type ModelFileSource } from "./locate-model-file.ts";
import type { ModelTask } from "./model-settings.ts";
import { scanModelFolders, type ModelFolderScan, type ModelProblem } from "./scan-model-folders.ts";

export interface ModelStoreOptions {
  readonly catalog: readonly CatalogModel[];
  /** Where downloads go and checksums are remembered; made when needed. */
  readonly modelDirectory: string;
  /** The user's own folders of models, searched recursively and preferred to everything else. */
  readonly localDirectories: readonly string[];
  /** Nothing is ever downloaded. */
  readonly offline: boolean;
  /** Base address that takes the place of scheme and host in every address. */
  readonly mirror?: string | undefined;
  readonly fetch: typeof fetch;
  /** Ids of models whose networks a server runs, so that they need not be on this machine. */
  readonly servedModelIds?: readonly string[] | undefined;
}

/** How much of a model is on this machine; `corrupt` when a file that should be its is another. */
export interface ModelState {
  readonly model: CatalogModel;
  readonly state: "installed" | "partial" | "missing" | "corrupt";
  /** Where its first file was found; absent when none is there. */
  readonly where: ModelFileSource | undefined;
  /** Names of files that are not there. */
  readonly missing: readonly string[];
  readonly corrupt: readonly { readonly name: string; readonly path: string; readonly reason: string }[];
  /** Bytes of all its files. */
  readonly byteSize: number;
  /** Bytes that a pull would have to bring. */
  readonly missingByteSize: number;
  /** Whether a pull can bring what is missing (offline mode aside). */
  readonly canPull: boolean;
}

/** All known models, the catalogue's and the user's, and what is wrong with the user's folders and descriptions. */
export interface ModelList {
  readonly models: readonly ModelState[];
  readonly problems: readonly ModelProblem[];
}

/** A model ready to be run: plain data, so that it can be sent to another process. */
export interface ResolvedModel {
  readonly model: CatalogModel;
  /** Absolute path of the file of each role the model has; `kserve:NAME` for a network that only a server has. */
  readonly files: Readonly<Partial<Record<FileRole, string>>>;
}

/** Bytes of a pull, over all files it has to bring. */
export interface PullProgress {
  readonly modelId: string;
  readonly fileName: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

export interface PullOptions {
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
   * cannot be downloaded (offline, or no address known), `download_failed`, or `cancelled`.
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

/** A model and where each of its files lies. */
interface LocatedModel {
  readonly model: CatalogModel;
  readonly files: readonly { readonly file: CatalogFile; readonly located: LocatedFile }[];
}

/**
 * A store of models that looks for the files of a model in the user's folders, in npm packages, and among downloads, and
 * takes none that has another checksum than the catalogue says. Checksums are computed once for each state of a file.
 */
export function createModelStore(options: ModelStoreOptions): ModelStore {
  const modelDirectory = absolutePath(options.modelDirectory);
  const localDirectories = options.localDirectories.map((directory) => absolutePath(directory));
  const checksums = createChecksumCache(join(modelDirectory, "checksums.json"));

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
    const files: LocatedModel["files"][number][] = [];
    for (const file of model.files) {
      const destination = destinationOf(model, file);
      const where = {
        found: scan.files,
        modelDirectory,
        destination,
        descriptionPath,
        checksums,
        fresh,
        convert,
      };
      const located = await locateModelFile(file, where);
      files.push({
        file,
        located: located.state === "missing" ? (locateServed(model, file) ?? located) : located,
      });
    }
    return { model, files };
  }

  function locateServed(model: CatalogModel, file: CatalogFile): LocatedFile | undefined {
    if (options.servedModelIds?.includes(model.id) !== true || !isNetwork(file)) return undefined;
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

  function destinationOf(model: CatalogModel, file: CatalogFile): string {
    return join(modelDirectory, model.id, file.name);
  }

  async function download(located: LocatedModel, { onProgress, signal }: PullOptions): Promise<void> {
    assertDownloadable(located, options.offline);
    const { model, files } = located;
    const wanted = files.filter(({ located }) => located.state !== "present").map(({ file }) => file);
    const totalBytes = sumBytes(wanted);
    let finishedBytes = 0;
    for (const file of wanted) {
      const destination = destinationOf(model, file);
      await downloadFile({
        urls: file.urls.map((url) => (options.mirror === undefined ? url : mirrorUrl(url, options.mirror))),
        destination,
        byteSize: file.byteSize,
        sha256: file.sha256,
        fetch: options.fetch,
        signal,
        onProgress: (bytes) => {
          onProgress?.({
            modelId: model.id,
            fileName: file.name,
            receivedBytes: finishedBytes + bytes,
            totalBytes,
          });
        },
      });
      finishedBytes += file.byteSize;
    }
  }

  return {
    async list() {
      const { scan, models, problems } = await survey();
      const states: ModelState[] = [];
      for (const known of models) states.push(toState(await locate(known, scan, { convert: false })));
      return { models: states, problems };
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
      await download(await locateById(modelId), pullOptions);
      const resolved = toResolved(await locateById(modelId));
      if (resolved !== undefined) return resolved;
      throw new KeepsightError(
        "model_invalid",
        `The files of "${modelId}" changed while they were downloaded. Try again.`,
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

function toState({ model, files }: LocatedModel): ModelState {
  const absent = files.filter(({ located }) => located.state !== "present").map(({ file }) => file);
  const corrupt = files.flatMap(({ file, located }) =>
    located.state === "corrupt" ? [{ name: file.name, path: located.path, reason: located.reason }] : [],
  );
  const first = files.find(({ located }) => located.state !== "missing")?.located;
  return {
    model,
    state: summarise(files.length, absent.length, corrupt.length),
    where: first?.state === "missing" ? undefined : first?.where,
    missing: files.filter(({ located }) => located.state === "missing").map(({ file }) => file.name),
    corrupt,
    byteSize: sumBytes(model.files),
    missingByteSize: sumBytes(absent),
    canPull: absent.every((file) => file.urls.length > 0),
  };
}

function summarise(all: number, absent: number, corrupt: number): ModelState["state"] {
  if (corrupt > 0) return "corrupt";
  if (absent === 0) return "installed";
  return absent === all ? "missing" : "partial";
}

/** The models for a task, highest preference first, installed or not. */
function suitableModels(models: readonly KnownModel[], task: ModelTask): KnownModel[] {
  return models
    .filter(({ model }) => model.settings.task === task)
    .toSorted((a, b) => b.model.preference - a.model.preference);
}

function toResolved({ model, files }: LocatedModel): ResolvedModel | undefined {
  const paths: Partial<Record<FileRole, string>> = {};
  for (const { file, located } of files) {
    if (located.state !== "present") return undefined;
    paths[file.role] = located.path;
  }
  return { model, files: paths };
}

function assertDownloadable({ model, files }: LocatedModel, offline: boolean): void {
  const blocked = files.filter(({ file, located }) => {
    return located.state !== "present" && (offline || file.urls.length === 0);
  });
  if (blocked.length === 0) return;
  const names = blocked.map(({ file }) => `${file.name} (${file.byteSize} bytes)`).join(", ");
  const faults = blocked.flatMap(({ located }) =>
    located.state === "corrupt" ? [` ${located.path} cannot be used: it ${located.reason}.`] : [],
  );
  const reason = offline ? "Keepsight is set to be offline" : "no address is known to download it from";
  throw new KeepsightError(
    "model_missing",
    `Model "${model.id}" is not installed and ${reason}. Place ${names} in a folder named by KEEPSIGHT_MODELS_DIR` +
      (offline ? `, or unset KEEPSIGHT_OFFLINE.${faults.join("")}` : `.${faults.join("")}`),
  );
}

function sumBytes(files: readonly CatalogFile[]): number {
  return files.reduce((sum, file) => sum + file.byteSize, 0);
}

/** The same path and query below the mirror's base address, which may have a path of its own. */
function mirrorUrl(url: string, mirror: string): string {
  const { pathname, search } = new URL(url);
  return mirror.replace(/\/+$/, "") + pathname + search;
}
