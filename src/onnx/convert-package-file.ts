import { createHash, randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import type { CatalogFile } from "./catalog.ts";
import { type Conversion, convertModel } from "./convert/convert-model.ts";
import { sha256File } from "./sha256-file.ts";
import { withFileLock } from "./with-file-lock.ts";

/** Where the source of a conversion lies and where its result is to lie. */
interface ConversionPlan {
  readonly source: string;
  readonly conversion: Conversion;
  readonly destination: string;
}

/**
 * Makes the model file at `destination` out of the one at `source`, unless another process has just done so: written under
 * another name first, and never with another checksum than that of `file`. Gives back why it could not be made, in words
 * that follow the name of the source, or `undefined` when the file is there.
 */
export async function convertPackageFile(
  file: CatalogFile,
  plan: ConversionPlan,
): Promise<string | undefined> {
  const { destination } = plan;
  try {
    await mkdir(dirname(destination), { recursive: true });
    return await withFileLock(`${destination}.lock`, async () => {
      const present = await sha256File(destination).catch(() => undefined);
      return present === file.sha256 ? undefined : await convertOnce(file, plan);
    });
  } catch (error) {
    return `cannot be converted to ${destination} (${(error as Error).message})`;
  }
}

async function convertOnce(
  file: CatalogFile,
  { source, conversion, destination }: ConversionPlan,
): Promise<string | undefined> {
  const model = await convertModel(source, conversion);
  const sha256 = createHash("sha256").update(model).digest("hex");
  if (sha256 !== file.sha256) {
    return `is of another version: it makes a model with the sha256 ${sha256} where ${file.sha256} is expected`;
  }
  const draft = `${destination}.${randomUUID()}.part`;
  try {
    await writeFile(draft, model);
    await rename(draft, destination);
  } finally {
    await rm(draft, { force: true });
  }
  return undefined;
}
