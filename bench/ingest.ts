import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import sharp from "sharp";
import type { RasterImage } from "../src/core/raster-image.ts";
import { analyseFile } from "../src/engine/analyser/analyse-file.ts";
import { ANALYSER_STEPS } from "../src/engine/analyser/analyser-steps.ts";
import { tuneProcess } from "../src/engine/analyser/tune-process.ts";
import { decodeImage } from "../src/image/decode.ts";
import { DEFAULT_DECODE_LIMITS } from "../src/image/decode-limits.ts";
import { IMAGE_FORMATS } from "../src/core/photo-analysis.ts";
import { createSession } from "../src/onnx/create-session.ts";
import type { InferenceSession, Tensor } from "../src/onnx/session.ts";
import { loadRunners } from "../src/vision/load-runners.ts";
import { startServer } from "../test/keepsight-server.ts";
import { waitUntilDone } from "../test/kill-import.ts";
import { sharedPath } from "../test/shared-files.ts";
import { measureCpu } from "./measure/cpu-time.ts";
import { chooseLocalModels } from "./measure/local-models.ts";
import { writeLargePhotos } from "./measure/large-photos.ts";
import { readProcessTree } from "./measure/processes.ts";

const PREVIEW_SIDE = 1344;
const THUMBNAIL_SIDE = 400;
const JPEG = { chromaSubsampling: "4:2:0", optimizeCoding: false } as const;

/** How often memory is looked at while photos are imported, milliseconds. */
const SAMPLE_MS = 100;

/**
 * CPU time a 12-megapixel photo by stage, beside what its parts cost by themselves: one decode, the runs of the models on
 * tensors of the same shapes, two JPEG encodes. Then the same photos imported by a real server: photos a second and core,
 * peak memory. Options: `--photos` (12), `--rounds` (3), `--models` (a folder; `../shared/models` where it is there).
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      photos: { type: "string", default: "12" },
      rounds: { type: "string", default: "3" },
      models: { type: "string", default: process.env["KEEPSIGHT_MODELS_DIR"] ?? sharedPath("models") },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), "keepsight-bench-ingest-"));
  try {
    const { paths, description } = await writeLargePhotos(join(folder, "photos"), Number(values.photos));
    console.log(
      `ingest: ${description}; load average ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores`,
    );
    const floorMs = await compareWithParts(paths, folder, values.models, Number(values.rounds));
    await importWithServer(paths, folder, values.models, floorMs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What went into a model. */
