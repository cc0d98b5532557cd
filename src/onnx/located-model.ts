import { KeepsightError } from "../core/errors.ts";
import type { CatalogFile, CatalogModel, FileRole } from "./catalog.ts";
import { isOnHuggingFace } from "./download-address.ts";
import type { LocatedFile, ModelFileSource } from "./locate-model-file.ts";
import type { PinsByName } from "./recorded-pins.ts";

/** A file of a model and where it is. */
export interface LocatedModelFile {
  /** With what was recorded of it where the catalogue knows less. */
  readonly file: CatalogFile;
  /** Where its download lies or would lie. */
  readonly destination: string;
  readonly located: LocatedFile;
  /** The graph that names it, for weights that are not in the catalogue. */
  readonly shardOf?: FileRole;
}

/** A model and where each of its files lies. */
export interface LocatedModel {
  readonly model: CatalogModel;
  readonly files: readonly LocatedModelFile[];
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
  /** Bytes of all its files, as far as they are known. */
  readonly byteSize: number;
  /** Bytes that a pull would have to bring, as far as they are known. */
  readonly missingByteSize: number;
  /** Whether the sizes of all its files are known. */
  readonly isSizeKnown: boolean;
  /** Names of files that the catalogue knows no checksum of. */
  readonly unverified: readonly string[];
  /** Whether a pull can bring what is missing (offline mode aside). */
  readonly canPull: boolean;
}

/** A model ready to be run: plain data, so that it can be sent to another process. */
export interface ResolvedModel {
  readonly model: CatalogModel;
  /** Absolute path of the file of each role the model has; `kserve:NAME` for a network that only a server has. */
  readonly files: Readonly<Partial<Record<FileRole, string>>>;
}

/** How much of a model is there. */
export function toState({ model, files }: LocatedModel): ModelState {
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
    byteSize: sumBytes(files.map(({ file }) => file)),
    missingByteSize: sumBytes(absent),
    isSizeKnown: files.every(({ file }) => file.byteSize !== undefined),
    unverified: model.files.filter(({ sha256 }) => sha256 === undefined).map(({ name }) => name),
    canPull: absent.every(isDownloadable),
  };
}

function summarise(all: number, absent: number, corrupt: number): ModelState["state"] {
  if (corrupt > 0) return "corrupt";
  if (absent === 0) return "installed";
  return absent === all ? "missing" : "partial";
}

/** The model as it can be run; undefined while a file of it is not there. */
export function toResolved({ model, files }: LocatedModel): ResolvedModel | undefined {
  const paths: Partial<Record<FileRole, string>> = {};
  for (const { file, located } of files) {
    if (located.state !== "present") return undefined;
    paths[file.role] = located.path;
  }
  return { model, files: paths };
}

/** Throws `model_missing` when what is missing of a model cannot be downloaded. */
export function assertDownloadable({ model, files }: LocatedModel, offline: boolean): void {
  const blocked = files.filter(({ file, located }) => {
    return located.state !== "present" && (offline || !isDownloadable(file));
  });
  if (blocked.length === 0) return;
  const names = blocked.map(({ file }) => describeFile(file)).join(", ");
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

/** Whether there is an address to fetch the file from, and something to hold it to. */
function isDownloadable({ urls, sha256 }: CatalogFile): boolean {
  return sha256 === undefined ? urls.some(isOnHuggingFace) : urls.length > 0;
}

function describeFile({ name, byteSize }: CatalogFile): string {
  return byteSize === undefined ? name : `${name} (${byteSize} bytes)`;
}

/** Refuses files without a known checksum, with what their server says of them. */
export function unverifiedError(model: CatalogModel, pins: PinsByName): KeepsightError {
  const told = Object.entries(pins).map(
    ([name, { byteSize, sha256 }]) => `  ${name}: ${byteSize} bytes, sha256 ${sha256}`,
  );
  return new KeepsightError(
    "forbidden",
    `The catalogue knows no checksum of files of "${model.id}". Their server says now:\n${told.join("\n")}\n` +
      "If you trust it, pull the model on the command line with --accept-unverified; from then on the files are held to this.",
  );
}

/** Bytes of files, as far as they are known. */
export function sumBytes(files: readonly CatalogFile[]): number {
  return files.reduce((sum, file) => sum + (file.byteSize ?? file.approximateByteSize ?? 0), 0);
}
