import { createLogger } from "../../../core/logger.ts";
import { DEFAULT_DECODE_LIMITS } from "../../../image/decode-limits.ts";
import { createAnalyserWorker } from "../analyser-worker.ts";

/** A program that keeps one analyser busy for ever and prints that one's process id, for tests that kill it. */

const worker = createAnalyserWorker({
  entry: new URL("./scripted-analyser.ts", import.meta.url),
  settings: {
    models: {},
    threads: 1,
    niceness: 0,
    limits: DEFAULT_DECODE_LIMITS,
    formats: [],
    thumbnailSize: 400,
    previewSize: 1344,
  },
  timeoutMs: 3_600_000,
  maxMemoryBytes: Number.MAX_SAFE_INTEGER,
  logger: createLogger("silent"),
});

await worker.request(
  { type: "analyse", path: "/wait", steps: [] },
  { onStep: () => process.stdout.write(`${worker.pid}\n`) },
);
