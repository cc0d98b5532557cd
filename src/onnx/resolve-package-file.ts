import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";

/**
 * The absolute path of a file inside an installed npm package, wherever npm has put it and whatever the package
 * exports; `undefined` when the package is not installed. Does not look whether the file is there.
 */
export function resolvePackageFile(packageName: string, path: string): string | undefined {
  const manifest = findManifest(packageName);
  return manifest === undefined ? undefined : join(dirname(manifest), path);
}

function findManifest(packageName: string): string | undefined {
  try {
    return findPackageJSON(packageName, import.meta.url);
  } catch {
    return undefined;
  }
}