interface RecordedRun {
  readonly session: InferenceSession;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

async function openAnalyser(folder: string, modelDirectory: string) {
  const { models, activeIds } = await chooseLocalModels(modelDirectory);
  const recorded: RecordedRun[] = [];
  const { vision: runners } = loadRunners(models, {
    threads: 1,
    async createSession(path, options) {
      const session = await createSession(path, options);
      const record = (feeds: RecordedRun["feeds"]) => {
        recorded.push({ session, feeds });
        return session.run(feeds);
      };
      return { ...session, run: record };
    },
  });
  const settings = {
    limits: DEFAULT_DECODE_LIMITS,
    formats: [...IMAGE_FORMATS],
    thumbnailSize: THUMBNAIL_SIDE,
    previewSize: PREVIEW_SIDE,
  };
  const analyse = async (path: string) => {
    recorded.length = 0;
    const derivatives = {
      thumbnailPath: join(folder, "thumbnail.jpg"),
      previewPath: join(folder, "preview.jpg"),
    };
    const request = { type: "analyse", path, steps: ANALYSER_STEPS, derivatives } as const;
    const { cpuMs, value } = await measureCpu(() => analyseFile(request, { settings, runners }, () => {}));
    return { cpuMs, stages: value.stageCpuMs, runs: [...recorded] };
  };
  return { analyse, activeIds };
}

/** Prints our stages beside their parts; gives the parts' sum a photo. Each number is the least of several rounds. */
async function compareWithParts(paths: readonly string[], folder: string, models: string, rounds: number) {
  tuneProcess();
  const { analyse, activeIds } = await openAnalyser(folder, models);
  await analyse(paths[0]!);
  const stages: Record<string, number> = {};
  const parts: Record<string, number> = {};
  let total = 0;
  let modelRuns = 0;
  for (const path of paths) {
    const ours: Record<string, number>[] = [];
    const bare: Record<string, number>[] = [];
    const { image } = await decodeImage(path, { maxSide: PREVIEW_SIDE });
    for (let round = 0; round < rounds; round++) {
      const { cpuMs, stages: measured, runs } = await analyse(path);
      const known = Object.values(measured).reduce((sum, value) => sum + value, 0);
      ours.push({ ...measured, "between stages": cpuMs - known });
      bare.push(await measureParts(path, image, runs));
      if (round === 0) modelRuns += runs.length;
    }
    total += addLeast(stages, ours);
    addLeast(parts, bare);
  }
  const floor = Object.values(parts).reduce((sum, value) => sum + value, 0);
  console.log(`models: ${activeIds.join(", ")}; ${(modelRuns / paths.length).toFixed(1)} runs a photo`);
  printTable("CPU ms a photo", stages, paths.length);
  printTable("parts by themselves", parts, paths.length);
  console.log(`ratio ${(total / floor).toFixed(3)} (target ≤ 1.15)`);
  return floor / paths.length;
}

/** Adds each name's least value over the rounds; gives their sum. */
function addLeast(sums: Record<string, number>, rounds: readonly Record<string, number>[]): number {
  let total = 0;
  for (const name of Object.keys(rounds[0]!)) {
    const least = Math.min(...rounds.map((round) => round[name]!));
    sums[name] = (sums[name] ?? 0) + least;
    total += least;
  }
  return total;
}

async function measureParts(path: string, image: RasterImage, runs: readonly RecordedRun[]) {
  const decode = await measureCpu(() =>
    sharp(path).resize({ width: PREVIEW_SIDE, height: PREVIEW_SIDE, fit: "inside" }).raw().toBuffer(),
  );
  const models = await measureCpu(async () => {
    for (const { session, feeds } of runs) await session.run(feeds);
  });
  const { data, info } = await fromRaster(image)
    .resize({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: "inside" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const encodes = await measureCpu(async () => {
    await fromRaster(image)
      .jpeg({ quality: 82, ...JPEG })
      .toBuffer();
    await fromRaster({ data, ...info })
      .jpeg({ quality: 78, ...JPEG })
      .toBuffer();
  });
  return { decode: decode.cpuMs, models: models.cpuMs, "two encodes": encodes.cpuMs };
}

function fromRaster({ data, width, height }: RasterImage) {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Imports the photos with a server and prints rate, CPU time of all processes and peak memory. */
async function importWithServer(paths: readonly string[], folder: string, models: string, floorMs: number) {
  let stored = 0;
  let cpuAtFirst = 0;
  let storedAtFirst = 0;
  const server = startServer({
    folders: [join(folder, "photos")],
    dataDirectory: join(folder, "data"),
    modelDirectories: [models],
    analysers: availableParallelism(),
    onAnalysed: () => stored++,
  });
  let residentBytes = 0;
  let proportionalBytes = 0;
  const cpuMs = () => readProcessTree(server.pid).reduce((sum, use) => sum + use.cpuMs, 0);
  await server.url;
  while (stored < paths.length) {
    const uses = readProcessTree(server.pid);
    residentBytes = Math.max(residentBytes, sum(uses.map((use) => use.residentBytes)));
    proportionalBytes = Math.max(proportionalBytes, sum(uses.map((use) => use.proportionalBytes)));
    // Loading programs and models is not counted: it is done once for a whole library.
    if (cpuAtFirst === 0 && stored >= availableParallelism()) [cpuAtFirst, storedAtFirst] = [cpuMs(), stored];
    await sleep(SAMPLE_MS);
  }
  const perPhoto = (cpuMs() - cpuAtFirst) / (paths.length - storedAtFirst);
  await waitUntilDone(await server.url, paths.length, 60_000);
  await server.stop();
  console.log(
    `server and ${availableParallelism()} analysers: ${perPhoto.toFixed(0)} CPU ms a photo, ` +
      `${(1000 / perPhoto).toFixed(2)} photos/s/core, ${(perPhoto / floorMs).toFixed(3)} of the parts`,
  );
  console.log(
    `peak memory: ${megabytes(residentBytes)} MB resident in sum, ${megabytes(proportionalBytes)} MB with shared pages ` +
      `counted once (target ≤ 1024 MB)`,
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function megabytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(0);
}

function printTable(title: string, sums: Readonly<Record<string, number>>, photos: number): void {
  const perPhoto = Object.entries(sums).map(([name, value]) => [name, value / photos] as const);
  console.log(`${title}: ${sum(perPhoto.map(([, value]) => value)).toFixed(1)}`);
  for (const [name, value] of perPhoto) console.log(`  ${name.padEnd(16)}${value.toFixed(1).padStart(7)}`);
}
