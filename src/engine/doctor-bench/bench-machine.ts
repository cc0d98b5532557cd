import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { KeepsightError } from "../../core/errors.ts";
import type { AnalyserPool } from "../analyser/analyser-pool.ts";
import type { FileAnalysis } from "../analyser/analyser-protocol.ts";
import type { InstalledModels, StepState } from "../installed-models.ts";
import { adviseOn } from "./advise.ts";
import type { BenchReport, PoolSpeed, StageTime } from "./bench-report.ts";
import { createSamplePhoto, SAMPLE_SIZE } from "./sample-photo.ts";
import { timePhotos } from "./time-photos.ts";

/** Photos that are analysed, all different; the first, which loads all models, has words on it, as one in five or ten photos of a library has. */
const PHOTOS = 5;

/** A photo that takes so much longer than its work had to wait for other programs. */
const BUSY_FACTOR = 1.4;

/** Analysers may take this share of the memory; the rest is the server's, the system's and that of other programs. */
const MEMORY_SHARE = 0.6;

/** More processes are worth their memory only for at least this much more speed. */
const WORTHWHILE_GAIN = 1.1;

export interface BenchOptions {
  /** Analyser processes as a library has them. */
  readonly createPool: (count: number) => Promise<AnalyserPool>;
  readonly models: InstalledModels;
  /** As many as are configured. */
  readonly analysers: number;
  /** Whether another machine runs models for this one: then waiting is no sign of being busy. */
  readonly isServedElsewhere: boolean;
  /** Photos to predict the time for. */
  readonly photos: number;
  readonly onStage?: ((stage: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Times the analysis of made-up photos of 12 megapixels in analyser processes, as imports run it: each stage in one process,
 * then more and more processes at once. Takes 10 to 60 seconds. Throws `cancelled` when it is told to stop.
 */
export async function benchMachine(options: BenchOptions): Promise<BenchReport> {
  const folder = await mkdtemp(join(tmpdir(), "keepsight-doctor-"));
  try {
    options.onStage?.("making photos of 12 megapixels");
    const { paths, byteSize } = await writePhotos(folder);
    const { models, steps } = await options.models.list();
    const single = await measurePool(options, paths, 1);
    const speeds = [{ processes: 1, photosPerSecond: single.photosPerSecond, speedUp: 1 }];
    for (const processes of processCounts(single.processBytes)) {
      const { photosPerSecond } = await measurePool(options, paths, processes);
      speeds.push({ processes, photosPerSecond, speedUp: photosPerSecond / single.photosPerSecond });
    }
    const stages = summarizeStages(single.analyses, steps);
    const photoMs = 1000 / single.photosPerSecond;
    const workMs = stages.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
    const isBusy = !options.isServedElsewhere && photoMs > workMs * BUSY_FACTOR;
    // Beside other programs the times of several processes say more about those than about this machine.
    const recommended = isBusy ? undefined : chooseSpeed(speeds);
    const report = {
      processor: cpus()[0]?.model.trim() ?? "unknown processor",
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      photo: { ...SAMPLE_SIZE, byteSize },
      stages,
      firstPhotoMs: single.firstPhotoMs,
      photoMs,
      processBytes: single.processBytes,
      speeds,
      isBusy,
      recommendedProcesses: recommended?.processes ?? speeds.at(-1)!.processes,
      configuredProcesses: options.analysers,
      prediction: {
        photos: options.photos,
        seconds:
          recommended === undefined
            ? (options.photos * workMs) / 1000 / speeds.at(-1)!.processes
            : options.photos / recommended.photosPerSecond,
      },
    };
    return { ...report, advice: adviseOn(report, models) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writePhotos(folder: string): Promise<{ paths: string[]; byteSize: number }> {
  const paths: string[] = [];
  let byteSize = 0;
  for (let i = 0; i < PHOTOS; i++) {
    const path = join(folder, `photo-${i}.jpg`);
    const jpeg = await createSamplePhoto(i + 1, { hasText: i === 0 });
    await writeFile(path, jpeg);
    byteSize += jpeg.byteLength / PHOTOS;
    paths.push(path);
  }
  return { paths, byteSize: Math.round(byteSize) };
}

/** 2, 4, 8 … up to what cores and memory allow, that number included. */
function processCounts(processBytes: number): number[] {
  const byMemory = Math.floor((totalmem() * MEMORY_SHARE) / processBytes);
  const most = Math.min(availableParallelism(), byMemory);
  const counts: number[] = [];
  for (let count = 2; count < most; count *= 2) counts.push(count);
  return most > 1 ? [...counts, most] : counts;
}

/** A pool of its own, timed. */
async function measurePool(options: BenchOptions, paths: readonly string[], processes: number) {
  options.onStage?.(`analysing photos in ${processes} ${processes === 1 ? "process" : "processes"}`);
  const pool = await options.createPool(processes);
  try {
    const count = processes * PHOTOS;
    const { results, ...times } = await timePhotos(pool, { paths, processes, count, signal: options.signal });
    const analyses = results.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
    assertDone(analyses);
    return { ...times, analyses, processBytes: pool.largestProcessBytes() };
  } finally {
    await pool.close();
  }
}

/** A step that fails on our own photo would make the times look better than they are. */
function assertDone(analyses: readonly FileAnalysis[]): void {
  for (const { analysis } of analyses) {
    const failed = Object.entries(analysis.steps).find(([, { status }]) => status === "failed");
    if (failed === undefined) continue;
    const [step, { reason }] = failed;
    throw new KeepsightError(
      "internal",
      `The step ${step} failed while it was timed: ${reason ?? "no reason"}`,
    );
  }
}

function summarizeStages(analyses: readonly FileAnalysis[], steps: readonly StepState[]): StageTime[] {
  const stages = new Set(analyses.flatMap(({ stageCpuMs }) => Object.keys(stageCpuMs)));
  return [...stages].map((stage) => ({
    stage,
    cpuMs: mean(analyses.map(({ stageCpuMs }) => stageCpuMs[stage] ?? 0)),
    modelIds: steps.find(({ step }) => step === stage)?.modelIds ?? [],
  }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The fewest processes beyond which more bring little. */
function chooseSpeed(speeds: readonly PoolSpeed[]): PoolSpeed {
  let chosen = speeds[0]!;
  for (const speed of speeds) {
    if (speed.photosPerSecond >= chosen.photosPerSecond * WORTHWHILE_GAIN) chosen = speed;
  }
  return chosen;
}
