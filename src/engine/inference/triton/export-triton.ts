import {
  copyFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { KeepsightError } from "../../../core/errors.ts";
import type { TensorMetadata } from "../../../kserve/inference-service.ts";
import { describeModel, type TensorSignature } from "../../../onnx/describe-model.ts";
import { servedFiles, type ServedFile } from "../../../onnx/kserve/served-name.ts";
import { toDatatype } from "../../../onnx/kserve/wire-conversion.ts";
import type { ResolvedModel } from "../../../onnx/located-model.ts";
import { quantisesActivations } from "../../../onnx/quantises-activations.ts";
import { writeTritonConfig } from "./triton-config.ts";

/** Says which folders of a repository are ours; Triton looks at folders only. */
const MARKER_FILE = "keepsight-export.json";
const Marker = z.object({ models: z.array(z.string()) });

/** What Triton calls the only version. */
const VERSION = "1";

/** What was written. */
export interface TritonExport {
  readonly directory: string;
  /** Names of the networks, each a folder. */
  readonly models: readonly string[];
}

/**
 * Writes a Triton model repository with the networks of the given models; files are linked where the file system allows it,
 * else copied. A new repository appears whole or not at all; in one that is there each network is replaced as a whole,
 * and networks of a former export that are not among these go. Throws `conflict` for a folder that holds something of the
 * same name from elsewhere, or anything at all that is no export of ours, unless `isForced`.
 */
export async function exportTriton(
  models: readonly ResolvedModel[],
  directory: string,
  { isForced }: { readonly isForced: boolean },
): Promise<TritonExport> {
  const target = resolve(directory);
  const former = await readFormer(target);
  const names = models.flatMap(servedFiles).map(({ name }) => name);
  if (!isForced) assertOurs(target, former, names);
  await mkdir(dirname(target), { recursive: true });
  const draft = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    for (const model of models) for (const file of servedFiles(model)) await writeModel(draft, model, file);
    await writeFile(join(draft, MARKER_FILE), JSON.stringify({ models: names }, null, 2));
    await replace(draft, target, names, former);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { directory: target, models: names };
}

/** What lies in the target, and which of it we wrote; undefined when there is nothing. */
interface Former {
  readonly entries: readonly string[];
  /** Absent when it is no export of ours. */
  readonly models?: readonly string[];
}

async function readFormer(target: string): Promise<Former | undefined> {
  const entries = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new KeepsightError("conflict", `${target} cannot be a model repository (${error.message}).`, {
      cause: error,
    });
  });
  if (entries === undefined) return undefined;
  try {
    const marker = Marker.parse(JSON.parse(await readFile(join(target, MARKER_FILE), "utf8")));
    return { entries, models: marker.models };
  } catch {
    return { entries };
  }
}

function assertOurs(target: string, former: Former | undefined, names: readonly string[]): void {
  if (former === undefined || former.entries.length === 0) return;
  const foreign = former.entries.filter((entry) => {
    return names.includes(entry) && former.models?.includes(entry) !== true;
  });
  if (former.models !== undefined && foreign.length === 0) return;
  const what =
    former.models === undefined ? "is not empty and no export of ours" : `has its own ${foreign.join(", ")}`;
  throw new KeepsightError(
    "conflict",
    `${target} ${what}; choose another folder, or replace it with --force.`,
  );
}

/** `<name>/config.pbtxt` and `<name>/1/model.onnx`, with the files that the network itself refers to beside it. */
async function writeModel(draft: string, model: ResolvedModel, { name, path }: ServedFile): Promise<void> {
  const { inputs, outputs } = await describeModel(path);
  const tensors = [...inputs, ...outputs];
  const config = writeTritonConfig({
    name,
    inputs: inputs.map(toMetadata),
    outputs: outputs.map(toMetadata),
    settings: model.model.settings,
    isBatchable: tensors.every(({ shape }) => shape[0] === -1) && !(await quantisesActivations(path)),
  });
  const folder = join(draft, name, VERSION);
  await mkdir(folder, { recursive: true });
  await writeFile(join(draft, name, "config.pbtxt"), config);
  await linkOrCopy(path, join(folder, "model.onnx"));
  for (const file of model.model.files) {
    const data = model.files[file.role];
    if (file.role === "external-data" && data !== undefined) await linkOrCopy(data, join(folder, file.name));
  }
}

function toMetadata({ name, type, shape }: TensorSignature): TensorMetadata {
  const datatype = toDatatype(type);
  if (datatype !== undefined) return { name, datatype, shape };
  throw new KeepsightError("model_invalid", `"${name}" has the type ${type}, which no runner here uses.`);
}

/** A second name for the same bytes; where that is not possible (another disk, a file system without links) a copy. */
async function linkOrCopy(source: string, destination: string): Promise<void> {
  const real = await realpath(source);
  await link(real, destination).catch(() => copyFile(real, destination));
}

async function replace(
  draft: string,
  target: string,
  names: readonly string[],
  former: Former | undefined,
): Promise<void> {
  if (former === undefined) return rename(draft, target);
  const old = join(draft, "former");
  await mkdir(old);
  for (const name of new Set([...(former.models ?? []), ...names])) {
    // A folder that is not there need not go.
    if (former.entries.includes(name)) await rename(join(target, name), join(old, name));
    if (names.includes(name)) await rename(join(draft, name), join(target, name));
  }
  await rename(join(draft, MARKER_FILE), join(target, MARKER_FILE));
}
