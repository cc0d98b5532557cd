import type { Logger } from "../core/logger.ts";
import type { AnalyserPool } from "../engine/analyser/analyser-pool.ts";
import type { BenchOptions } from "../engine/doctor-bench/bench-machine.ts";
import type { BenchReport } from "../engine/doctor-bench/bench-report.ts";
import type { Backup, BackupOptions } from "../engine/backup/back-up.ts";
import type { Restored } from "../engine/backup/restore.ts";
import type { DoctorReport } from "../engine/doctor.ts";
import type { Library } from "../engine/library.ts";
import type { InferenceState } from "../engine/inference/check-inference.ts";
import type { TritonExport } from "../engine/inference/triton/export-triton.ts";
import type { InstalledModels } from "../engine/installed-models.ts";
import type { QuantizedModel, QuantizeOptions } from "../engine/quantize/quantize-model.ts";

/** The API of a library, wherever it is open. */
export interface LibraryApi {
  /** Whether a server has the library open, and goes on with what is queued. */
  readonly isServer: boolean;
  /** One request below `/api/v1`; gives the answer's JSON, throws what its problem document says. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Waits for the jobs that are due where it has them done itself, unless it is leaving them for another time. */
  close(options?: { readonly isLeavingJobs: boolean }): Promise<void>;
}

/** The outside world of the commands, so that tests can give them another. */
export interface World {
  /** Opens the library; `reading` shares it with a server that has it open. */
  openLibrary(access: "owning" | "reading"): Promise<Library>;
  /**
   * The library through its API: that of the server that has it open, else its own. `reading` only looks, `owning` may
   * change it, `working` also has its jobs done meanwhile.
   */
  openApi(need: "reading" | "owning" | "working"): Promise<LibraryApi>;
  /** Serves an open library over HTTP. */
  serve(library: Library): Promise<{ readonly url: string; close(): Promise<void> }>;
  /** Analyser processes without a library: as many as configured, or `count`. */
  createPool(count?: number): Promise<AnalyserPool>;
  /** Runs models for other machines; none named means all that are installed. */
  serveModels(modelIds: readonly string[]): Promise<{
    readonly url: string;
    readonly grpcPort: number;
    /** Names of the networks. */
    readonly names: readonly string[];
    readonly whenReady: Promise<void>;
    close(): Promise<void>;
  }>;
  /** Writes a model repository for NVIDIA Triton; no models named means all that are installed. */
  exportTriton(
    directory: string,
    options: { readonly modelIds: readonly string[]; readonly isForced: boolean },
  ): Promise<TritonExport>;
  /** How it stands with the server that runs models for this machine; undefined where there is none. */
  checkInference(): Promise<InferenceState | undefined>;
  readonly models: InstalledModels;
  /** Makes an 8-bit model of an installed one. */
  quantize(
    modelId: string,
    options: Pick<QuantizeOptions, "photos" | "onStage" | "signal">,
  ): Promise<QuantizedModel>;
  diagnose(): Promise<DoctorReport>;
  /** Writes a backup, also while another process has the library open; where and how many stay as configured unless given. */
  backUp(
    options: Pick<BackupOptions, "withDerivatives"> & Partial<Pick<BackupOptions, "to" | "keep">>,
  ): Promise<Backup>;
  /** Backups in a folder, the configured one unless given. */
  listBackups(folder?: string): Promise<readonly Backup[]>;
  restore(folder: string): Promise<Restored>;
  /** Times the analysis of photos in processes of its own. */
  bench(options: Pick<BenchOptions, "photos" | "onStage" | "signal">): Promise<BenchReport>;
  /** Folders from the configuration. */
  readonly folders: readonly string[];
  readonly isWatching: boolean;
  readonly dataDirectory: string;
  readonly logger: Logger;
  /** Where results go. */
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Where progress and remarks go. */
  readonly remarks: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Aborted when the user or the system asks the program to stop. */
  readonly signal: AbortSignal;
}
