import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";

import { z } from "zod";

import { isFileMissing } from "../core/errors.ts";
import { CatalogModel } from "./catalog.ts";

/** Files that end so describe a user's own model, in the format of a catalogue entry. */
const DESCRIPTION_SUFFIX = ".keepsight-model.json";

/** A file found in a model folder. */
export interface FoundFile {
  readonly name: string;
  readonly path: string;
  readonly byteSize: number;
}

/** A model described by a file beside its weights. */
interface CustomModel {
  readonly model: CatalogModel;
  readonly descriptionPath: string;
}

/** What is wrong with a model folder or a model description, in words for the user. */
export interface ModelProblem {
  readonly path: string;
  readonly message: string;
}

export interface ModelFolderScan {
  readonly files: readonly FoundFile[];
  readonly customModels: readonly CustomModel[];
  readonly problems: readonly ModelProblem[];
}

/**
 * All files and model descriptions below the folders, links followed, each folder visited once. What cannot be read or
 * understood is among the problems; nothing throws. `mayBeAbsent` folders are no problem when they do not exist.
 */
export async function scanModelFolders(
  folders: readonly string[],
  mayBeAbsent: readonly string[] = [],
): Promise<ModelFolderScan> {
  const files: FoundFile[] = [];
  const problems: ModelProblem[] = [];
  const visited = new Set<string>();

  async function visit(path: string, isRoot: boolean): Promise<void> {
    try {
      const stats = await stat(path);
      if (stats.isFile() && !isRoot) files.push({ name: basename(path), path, byteSize: stats.size });
      else if (stats.isDirectory()) await visitFolder(path);
      else if (isRoot) problems.push({ path, message: "is not a folder" });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Dangling links are common in caches that link to a store of their own.
      const isAbsent = isFileMissing(error);
      if (isAbsent && (!isRoot || mayBeAbsent.includes(path))) return;
      problems.push({ path, message: isAbsent ? "does not exist" : `cannot be read (${code ?? message})` });
    }
  }
  async function visitFolder(path: string): Promise<void> {
    const folder = await realpath(path);
    if (visited.has(folder)) return;
    visited.add(folder);
    for (const name of (await readdir(path)).toSorted()) await visit(join(path, name), false);
  }

  for (const folder of folders) await visit(folder, true);
  const described = await Promise.all(
    files.filter((file) => file.name.endsWith(DESCRIPTION_SUFFIX)).map((file) => readDescription(file.path)),
  );
  return {
    files,
    customModels: described.filter((entry) => "model" in entry),
    problems: [...problems, ...described.filter((entry) => "message" in entry)],
  };
}

async function readDescription(path: string): Promise<CustomModel | ModelProblem> {
  try {
    const parsed = CatalogModel.safeParse(JSON.parse(await readFile(path, "utf8")));
    if (parsed.success) return { model: parsed.data, descriptionPath: path };
    return { path, message: `does not describe a model:\n${z.prettifyError(parsed.error)}` };
  } catch (error) {
    const reason = error instanceof SyntaxError ? "is not valid JSON" : "cannot be read";
    return { path, message: `${reason} (${(error as Error).message})` };
  }
}
