import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { access, constants, mkdir, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { describeInference, isInferenceWell, type InferenceState } from "./inference/check-inference.ts";
import { type DownloadOffer, listOffers } from "./download-offers.ts";
import type { InstalledModels, ModelSummary, StepState } from "./installed-models.ts";

/** Free space below which an import may run out of room, bytes. */
const LITTLE_DISK = 2 * 1024 ** 3;

/** Memory below which two analysers with models get tight, bytes. */
const LITTLE_MEMORY = 2 * 1024 ** 3;

/** One thing that was looked at. */
export interface Finding {
  readonly subject: string;
  readonly status: "ok" | "warning" | "problem";
  readonly detail: string;
}

/** What `keepsight doctor` found. */
export interface DoctorReport {
  readonly findings: readonly Finding[];
  readonly steps: readonly StepState[];
  /** What each set of models would bring; empty where all are here. */
  readonly offers: readonly DownloadOffer[];
  /** Whether downloads are switched off. */
  readonly isOffline: boolean;
}

export interface DoctorOptions {
  readonly version: string;
  readonly dataDirectory: string;
  readonly folders: readonly string[];
  readonly models: InstalledModels;
  readonly analysers: number;
  readonly isWebAppBuilt: boolean;
  readonly isOffline: boolean;
  /** How it stands with the server that runs models; undefined where there is none. */
  readonly inference: InferenceState | undefined;
}

/** Looks at everything that could keep Keepsight from working well on this machine; changes nothing but the data directory's existence. */
export async function diagnose(options: DoctorOptions): Promise<DoctorReport> {
  const { models, steps, problems } = await options.models.list();
  const findings = [
    describeProgram(options.version),
    describeProcessor(options.analysers),
    describeMemory(),
    await describeDataDirectory(options.dataDirectory),
    ...(await Promise.all(options.folders.map(describeFolder))),
    describeWebApp(options.isWebAppBuilt),
    ...(options.inference === undefined ? [] : [describeInferenceServer(options.inference)]),
    ...problems.map(({ path, message }): Finding => ({
      subject: `model ${path}`,
      status: "problem",
      detail: message,
    })),
    ...models.flatMap(describeCorruption),
    ...steps.map((step) => describeStep(step, models)),
  ];
  return { findings, steps, offers: listOffers(models), isOffline: options.isOffline };
}

function describeProgram(version: string): Finding {
  return {
    subject: "program",
    status: "ok",
    detail: `Keepsight ${version} on Node ${process.versions.node}, ${process.platform} ${process.arch}`,
  };
}

function describeProcessor(analysers: number): Finding {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return {
    subject: "processor",
    status: "ok",
    detail: `${availableParallelism()} cores (${model}); ${analysers} analyser processes`,
  };
}

function describeMemory(): Finding {
  const detail = `${gigabytes(freemem())} free of ${gigabytes(totalmem())}`;
  return totalmem() < LITTLE_MEMORY
    ? { subject: "memory", status: "warning", detail: `${detail}: set KEEPSIGHT_ANALYSERS=1` }
    : { subject: "memory", status: "ok", detail };
}

async function describeDataDirectory(path: string): Promise<Finding> {
  const subject = "data directory";
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
    const { bavail, bsize } = await statfs(path);
    const free = bavail * bsize;
    const detail = `${path}, ${gigabytes(free)} free`;
    return free < LITTLE_DISK
      ? { subject, status: "warning", detail: `${detail}: previews take about 0.2 MB a photo` }
      : { subject, status: "ok", detail };
  } catch (error) {
    return {
      subject,
      status: "problem",
      detail: `${path} cannot be written (${(error as Error).message}); choose another with --data-dir`,
    };
  }
}

async function describeFolder(path: string): Promise<Finding> {
  const subject = "photo folder";
  try {
    await access(path, constants.R_OK | constants.X_OK);
    const isFolder = (await stat(path)).isDirectory();
    return isFolder
      ? { subject, status: "ok", detail: path }
      : { subject, status: "problem", detail: `${path} is not a folder; did you mean ${dirname(path)}?` };
  } catch (error) {
    return { subject, status: "problem", detail: `${path} cannot be read (${(error as Error).message})` };
  }
}

function describeWebApp(isBuilt: boolean): Finding {
  return isBuilt
    ? { subject: "web app", status: "ok", detail: "built" }
    : { subject: "web app", status: "problem", detail: "not built; run `npm run prepare`" };
}

function describeInferenceServer(state: InferenceState): Finding {
  const trouble = state.isFallingBack ? "warning" : "problem";
  return {
    subject: "inference server",
    status: isInferenceWell(state) ? "ok" : trouble,
    detail: describeInference(state),
  };
}

function describeCorruption({ id, state, problems, canDownload }: ModelSummary): Finding[] {
  if (state !== "corrupt") return [];
  const remedy = canDownload ? ` or run \`keepsight models pull ${id}\`` : "";
  const detail = `${problems.join("; ")}. It is not used: replace the file${remedy}.`;
  return [{ subject: `model ${id}`, status: "problem", detail }];
}

function describeStep({ step, modelIds, reason }: StepState, models: readonly ModelSummary[]): Finding {
  if (reason !== null) return { subject: `step ${step}`, status: "warning", detail: reason };
  const isBundled = modelIds.every((id) => models.some((model) => model.id === id && model.source === "npm"));
  const advice = isBundled ? " (came with the installation)" : "";
  return { subject: `step ${step}`, status: "ok", detail: modelIds.join(" + ") + advice };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}
