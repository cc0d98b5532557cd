import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { scanFolders } from "../src/library/scan.ts";
import { findLibraryDamage } from "../test/find-library-damage.ts";
import { killImport } from "../test/kill-import.ts";
import { sharedPath } from "../test/shared-files.ts";

/**
 * The test of killed imports (test/kill.test.ts) on photos and models of one's own, which are only read: prints what is
 * wrong afterwards. Options: `--photos`, `--models` (`../shared/photos` and `../shared/models` by default), `--rounds` (20).
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      photos: { type: "string", default: sharedPath("photos") },
      models: { type: "string", default: sharedPath("models") },
      rounds: { type: "string", default: "20" },
    },
  });
  const directory = await mkdtemp(join(tmpdir(), "keepsight-bench-kill-"));
  try {
    const dataDirectory = join(directory, "data");
    const folder = resolve(values.photos);
    const files: string[] = [];
    for await (const batch of scanFolders([folder])) files.push(...batch.map(({ path }) => path));
    const { storedAtKill } = await killImport({
      server: { folders: [folder], dataDirectory, modelDirectories: [values.models] },
      rounds: Number(values.rounds),
      files: files.length,
      seed: Date.now(),
      deadlineMs: 600_000,
    });
    console.log(`kill: ${files.length} photos; stored at each kill: ${storedAtKill.join(", ")}`);
    const damage = await findLibraryDamage(dataDirectory, {
      files,
      doneSteps: ["preprocessing", "objects", "ocr", "faces", "hash", "duplicates"],
      hasEmbeddings: false,
    });
    console.log(damage.length === 0 ? "nothing lost, doubled or half-written" : damage.join("\n"));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
