/** `keepsight serve-models` as a process of its own, for tests and benchmarks that need the real thing. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

export interface ModelServerOptions {
  readonly dataDirectory: string;
  readonly modelDirectory: string;
  /** Ids of the models to serve. */
  readonly models: readonly string[];
  readonly processes?: number;
  /** Ports, so that a server can come back where another was; free ones where absent. */
  readonly port?: number;
  readonly grpcPort?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ModelServerProcess {
  readonly pid: number;
  readonly httpUrl: string;
  readonly grpcUrl: string;
  /** Ends it and its inference processes at this moment (SIGKILL). */
  kill(): Promise<void>;
  /** Asks it to stop and gives its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a server of models and waits until all of them are ready. Throws with its last words when it ends before. */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServerProcess> {
  const { processes = 1, port = 0, grpcPort = 0 } = options;
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      PROGRAM,
      "serve-models",
      ...options.models,
      `--data-dir=${options.dataDirectory}`,
      `--models-dir=${options.modelDirectory}`,
      `--analysers=${processes}`,
      `--port=${port}`,
      `--grpc-port=${grpcPort}`,
      "--log-level=error",
    ],
    {
      detached: true,
      env: {
        PATH: process.env["PATH"],
        NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
        KEEPSIGHT_OFFLINE: "true",
        ...options.env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let lastWords = "";
  child.stderr.on("data", (chunk: Buffer) => (lastWords = (lastWords + chunk.toString()).slice(-2000)));
  const ended = once(child, "close");
  const addresses = new Promise<{ httpUrl: string; grpcUrl: string }>((resolve, reject) => {
    let found = { httpUrl: "", grpcUrl: "" };
    createInterface(child.stdout).on("line", (line) => {
      const [, url, gRpc] = /networks: (\S+) \(gRPC: port (\d+)\)/.exec(line) ?? [];
      if (url !== undefined) found = { httpUrl: url, grpcUrl: `grpc://127.0.0.1:${gRpc}` };
      if (line.includes("ready")) resolve(found);
    });
    child.once("close", () => reject(new Error(`The server of models ended early:\n${lastWords}`)));
  });
  return {
    pid: child.pid!,
    ...(await addresses),
    async kill() {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGKILL");
      await ended;
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
      return child.exitCode;
    },
  };
}
