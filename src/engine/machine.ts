import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { scanFolders } from "../library/scan.ts";
import type { AnalyserPool } from "./analyser/analyser-pool.ts";
import { timePhotos } from "./doctor-bench/time-photos.ts";
import { type DownloadOffer, listOffers } from "./download-offers.ts";
import type { ModelSummary, StepState } from "./installed-models.ts";

/** The machine that runs Keepsight, as whoever begins a library wants to know it. */
export interface MachineDescription {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Room for the library's own data. */
  readonly freeDiskBytes: number;
  /** Photos that are analysed at once. */
  readonly analysers: number;
  readonly steps: readonly StepState[];
  readonly offers: readonly DownloadOffer[];
}

/** What this machine is and how fast it analyses photos. */
export interface Machine {
  describe(): Promise<MachineDescription>;
  /**
   * Photos of a folder that it analyses in a second, with all its analysers: measured on some of them, which takes
   * seconds. Undefined where there are none, and while an import keeps the machine busy.
   */
  speed(path: string): Promise<number | undefined>;
}

/** Photos that are timed. */
const SAMPLES = 6;

/** Photos among which these are chosen: folders are often sorted by cameras and years. */
const LISTED = 5000;

export interface MachineOptions {
  readonly pool: AnalyserPool;
  readonly dataDirectory: string;
  readonly listModels: () => Promise<{
    readonly items: readonly ModelSummary[];
    readonly steps: readonly StepState[];
  }>;
  readonly isImporting: () => Promise<boolean>;
}

/** What can be said of this machine before anything was imported. */
export function createMachine({ pool, dataDirectory, listModels, isImporting }: MachineOptions): Machine {
  return {
    async describe() {
      const [{ items, steps }, { bavail, bsize }] = await Promise.all([listModels(), statfs(dataDirectory)]);
      return {
        processor: cpus()[0]?.model.trim() ?? "unknown processor",
        cores: availableParallelism(),
        memoryBytes: totalmem(),
        freeDiskBytes: bavail * bsize,
        analysers: pool.size,
        steps,
        offers: listOffers(items),
      };
    },
    async speed(path) {
      // What waits behind an import would be taken for slow.
      if (await isImporting()) return undefined;
      const paths = await chooseSamples(path, [dataDirectory]);
      if (paths.length === 0) return undefined;
      const count = Math.max(pool.size, paths.length);
      return (await timePhotos(pool, { paths, processes: pool.size, count })).photosPerSecond;
    },
  };
}

/** Some photos of a folder, from all over what is listed first. */
async function chooseSamples(path: string, exclude: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const files of scanFolders([path], { exclude })) {
    found.push(...files.map((file) => file.path));
    if (found.length >= LISTED) break;
  }
  const step = Math.max(1, found.length / SAMPLES);
  return Array.from({ length: Math.min(SAMPLES, found.length) }, (_, i) => found[Math.floor(i * step)]!);
}
