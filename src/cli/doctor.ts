import { InvalidArgumentError, type Command } from "commander";
import { KeepsightError } from "../core/errors.ts";
import type { BenchReport } from "../engine/doctor-bench/bench-report.ts";
import type { DoctorReport } from "../engine/doctor.ts";
import type { DownloadOffer, OfferedModel } from "../engine/download-offers.ts";
import { formatBytes, formatSeconds, printJson, printLines, toTable, wrapWords } from "./print.ts";
import { TASK_NAMES } from "./task-names.ts";
import type { World } from "./world.ts";

const MARKS = { ok: "ok", warning: "note", problem: "PROBLEM" } as const;

/** Photos for which the time is predicted where there is no library: what a family has after some years. */
const EXAMPLE_PHOTOS = 20_000;

/** Columns of a paragraph. */
const WIDTH = 96;

const BUSY =
  "Other programs keep this machine busy: photos waited longer than they were worked on. The prediction is for the work " +
  "alone; measure again when the machine is idle.";

/** What the stages do, where their names do not say it. */
const STAGE_NAMES: Readonly<Record<string, string>> = {
  decode: "decoding",
  encode: "writing preview and thumbnail",
  hash: "fingerprints",
  ocr: "text",
};

interface DoctorFlags {
  readonly json?: boolean;
  readonly bench?: boolean;
  readonly photos?: number;
}

/** `keepsight doctor`: what could keep Keepsight from working well here. Exit code 1 when there is a problem. */
export function addDoctorCommand(program: Command, open: () => Promise<World>): void {
  program
    .command("doctor")
    .option("--bench", "time the analysis of photos on this machine (up to a minute)")
    .option("--photos <n>", "with --bench: photos to predict the time for (those of the library)", parseCount)
    .option("--json", "print the result as JSON")
    .summary("check this machine, the configuration and the models")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight doctor\n  keepsight doctor --bench --photos 50000\n  keepsight doctor --data-dir /srv/photos --json",
    )
    .action(async ({ json = false, bench = false, photos }: DoctorFlags) => {
      const world = await open();
      const report = await world.diagnose();
      if (report.findings.some(({ status }) => status === "problem")) process.exitCode = 1;
      if (!bench) return json ? printJson(world, report) : printLines(world, describeReport(report));
      const count = photos ?? (await countPhotos(world)) ?? EXAMPLE_PHOTOS;
      const onStage = (stage: string) => world.remarks.write(`${stage}\n`);
      const measured = await world.bench({ photos: count, onStage, signal: world.signal });
      if (json) printJson(world, { ...report, bench: measured });
      else printLines(world, describeBench(measured));
    });
}

function parseCount(value: string): number {
  const count = Number(value);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError("expected a whole number above 0.");
}

/** Photos of the library; undefined where there is none, or nothing in it. */
async function countPhotos(world: World): Promise<number | undefined> {
  try {
    const library = await world.openLibrary("reading");
    try {
      return (await library.stats.read()).photos || undefined;
    } finally {
      await library.close();
    }
  } catch (error) {
    if (error instanceof KeepsightError && error.code === "not_found") return undefined;
    throw error;
  }
}

function describeReport({ findings, offers, isOffline }: DoctorReport): string[] {
  return [
    ...toTable(findings.map(({ subject, status, detail }) => [MARKS[status], subject, detail])),
    ...describeOffers(offers, isOffline),
    "",
    "`keepsight doctor --bench` measures how fast this machine is and how long your photos will take.",
  ];
}

/** What each set of models would bring, as a newcomer needs it to decide. */
function describeOffers(offers: readonly DownloadOffer[], isOffline: boolean): string[] {
  if (offers.length === 0) return [];
  const remark = isOffline
    ? [
        "",
        ...wrapWords(
          "KEEPSIGHT_OFFLINE is set: unset it to download, or place the files in a folder of KEEPSIGHT_MODELS_DIR.",
          WIDTH,
        ),
      ]
    : [];
  return ["", "What a download would add:", ...offers.flatMap(describeOffer), ...remark];
}

function describeOffer({ set, byteSize, needsConsent, models }: DownloadOffer): string[] {
  const consent = needsConsent ? " --accept-licences" : "";
  const terms = needsConsent ? "some licences restrict use" : "any use, commercial too";
  return [
    "",
    `keepsight models pull ${set}${consent}   ${formatBytes(byteSize)}, ${terms}`,
    ...toTable(models.map((model) => ["", ...describeOffered(model)])),
  ];
}

function describeOffered({
  id,
  task,
  byteSize,
  licence,
  isRestricted,
  effect,
  inUse,
}: OfferedModel): string[] {
  const effects = {
    adds: "new",
    replaces: `better than ${inUse}`,
    unused: `not used: ${inUse} is better`,
  };
  const terms = `${licence}${isRestricted ? " (restricted)" : ""}`;
  return [TASK_NAMES[task] ?? task, formatBytes(byteSize), `${id}, ${effects[effect]}. Licence: ${terms}`];
}

function describeBench(report: BenchReport): string[] {
  const { processor, cores, memoryBytes, photo, photoMs, firstPhotoMs, processBytes } = report;
  const { recommendedProcesses, prediction, advice, isBusy } = report;
  const megapixels = Math.round((photo.width * photo.height) / 1e6);
  return [
    `${processor}, ${cores} ${cores === 1 ? "core" : "cores"}, ${formatBytes(memoryBytes)} of memory`,
    "",
    `A photo of ${megapixels} megapixels without people, one in five with words, in one process:`,
    ...describeStages(report),
    `  ${(photoMs / 1000).toFixed(2)} s in all; the first one ${(firstPhotoMs / 1000).toFixed(1)} s, as the models are loaded; ` +
      `${formatBytes(processBytes)} of memory`,
    "",
    "Processes at once:",
    ...toTable(
      report.speeds.map(({ processes, photosPerSecond, speedUp }) => [
        "",
        String(processes),
        `${photosPerSecond.toFixed(2)} photos a second`,
        `${speedUp.toFixed(2)} times one process`,
      ]),
    ),
    "",
    ...wrapWords(
      `${prediction.photos.toLocaleString("en")} such photos take about ${formatSeconds(prediction.seconds)} with ` +
        `${recommendedProcesses} ${recommendedProcesses === 1 ? "process" : "processes"}. Photos with people or much text take longer, ` +
        "smaller ones less.",
      WIDTH,
    ),
    ...(isBusy ? ["", ...wrapWords(BUSY, WIDTH)] : []),
    ...advice.flatMap((text) => ["", ...wrapWords(text, WIDTH)]),
  ];
}

function describeStages({ stages }: BenchReport): string[] {
  const total = stages.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  const row = (name: string, cpuMs: number, modelIds: readonly string[]) => [
    "",
    name,
    `${cpuMs.toFixed(1).padStart(7)} ms`,
    `${Math.round((cpuMs / total) * 100)} %`.padStart(5),
    modelIds.join(" + "),
  ];
  return toTable(
    stages.map(({ stage, cpuMs, modelIds }) => row(STAGE_NAMES[stage] ?? stage, cpuMs, modelIds)),
  );
}
