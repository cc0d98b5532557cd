import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { toKeepsightError } from "../core/errors.ts";
import type { PhotoAnalysis, Step } from "../core/photo-analysis.ts";
import type { FileAnalysis } from "../engine/analyser/analyser-protocol.ts";
import { ANALYSER_STEPS } from "../engine/analyser/analyser-steps.ts";
import { printJson, printLines, toPrintable } from "./print.ts";
import type { World } from "./world.ts";

/** `keepsight inspect FILE…`: everything the analyser finds, without a library. Exit code 2 when a file failed. */
export function addInspectCommand(program: Command, open: () => Promise<World>): void {
  program
    .command("inspect")
    .argument("<files...>", "photos to analyse")
    .option("--steps <steps>", `comma-separated: ${ANALYSER_STEPS.join(", ")} (default: all)`, parseSteps, [
      ...ANALYSER_STEPS,
    ])
    .option("--json", "print everything as JSON, embeddings included")
    .summary("print what is found in photos, without a library")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight inspect photo.jpg\n  keepsight inspect *.heic --steps hash,faces --json",
    )
    .action(async (files: string[], { steps, json = false }: { steps: Step[]; json?: boolean }) => {
      const world = await open();
      const pool = await world.createPool();
      try {
        const results = await Promise.all(
          files.map(async (file) => {
            try {
              return {
                file,
                ...(await pool.analyse(
                  { type: "analyse", path: resolve(file), steps },
                  { signal: world.signal },
                )),
              };
            } catch (error) {
              if (!existsSync(file))
                return { file, error: { code: "not_found", message: "There is no such file." } };
              const { code, message } = toKeepsightError(error);
              return { file, error: { code, message } };
            }
          }),
        );
        if (json) printJson(world, results.map(toPlain));
        else for (const result of results) printLines(world, describeResult(result, steps));
        if (results.some(hasFailed)) process.exitCode = 2;
      } finally {
        await pool.close();
      }
    });
}

type Result = { readonly file: string } & (
  | FileAnalysis
  | { readonly error: { code: string; message: string } }
);

function parseSteps(value: string): Step[] {
  return value.split(",").map((name) => {
    const step = ANALYSER_STEPS.find((known) => known === name.trim());
    if (step === undefined)
      throw new InvalidArgumentError(`expected some of ${ANALYSER_STEPS.join(", ")}, got "${name}".`);
    return step;
  });
}

function hasFailed(result: Result): boolean {
  return "error" in result || Object.values(result.analysis.steps).some(({ status }) => status === "failed");
}

/** Typed arrays as plain ones, so that JSON shows them. */
function toPlain(result: Result): unknown {
  return JSON.parse(
    JSON.stringify(result, (_key, value: unknown) => (value instanceof Float32Array ? [...value] : value)),
  );
}

function describeResult(result: Result, steps: readonly Step[]): string[] {
  if ("error" in result) return [toPrintable(result.file), `  ${toPrintable(result.error.message)}`, ""];
  const { analysis } = result;
  return [
    toPrintable(result.file),
    ...describeFile(analysis),
    ...analysis.objects.map(({ label, score }) => `  object   ${label} ${percent(score)}`),
    ...analysis.faces.map(
      ({ score, quality, normalizedBox: box }) =>
        `  face     ${percent(score)}, quality ${percent(quality)}, at ${percent(box.x)}, ${percent(box.y)}`,
    ),
    ...analysis.textLines.map(({ text, score }) => `  text     ${toPrintable(text)} (${percent(score)})`),
    ...steps.flatMap((step) => describeStep(step, analysis)),
    "",
  ];
}

function describeFile({ format, width, height, metadata, fingerprints }: PhotoAnalysis): string[] {
  const lines: string[] = [];
  if (format !== undefined) lines.push(`  image    ${format.toUpperCase()}, ${width} × ${height}`);
  if (metadata?.takenAtLocal !== undefined)
    lines.push(`  taken    ${metadata.takenAtLocal}${describeOffset(metadata.utcOffsetMinutes)}`);
  if (metadata?.latitude !== undefined)
    lines.push(`  place    ${metadata.latitude.toFixed(5)}, ${metadata.longitude!.toFixed(5)}`);
  if (metadata?.cameraModel !== undefined)
    lines.push(
      `  camera   ${toPrintable([metadata.cameraMake, metadata.cameraModel].filter(Boolean).join(" "))}`,
    );
  if (fingerprints !== undefined) lines.push(`  imohash  ${fingerprints.imohash}`);
  if (fingerprints?.pdq !== undefined)
    lines.push(`  pdq      ${fingerprints.pdq} (quality ${fingerprints.pdqQuality})`);
  return lines;
}

function describeStep(step: Step, { steps }: PhotoAnalysis): string[] {
  const outcome = steps[step];
  if (outcome === undefined || outcome.status === "done") return [];
  return [`  ${step} ${outcome.status}: ${toPrintable(outcome.reason ?? "")}`];
}

function describeOffset(minutes: number | undefined): string {
  if (minutes === undefined) return " (zone unknown)";
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  return `${minutes < 0 ? "−" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}

function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}
