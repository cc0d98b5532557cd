/** `keepsight serve` as a process of its own, for tests and benchmarks that need the real thing. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

export interface ServerOptions {
  readonly folders: readonly string[];
  readonly dataDirectory: string;
  readonly modelDirectories?: readonly string[];
  readonly analysers?: number;
  /** Called for each photo whose results were stored. */
  readonly onAnalysed?: () => void;
}

/** A server with its analysers: one process group. */
export interface KeepsightServer {
  readonly pid: number;
  /** Address of the API; rejects with the server's last words when it ends before it listens. */
  readonly url: Promise<string>;
  /** Resolves when the server has ended. */
  readonly ended: Promise<void>;
  /** Ends the server and all its analysers at this moment, without a chance to do anything (SIGKILL). */
  kill(): Promise<void>;
  /** Asks the server to stop and waits until it has; throws when it did not end properly. */
  stop(): Promise<void>;
}

/** Starts a server on a free port. */
export function startServer(options: ServerOptions): KeepsightServer {
  const { modelDirectories = [], analysers = 2, onAnalysed } = options;
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      PROGRAM,
      "serve",
      ...options.folders,
      `--data-dir=${options.dataDirectory}`,
      `--analysers=${analysers}`,
      "--port=0",
      "--log-level=info",
      ...(modelDirectories.length === 0 ? [] : [`--models-dir=${modelDirectories.join(delimiter)}`]),
    ],
    { detached: true, stdio: ["ignore", "pipe", "pipe"] },
  );
  const lastWords: string[] = [];
  createInterface(child.stderr).on("line", (line) => {
    if (line.includes('"msg":"photo analysed"')) onAnalysed?.();
    else if (lastWords.push(line) > 20) lastWords.shift();
  });
  // Whoever started it takes it along, also when a signal ends a benchmark halfway.
  const kill = () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGKILL");
  };
  process.once("exit", kill);
  const ended = once(child, "close").then(() => void process.off("exit", kill));
  const url = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      const [, address] = /ready: (\S+)/.exec(line) ?? [];
      if (address !== undefined) resolve(address.replace(/\/$/, ""));
    });
    child.once("close", () => reject(new Error(`The server ended early:\n${lastWords.join("\n")}`)));
  });
  // Who never asks for the address must not fall over its absence.
  url.catch(() => {});
  return {
    pid: child.pid!,
    url,
    ended,
    async kill() {
      kill();
      await ended;
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
      if (child.exitCode !== 0) throw new Error(`The server ended badly:\n${lastWords.join("\n")}`);
    },
  };
}
