import type { Command } from "commander";
import { printJson, printLines } from "./print.ts";
import type { World } from "./world.ts";

interface Flags {
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `keepsight models export-triton DIR [MODEL…]`: a model repository for NVIDIA Triton. */
export function addExportTritonCommand(models: Command, open: () => Promise<World>): void {
  models
    .command("export-triton")
    .argument("<directory>", "where to write the model repository")
    .argument("[models...]", "models to export (default: all that are installed)")
    .option("--force", "replace what lies there, also where it is no export of Keepsight's")
    .option("--json", "print the result as JSON")
    .summary("write a model repository for NVIDIA Triton")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight models export-triton /srv/triton\n" +
        "  docker run --gpus all -p 8000-8001:8000-8001 -v /srv/triton:/models \\\n" +
        "    nvcr.io/nvidia/tritonserver:<version> tritonserver --model-repository=/models",
    )
    .action(async (directory: string, modelIds: string[], { force = false, json = false }: Flags) => {
      const world = await open();
      const exported = await world.exportTriton(directory, { modelIds, isForced: force });
      if (json) return printJson(world, exported);
      printLines(world, [
        ...exported.models.map((name) => `  ${name}`),
        `${exported.models.length} networks are in ${exported.directory}.`,
      ]);
    });
}
