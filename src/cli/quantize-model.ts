import type { Command } from "commander";
import type { QuantizedModel, TowerReport } from "../engine/quantize/quantize-model.ts";
import { formatBytes, printJson, printLines, wrapWords } from "./print.ts";
import type { World } from "./world.ts";

/** Columns of a paragraph. */
const WIDTH = 96;

const TOWERS = { "image-encoder": "Image tower", "text-encoder": "Text tower" } as const;

/** `keepsight models quantize`: a text-image model in a third of the space and time, if it still sees the same. */
export function addQuantizeCommand(models: Command, open: () => Promise<World>): void {
  models
    .command("quantize")
    .argument("<model>", "an installed text-image model that is a transformer")
    .argument("[photos...]", "photos or folders to compare on; none: those of the library")
    .option("--json", "print the result as JSON")
    .summary("make a text-image model smaller and faster")
    .addHelpText(
      "after",
      "\nMakes a second model with 8-bit weights, runs both on the same photos and phrases, and keeps the" +
        "\nnew one only if it finds the same. The original stays.\n" +
        "\nExamples:\n  keepsight models quantize clip-vit-b-32-256-datacomp" +
        "\n  keepsight models quantize clip-vit-b-32-256-datacomp ~/Pictures",
    )
    .action(async (modelId: string, photos: string[], { json = false }: { json?: boolean }) => {
      const world = await open();
      const made = await world.quantize(modelId, {
        photos,
        signal: world.signal,
        onStage: (stage) => world.remarks.write(`${stage}\n`),
      });
      if (json) printJson(world, made);
      else printLines(world, describe(modelId, made));
    });
}

function describe(modelId: string, made: QuantizedModel): string[] {
  return [
    `${made.modelId} is installed (${formatBytes(made.byteSize)}, in ${made.folder}).`,
    ...made.towers.flatMap((tower) => wrapWords(describeTower(tower), WIDTH)),
    ...wrapWords(`Compared on ${made.comparedOn}.`, WIDTH),
    "",
    ...wrapWords(
      "It is used from the next start on: photos get new embeddings, because those of two models are never compared. " +
        `Delete its folder to go back to ${modelId}.`,
      WIDTH,
    ),
  ];
}

function describeTower(tower: TowerReport): string {
  const { role, refusal, byteSize, quantizedByteSize, durationMs, quantizedDurationMs, fidelity } = tower;
  if (refusal !== null) return `${TOWERS[role]}: stays as it is; it ${refusal}.`;
  const speed = durationMs / quantizedDurationMs!;
  return (
    `${TOWERS[role]}: ${formatBytes(byteSize)} → ${formatBytes(quantizedByteSize!)}, ` +
    `${durationMs.toFixed(1)} → ${quantizedDurationMs!.toFixed(1)} ms (${speed.toFixed(1)} × as fast), ` +
    `cosine ${fidelity!.meanCosine.toFixed(4)} (lowest ${fidelity!.lowestCosine.toFixed(4)}), ` +
    `${Math.round(fidelity!.neighbourRecall * 100)} % of neighbours kept`
  );
}
