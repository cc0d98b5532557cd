import type { Command } from "commander";
import { whenAborted } from "./when-aborted.ts";
import type { World } from "./world.ts";

interface Flags {
  readonly port?: string;
  readonly grpcPort?: string;
  readonly apiKey?: string;
}

/** `keepsight serve-models [MODEL…]`: runs models for other machines, over the Open Inference Protocol. */
export function addServeModelsCommand(
  program: Command,
  open: (settings: Readonly<Record<string, string | undefined>>) => Promise<World>,
): void {
  program
    .command("serve-models")
    .argument("[models...]", "models to serve (default: all that are installed)")
    .option("--grpc-port <port>", "port for gRPC (default 8001; 0: any free one)")
    .option("--api-key <key>", "what clients must give; needed beyond this computer")
    .summary("run models for other machines over KServe v2, HTTP and gRPC")
    .description(
      "Runs the installed models for other machines over KServe v2 (the Open Inference Protocol): HTTP with binary " +
        "tensors at --port (default 8000), gRPC at --grpc-port. Those set KEEPSIGHT_INFERENCE_URL to its address.",
    )
    .addHelpText(
      "after",
      '\nExamples:\n  keepsight serve-models\n  keepsight serve-models yolox-s --host 0.0.0.0 --api-key "$KEY"',
    )
    .action(async (models: string[], _flags: Flags, command: Command) => {
      const { port, grpcPort, apiKey } = command.optsWithGlobals<Flags>();
      const world = await open({
        KEEPSIGHT_SERVE_PORT: port,
        KEEPSIGHT_SERVE_GRPC_PORT: grpcPort,
        KEEPSIGHT_API_KEY: apiKey,
      });
      const server = await world.serveModels(models);
      try {
        world.output.write(
          `Serving ${server.names.length} networks: ${server.url} (gRPC: port ${server.grpcPort})\n`,
        );
        await Promise.race([server.whenReady, whenAborted(world.signal)]);
        if (!world.signal.aborted) world.output.write("All models are ready.\n");
        await whenAborted(world.signal);
        world.remarks.write("\nStopping.\n");
      } finally {
        await server.close();
      }
    });
}
