import { stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";

import type { CatalogFile } from "./catalog.ts";
import type { ChecksumCache } from "./checksum-cache.ts";
import { convertPackageFile } from "./convert-package-file.ts";
import { resolvePackageFile } from "./resolve-package-file.ts";
import type { FoundFile } from "./scan-model-folders.ts";

/** Where a model's file was found: a folder of the user's, an npm package, the folder downloads go to, or only on a server. */
export type ModelFileSource = "local" | "npm" | "downloaded" | "served";

/** A file of a model as it lies on this machine. */
export type LocatedFile =
  | { readonly state: "present"; readonly path: string; readonly where: ModelFileSource }
  | {
      readonly state: "corrupt";
      readonly path: string;
      readonly where: ModelFileSource;
      readonly reason: string;
    }
  | { readonly state: "missing" };

export interface LocateOptions {
  /** Everything found below the model folders, in the order in which they are to be preferred. */
  readonly found: readonly FoundFile[];
  readonly modelDirectory: string;
  /** Where the download of this file lies or would lie. */
  readonly destination: string;
  /** Path of the description when the model is a user's own: its files are expected beside it. */
  readonly descriptionPath: string | undefined;
  readonly checksums: ChecksumCache;
  /** Read every byte again instead of trusting remembered checksums. */
  readonly fresh: boolean;
  /** Make the file where it can be made from a package; else the package counts as the file. */
  readonly convert: boolean;
  /** The only folders the file may lie in, for weights that a graph looks for beside itself. */
  readonly folders?: readonly string[] | undefined;
}

/**
 * The first file with the right checksum among those of the right name and size, else one made from an installed package,
 * else the first that should be the file but is not, with the reason. A file of another size counts as corrupt only where
 * this very file is expected; so does one of another checksum where no size is known. A file of which nothing is known is
 * taken by its name.
 */
export async function locateModelFile(file: CatalogFile, options: LocateOptions): Promise<LocatedFile> {
  let corrupt: LocatedFile | undefined;
  for (const candidate of await listCandidates(file, options)) {
    const { path, where } = candidate;
    const reason = await findFault(file, candidate, options);
    if (reason === undefined) return { state: "present", path, where };
    if (file.byteSize !== undefined || candidate.isExpectedHere) {
      corrupt ??= { state: "corrupt", path, where, reason };
    }
  }
  return (await locateConverted(file, options)) ?? corrupt ?? { state: "missing" };
}

/** The file made from a package; `undefined` when it is not one to be made, or the package is not installed. */
async function locateConverted(
  { npm, byteSize, sha256, ...file }: CatalogFile,
  { destination, convert }: LocateOptions,
): Promise<LocatedFile | undefined> {
  if (npm?.conversion === undefined || byteSize === undefined || sha256 === undefined) return undefined;
  const source = await findPackaged(npm);
  if (source === undefined) return undefined;
  if (!convert) return { state: "present", path: source.path, where: "npm" };
  const plan = { source: source.path, conversion: npm.conversion, destination };
  const reason = await convertPackageFile({ ...file, byteSize, sha256 }, plan);
  if (reason !== undefined) return { state: "corrupt", path: source.path, where: "npm", reason };
  return { state: "present", path: destination, where: "npm" };
}

interface Candidate {
  readonly path: string;
  readonly where: ModelFileSource;
  readonly byteSize: number;
  /** Nothing but this file has a reason to be there. */
  readonly isExpectedHere: boolean;
}

async function listCandidates(file: CatalogFile, options: LocateOptions): Promise<Candidate[]> {
  const { modelDirectory, destination, descriptionPath } = options;
  const besideDescription = descriptionPath && join(dirname(descriptionPath), file.name);
  const ownSource = file.npm?.conversion === undefined ? "downloaded" : "npm";
  const found = options.found
    .filter(({ name, path }) => name === file.name && (options.folders?.includes(dirname(path)) ?? true))
    .map(({ path, byteSize }): Candidate => {
      const isExpectedHere = path === besideDescription || path === destination;
      const where = path.startsWith(modelDirectory + sep) ? ownSource : "local";
      return { path, byteSize, where, isExpectedHere };
    })
    .filter(({ byteSize, isExpectedHere }) => byteSize === (file.byteSize ?? byteSize) || isExpectedHere);
  const packaged = file.npm?.conversion === undefined ? await findPackaged(file.npm) : undefined;
  return packaged === undefined ? found : [...found, packaged];
}

async function findPackaged(npm: CatalogFile["npm"]): Promise<Candidate | undefined> {
  const path = npm && resolvePackageFile(npm.package, npm.path);
  const stats = path === undefined ? undefined : await stat(path).catch(() => undefined);
  if (path === undefined || stats?.isFile() !== true) return undefined;
  return { path, where: "npm", byteSize: stats.size, isExpectedHere: true };
}

async function findFault(
  file: CatalogFile,
  candidate: Candidate,
  { checksums, fresh }: LocateOptions,
): Promise<string | undefined> {
  if (file.byteSize !== undefined && candidate.byteSize !== file.byteSize) {
    return `has ${candidate.byteSize} bytes where ${file.byteSize} are expected`;
  }
  if (file.sha256 === undefined) return undefined;
  try {
    const sha256 = await checksums.sha256(candidate.path, { fresh });
    return sha256 === file.sha256 ? undefined : `has the sha256 ${sha256} where ${file.sha256} is expected`;
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`;
  }
}
