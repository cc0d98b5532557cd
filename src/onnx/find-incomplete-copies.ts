import { dirname } from "node:path";
import type { CatalogModel } from "./catalog.ts";
import type { FoundFile, ModelFolderScan, ModelProblem } from "./scan-model-folders.ts";

/**
 * Graphs (`.onnx`) in the user's folders that bear the name of a model's file and no such file's size: most are copies that
 * broke off. Those beside a description of the user's own are judged there, and names of which some file may have any size
 * tell nothing.
 */
export function findIncompleteCopies(
  { files, customModels }: ModelFolderScan,
  catalog: readonly CatalogModel[],
): ModelProblem[] {
  const described = new Set(customModels.map(({ descriptionPath }) => dirname(descriptionPath)));
  const known = Map.groupBy(
    catalog.flatMap(({ id, files: own }) => own.map((file) => ({ id, ...file }))),
    ({ name }) => name,
  );
  return files
    .filter(({ name, path }) => name.endsWith(".onnx") && !described.has(dirname(path)))
    .flatMap((found) => describeMismatch(found, known.get(found.name) ?? []) ?? []);
}

function describeMismatch(
  { path, byteSize }: FoundFile,
  namesakes: readonly { readonly id: string; readonly byteSize?: number | undefined }[],
): ModelProblem | undefined {
  const isExplained = namesakes.some((file) => (file.byteSize ?? byteSize) === byteSize);
  if (namesakes.length === 0 || isExplained) return undefined;
  const expected = namesakes.map((file) => `${file.byteSize} (${file.id})`).join(" or ");
  return {
    path,
    message: `has ${byteSize} bytes where ${expected} are expected, so it is not used; copy it again`,
  };
}
