import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import { z } from "zod";
import { isFileMissing, KeepsightError } from "../../core/errors.ts";

/** Name of the file that says what a backup holds; it is written last, so a folder without one is no backup. */
export const MANIFEST_FILE = "manifest.json";

/** The form of backups that this program writes, and the newest that it reads. */
export const BACKUP_FORMAT = 1;

const isInside = (path: string) =>
  !isAbsolute(path) && normalize(path) === path && !path.startsWith("..") && !path.includes("\0");

const Manifest = z.object({
  format: z.number().int(),
  createdAt: z.iso.datetime(),
  schemaVersion: z.number().int(),
  photos: z.number().int(),
  decisions: z.number().int(),
  withDerivatives: z.boolean(),
  files: z.array(
    z.object({
      path: z.string().min(1).refine(isInside, "expected a path inside the backup"),
      byteSize: z.number().int(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

/** What a backup holds; paths are relative to its folder. */
export type Manifest = z.infer<typeof Manifest>;

/** The manifest of a backup; `not_found` when the folder holds none, `config_invalid` when it cannot be used. */
export async function readManifest(directory: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(join(directory, MANIFEST_FILE), "utf8");
  } catch (error) {
    if (!isFileMissing(error)) throw error;
    throw new KeepsightError("not_found", `There is no backup in ${directory}: it has no ${MANIFEST_FILE}.`);
  }
  const { success, data, error } = Manifest.safeParse(parseJson(text));
  if (!success) {
    throw new KeepsightError(
      "config_invalid",
      `The ${MANIFEST_FILE} of the backup in ${directory} is damaged: ${error.issues[0]?.message ?? "it is no JSON"}.`,
    );
  }
  if (data.format <= BACKUP_FORMAT) return data;
  throw new KeepsightError(
    "config_invalid",
    `The backup in ${directory} was written by a newer Keepsight (form ${data.format}, this program knows ${BACKUP_FORMAT}): update Keepsight.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** SHA-256 of a file, as hex, and its size. */
export async function hashFile(
  path: string,
): Promise<{ readonly sha256: string; readonly byteSize: number }> {
  const hash = createHash("sha256");
  let byteSize = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    byteSize += chunk.length;
  }
  return { sha256: hash.digest("hex"), byteSize };
}

/** Reads every file of a backup and compares it with the manifest; `config_invalid` with the first that differs. */
export async function verifyFiles(
  directory: string,
  { files }: Manifest,
  signal?: AbortSignal,
): Promise<void> {
  for (const { path, sha256, byteSize } of files) {
    signal?.throwIfAborted();
    const file = join(directory, path);
    const problem = await findProblem(file, sha256, byteSize);
    if (problem !== undefined)
      throw new KeepsightError(
        "config_invalid",
        `The backup in ${directory} is damaged: ${path} ${problem}.`,
      );
  }
}

async function findProblem(file: string, sha256: string, byteSize: number): Promise<string | undefined> {
  try {
    if ((await stat(file)).size !== byteSize) return "has another size than it was written with";
  } catch (error) {
    if (isFileMissing(error)) return "is missing";
    throw error;
  }
  return (await hashFile(file)).sha256 === sha256 ? undefined : "holds something else than was written";
}
