import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import sharp from "sharp";
import type { RasterImage } from "../src/core/raster-image.ts";
import { tuneProcess } from "../src/engine/analyser/tune-process.ts";
import { decodeImage } from "../src/image/decode.ts";
import { FACE_THUMBNAIL_SIDE } from "../src/vision/face/face-thumbnail.ts";
import { DETAIL_SIDE, toPhotoPixels } from "../src/vision/photo-pixels.ts";
import { BUNDLED_MODEL_DIRECTORY, linkBundledModels } from "../test/bundled-models.ts";
import { startServer } from "../test/keepsight-server.ts";
import { waitUntilDone } from "../test/kill-import.ts";
import { sharedPath } from "../test/shared-files.ts";
import { runBareAnalysers } from "./measure/bare-analysers.ts";
import { measureCpu } from "./measure/cpu-time.ts";
import { chooseLocalModels } from "./measure/local-models.ts";
import { writeLargePhotos } from "./measure/large-photos.ts";
import { readProcessTree, readTreeCpuMs } from "./measure/processes.ts";
import { openRecordedAnalyser, type RecordedRun } from "./measure/recorded-analyser.ts";

const PREVIEW_SIDE = 1344;
const THUMBNAIL_SIDE = 400;
const SIZES = { thumbnailSize: THUMBNAIL_SIDE, previewSize: PREVIEW_SIDE };
const JPEG = { chromaSubsampling: "4:2:0", optimizeCoding: false } as const;

/** How often memory is looked at while photos are imported, milliseconds: seldom, because who is looked at has to wait. */
const SAMPLE_MS = 2000;
/** How often photos are counted meanwhile, milliseconds. */
const COUNT_MS = 50;

/** Photos of each analyser before its pace is measured: code is compiled and memory taken while it sees the first ones. */
const WARM_UP_PHOTOS = 2;

/** Models by what a machine has: what npm brought, and the small weights of a folder. */
interface Tier {
  readonly name: string;
  /** Folders given to the server beside what npm brought. */
  readonly modelDirectories: readonly string[];
}

