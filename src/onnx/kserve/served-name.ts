import type { CatalogFile, FileRole } from "../catalog.ts";
import type { ResolvedModel } from "../located-model.ts";

/** Begins the place of a network that is not on this machine but on a server of models. */
const SERVED_PREFIX = "kserve:";

/** A network under the name that it has on a server of models. */
export interface ServedFile {
  readonly name: string;
  readonly modelId: string;
  readonly path: string;
}

/**
 * The name of one network of a model on a server of models: the model's id, with the role behind an underscore where the
 * model has several networks. Ids have no underscores, so no two networks have the same name.
 */
function servedName(modelId: string, role: FileRole): string {
  return role === "model" ? modelId : `${modelId}_${role}`;
}

/** Stands where the path of a network would, if it were on this machine. */
export function servedPath(modelId: string, role: FileRole): string {
  return SERVED_PREFIX + servedName(modelId, role);
}

/** True for what {@link servedPath} gives. */
export function isServedPath(path: string): boolean {
  return path.startsWith(SERVED_PREFIX);
}

/** True for the files that a server of the model needs and its clients do not: vocabularies and lists are for those. */
export function isForServer(file: CatalogFile): boolean {
  return isNetwork(file) || file.role === "external-data";
}

/** True for the files of a model that can be run. */
function isNetwork({ name }: CatalogFile): boolean {
  return name.endsWith(".onnx");
}

/** The networks of a model. */
export function servedFiles({ model, files }: ResolvedModel): ServedFile[] {
  return model.files.filter(isNetwork).flatMap(({ role }) => {
    const path = files[role];
    return path === undefined ? [] : [{ name: servedName(model.id, role), modelId: model.id, path }];
  });
}
