import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { scanFolders } from "../src/library/scan.ts";

const FILES_PER_FOLDER = 500;
const ROUNDS = 3;

/**
 * Times a scan of unchanged files beside a bare recursive `readdir` and `stat` of the same tree, which is what any scan has to
 * do. Options: `--files` (100000).
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { files: { type: "string", default: "100000" } },
  });
  const files = Number(values.files);
  const folder = await mkdtemp(join(tmpdir(), "keepsight-bench-scan-"));
  try {
    await makeTree(folder, files);
    await reportTimes(folder, files);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function reportTimes(folder: string, files: number): Promise<void> {
  const bareMs: number[] = [];
  const scanMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bareMs.push(await timed(() => statTree(folder), files));
    scanMs.push(await timed(() => countScanned(folder), files));
  }
  const bare = Math.min(...bareMs);
  const scan = Math.min(...scanMs);
  console.log(`scan: ${files} unchanged files, best of ${ROUNDS}`);
  console.log(`  bare readdir + stat ${bare.toFixed(0)} ms, ${Math.round((files / bare) * 1000)} files/s`);
  console.log(`  scanFolders         ${scan.toFixed(0)} ms, ${Math.round((files / scan) * 1000)} files/s`);
  console.log(`  ratio               ${(scan / bare).toFixed(2)}`);
}

async function timed(work: () => Promise<number>, expected: number): Promise<number> {
  const started = performance.now();
  const count = await work();
  if (count !== expected) throw new Error(`Found ${count} files, not ${expected}.`);
  return performance.now() - started;
}

async function makeTree(folder: string, files: number): Promise<void> {
  for (let first = 0; first < files; first += FILES_PER_FOLDER) {
    const sub = join(folder, String(Math.floor(first / FILES_PER_FOLDER / 20)), String(first));
    await mkdir(sub, { recursive: true });
    const names = Array.from(
      { length: Math.min(FILES_PER_FOLDER, files - first) },
      (_, i) => `IMG_${first + i}.jpg`,
    );
    await Promise.all(names.map((name) => writeFile(join(sub, name), name)));
  }
}

/** Every file with its stat, and nothing else done. */
async function statTree(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory());
  const files = entries.filter((entry) => entry.isFile());
  const described = await Promise.all(files.map((entry) => stat(join(folder, entry.name))));
  let count = described.length;
  for (const entry of folders) count += await statTree(join(folder, entry.name));
  return count;
}

async function countScanned(folder: string): Promise<number> {
  let count = 0;
  for await (const batch of scanFolders([folder])) count += batch.length;
  return count;
}
