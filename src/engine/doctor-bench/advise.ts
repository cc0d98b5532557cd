import type { ModelSummary } from "../installed-models.ts";
import { listOffers } from "../download-offers.ts";
import type { BenchReport } from "./bench-report.ts";

/** A stage that takes this share of a photo's time is worth making faster. */
const LARGE_SHARE = 0.2;

/** An import of more hours is worth another machine. */
const LONG_IMPORT_SECONDS = 24 * 3600;

/** Ends the id of models that are quantised already. */
const QUANTIZED = /int8/;

/** What would help on a machine with these times and models, in words for a person; the most useful first. */
export function adviseOn(report: Omit<BenchReport, "advice">, models: readonly ModelSummary[]): string[] {
  return [
    ...adviseOnProcesses(report),
    ...adviseOnDownloads(models),
    ...adviseOnQuantizing(report, models),
    ...adviseOnTime(report),
  ];
}

function adviseOnProcesses({
  recommendedProcesses,
  configuredProcesses,
}: Omit<BenchReport, "advice">): string[] {
  if (recommendedProcesses === configuredProcesses) return [];
  return [
    `Set KEEPSIGHT_ANALYSERS=${recommendedProcesses} (now ${configuredProcesses}): ` +
      (recommendedProcesses < configuredProcesses
        ? "more processes take memory and bring little."
        : "the cores and the memory are there."),
  ];
}

function adviseOnDownloads(models: readonly ModelSummary[]): string[] {
  const [offer] = listOffers(models);
  if (offer === undefined) return [];
  const adds = offer.models.some(({ effect }) => effect === "adds");
  return [
    `\`keepsight models pull ${offer.set}${offer.needsConsent ? " --accept-licences" : ""}\` ` +
      `(${Math.round(offer.byteSize / 1e6)} MB) brings ${adds ? "what is missing here" : "better models"}; ` +
      "`keepsight doctor` says what. Measure again with them: better models can take longer.",
  ];
}

function adviseOnQuantizing(
  { stages }: Omit<BenchReport, "advice">,
  models: readonly ModelSummary[],
): string[] {
  const total = stages.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  const share = (stages.find(({ stage }) => stage === "embeddings")?.cpuMs ?? 0) / total;
  const clip = models.find(({ task, isActive }) => task === "clip" && isActive);
  if (clip === undefined || share < LARGE_SHARE || QUANTIZED.test(clip.id)) return [];
  return [
    `Embeddings take ${Math.round(share * 100)} % of a photo's time. \`keepsight models quantize ${clip.id}\` makes ` +
      "transformers two to three times as fast, and refuses where it would find something else.",
  ];
}

function adviseOnTime({ prediction }: Omit<BenchReport, "advice">): string[] {
  if (prediction.seconds < LONG_IMPORT_SECONDS) return [];
  return [
    "Each photo can be searched as soon as it is done. A stronger machine can run the models for this one: " +
      "`keepsight serve-models` there, KEEPSIGHT_INFERENCE_URL here.",
  ];
}
