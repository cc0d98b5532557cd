import type { FileRole } from "../catalog.ts";
import type { ResolvedModel } from "../model-store.ts";

/** A network under the name that it has on a server of models. */
export interface ServedFile {
  readonly name: string;
  readonly modelId: string;
  readonly role: FileRole;
  readonly path: string;
}

/**
 * The name of one network of a model on a server of models: the model's id, with the role behind an underscore where the
 * model has several networks. Ids have no underscores, so no two networks have the same name.
 */
export function servedName(modelId: string, role: FileRole): string {
  return role === "model" ? modelId : `${modelId}_${role}`;
}

/** The networks of a model, without its vocabularies and lists. */
export function servedFiles({ model, files }: ResolvedModel): ServedFile[] {
  return model.files
    .filter(({ name }) => name.endsWith(".onnx"))
    .flatMap(({ role }) => {
      const path = files[role];
      return path === undefined ? [] : [{ name: servedName(model.id, role), modelId: model.id, role, path }];
    });
}