/**
 * For each tier of models: CPU time a 12-megapixel photo by stage, beside what its parts cost by themselves (one decode to
 * the detail view, the runs of the models on the same tensors, the JPEG encodes). Then the same photos imported by real
 * servers with one analyser and with several: photos a second once they are warm, peak memory, time from an empty library to
 * the first analysed photo; and by as many analysers without a server, which is what the machine gives. Options: `--photos` (16), `--rounds` (3), `--models` (a folder; `../shared/models` where it is there),
 * `--tier` (npm or local; both).
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      photos: { type: "string", default: "16" },
      rounds: { type: "string", default: "3" },
      models: { type: "string", default: process.env["KEEPSIGHT_MODELS_DIR"] ?? sharedPath("models") },
      tier: { type: "string" },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), "keepsight-bench-ingest-"));
  try {
    const { paths, description } = await writeLargePhotos(join(folder, "photos"), Number(values.photos));
    console.log(`ingest: ${description}; ${describeLoad()}`);
    tuneProcess();
    for (const tier of chooseTiers(values.models, values.tier)) {
      console.log(`\n${tier.name}`);
      const floorMs = await compareWithParts(paths, join(folder, "work"), tier, Number(values.rounds));
      await importWithServers(paths, folder, tier, floorMs);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function chooseTiers(models: string, wanted: string | undefined): Tier[] {
  const tiers = [
    { key: "npm", name: "models that npm brings", modelDirectories: [] },
    {
      key: "local",
      name: `models in ${basename(models)}/ and those that npm brings`,
      modelDirectories: [models],
    },
  ];
  return tiers.filter(
    ({ key, modelDirectories }) =>
      (wanted ?? key) === key && modelDirectories.every((directory) => existsSync(directory)),
  );
}

function describeLoad(): string {
  return `load average ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores`;
}

/** Prints our stages beside their parts; gives the parts' sum a photo. Each number is the least of several rounds. */
async function compareWithParts(paths: readonly string[], folder: string, tier: Tier, rounds: number) {
  const { analyse, activeIds, release } = await openRecordedAnalyser(
    folder,
    tier.modelDirectories[0] ?? BUNDLED_MODEL_DIRECTORY,
    SIZES,
  );
  await analyse(paths[0]!);
  const stages: Record<string, number> = {};
  const parts: Record<string, number> = {};
  let total = 0;
  let modelRuns = 0;
  for (const path of paths) {
    const ours: Record<string, number>[] = [];
    const bare: Record<string, number>[] = [];
    const decoded = await decodeImage(path, { maxSide: DETAIL_SIDE });
    const { preview } = await toPhotoPixels(decoded, PREVIEW_SIDE);
    for (let round = 0; round < rounds; round++) {
      const { cpuMs, stages: measured, runs, faces } = await analyse(path);
      const known = Object.values(measured).reduce((sum, value) => sum + value, 0);
      ours.push({ ...measured, "between stages": cpuMs - known });
      bare.push(await measureParts(path, preview, { runs, faces }));
      if (round === 0) modelRuns += runs.length;
    }
    total += addLeast(stages, ours);
    addLeast(parts, bare);
  }
  const floor = Object.values(parts).reduce((sum, value) => sum + value, 0);
  console.log(`models: ${activeIds.join(", ")}; ${(modelRuns / paths.length).toFixed(1)} runs a photo`);
  printTable("CPU ms a photo", stages, paths.length);
  printTable("parts by themselves", parts, paths.length);
  console.log(`pipeline by its parts: ${(total / floor).toFixed(3)} (target ≤ 1.10)`);
  await release();
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

async function measureParts(
  path: string,
  image: RasterImage,
  { runs, faces }: { readonly runs: readonly RecordedRun[]; readonly faces: number },
) {
  const decode = await measureCpu(() =>
    sharp(path).resize({ width: DETAIL_SIDE, height: DETAIL_SIDE, fit: "inside" }).raw().toBuffer(),
  );
  const models: Record<string, number> = {};
  for (const { step, session, feeds } of runs) {
    const { cpuMs } = await measureCpu(() => session.run(feeds));
    models[`models of ${step}`] = (models[`models of ${step}`] ?? 0) + cpuMs;
  }
  const { data, info } = await fromRaster(image)
    .resize({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: "inside" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const side = FACE_THUMBNAIL_SIDE;
  const face = await fromRaster(image).resize(side, side).raw().toBuffer();
  const encodes = await measureCpu(async () => {
    await fromRaster(image)
      .jpeg({ quality: 82, ...JPEG })
      .toBuffer();
    await fromRaster({ data, ...info })
      .jpeg({ quality: 78, ...JPEG })
      .toBuffer();
    for (let i = 0; i < faces; i++)
      await fromRaster({ data: face, width: side, height: side })
        .jpeg({ quality: 78, ...JPEG })
        .toBuffer();
  });
  return { decode: decode.cpuMs, ...models, encodes: encodes.cpuMs };
}

function fromRaster({ data, width, height }: RasterImage) {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Imports the photos with one analyser and with as many as there are cores, and prints what that took. */
async function importWithServers(paths: readonly string[], folder: string, tier: Tier, floorMs: number) {
  const cores = availableParallelism();
  const single = await importOnce(paths, folder, tier, 1);
  const several = cores === 1 ? single : await importOnce(paths, folder, tier, cores);
  for (const [analysers, found] of new Map([
    [1, single],
    [cores, several],
  ])) {
    console.log(
      `server and ${analysers} analysers: ${found.photosASecond.toFixed(2)} photos/s; ` +
        `${found.cpuMsAPhoto.toFixed(0)} CPU ms a photo (${found.serverCpuMsAPhoto.toFixed(0)} of them the server's), ` +
        `${(found.cpuMsAPhoto / floorMs).toFixed(3)} of the parts; ` +
        `peak ${megabytes(found.residentBytes)} MB resident in sum, ` +
        `${megabytes(found.proportionalBytes)} MB with shared pages counted once; ` +
        `first photo ${(found.firstPhotoMs / 1000).toFixed(1)} s after the start`,
    );
  }
  const ours = several.photosASecond / single.photosASecond;
  const machines = cores === 1 ? 1 : await measureMachine(paths, folder, tier, cores);
  console.log(
    `${cores} analysers by one: ${ours.toFixed(2)} × the photos/s, without a server ${machines.toFixed(2)} ×, so ` +
      `${(ours / machines).toFixed(2)} of what the machine gives ` +
      `(target ≥ 1.9 for 2 on a quiet machine; now ${describeLoad()})`,
  );
}

/** How many times as many photos a second several analysers do as one when there is no server. */
async function measureMachine(paths: readonly string[], folder: string, tier: Tier, cores: number) {
  const { models } = await chooseLocalModels(tier.modelDirectories[0] ?? BUNDLED_MODEL_DIRECTORY);
  const settings = { models, ...SIZES };
  const paceOf = async (analysers: number) => {
    const doneAt = await runBareAnalysers(paths, join(folder, "bare"), analysers, settings);
    return measurePace(doneAt, analysers);
  };
  const one = await paceOf(1);
  return (await paceOf(cores)) / one;
}

/** The photos among `count` between which pace is measured: all analysers are warm, and none is idle yet. */
function chooseWindow(count: number, analysers: number) {
  const warmUp = Math.max(1, Math.min(WARM_UP_PHOTOS * analysers, count - analysers - 1));
  // The last photos leave some analysers idle, so the pace is that until the first of them has nothing more to do.
  return { warmUp, lastFull: Math.max(warmUp + 1, count - analysers) };
}

/** Photos a second, by when each was done, milliseconds. */
function measurePace(doneAt: readonly number[], analysers: number): number {
  const { warmUp, lastFull } = chooseWindow(doneAt.length, analysers);
  return (1000 * (lastFull - warmUp)) / (doneAt[lastFull - 1]! - doneAt[warmUp - 1]!);
}

/** What one import took. */
interface ImportRun {
  readonly photosASecond: number;
  /** Of all processes, and of the server's own. */
  readonly cpuMsAPhoto: number;
  readonly serverCpuMsAPhoto: number;
  readonly residentBytes: number;
  readonly proportionalBytes: number;
  /** From the start of the program on an empty library, its models being made, to the first photo with results. */
  readonly firstPhotoMs: number;
}

async function importOnce(
  paths: readonly string[],
  folder: string,
  { modelDirectories }: Tier,
  analysers: number,
): Promise<ImportRun> {
  const dataDirectory = join(folder, "data");
  await linkBundledModels(join(dataDirectory, "models"));
  const storedAt: number[] = [];
  const started = performance.now();
  const server = startServer({
    folders: [join(folder, "photos")],
    dataDirectory,
    modelDirectories,
    analysers,
    onAnalysed: () => storedAt.push(performance.now()),
  });
  const { warmUp, lastFull } = chooseWindow(paths.length, analysers);
  let [residentBytes, proportionalBytes, sampledAt] = [0, 0, 0];
  const count = () => ({ photos: storedAt.length, cpuMs: readTreeCpuMs(server.pid) });
  let [before, after]: (ReturnType<typeof count> | undefined)[] = [];
  await server.url;
  while (storedAt.length < paths.length) {
    if (storedAt.length >= warmUp) before ??= count();
    if (storedAt.length >= lastFull) after ??= count();
    if (performance.now() - sampledAt >= SAMPLE_MS) {
      const uses = readProcessTree(server.pid);
      residentBytes = Math.max(residentBytes, sum(uses.map((use) => use.residentBytes)));
      proportionalBytes = Math.max(proportionalBytes, sum(uses.map((use) => use.proportionalBytes)));
      sampledAt = performance.now();
    }
    await sleep(COUNT_MS);
  }
  after ??= count();
  const measured = Math.max(1, after.photos - (before?.photos ?? 0));
  const spent = after.cpuMs.map((cpuMs, i) => (cpuMs - (before?.cpuMs[i] ?? 0)) / measured);
  await waitUntilDone(await server.url, paths.length, 60_000);
  await server.stop();
  await rm(dataDirectory, { recursive: true });
  const photosASecond = measurePace(storedAt, analysers);
  const firstPhotoMs = storedAt[0]! - started;
  const cpu = { cpuMsAPhoto: sum(spent), serverCpuMsAPhoto: spent[0] ?? 0 };
  return { photosASecond, ...cpu, residentBytes, proportionalBytes, firstPhotoMs };
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
  for (const [name, value] of perPhoto) console.log(`  ${name.padEnd(22)}${value.toFixed(1).padStart(7)}`);
}
