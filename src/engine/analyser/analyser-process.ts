import { setPriority } from "node:os";
import { KeepsightError, toKeepsightError } from "../../core/errors.ts";
import { createSessionOpener } from "../../onnx/kserve/open-sessions.ts";
import { loadRunners, type LoadedRunners } from "../../vision/load-runners.ts";
import { analyseFile } from "./analyse-file.ts";
import type { AnalyserRequest, AnalyserSettings, FromAnalyser, ToAnalyser } from "./analyser-protocol.ts";
import { describeFace } from "./describe-face.ts";
import { encodeImage } from "./encode-image.ts";
import { readFileMetadata } from "./read-file-metadata.ts";
import { tuneProcess } from "./tune-process.ts";

/**
 * The program of an analyser process: it is told its settings once, then works on one request at a time and leaves when
 * the channel to the server closes, also when the server was killed.
 */

let settings: AnalyserSettings | undefined;
let runners: LoadedRunners | undefined;

process.on("message", (message: ToAnalyser) => {
  if (message.kind === "start") return start(message.settings);
  void answer(message.id, message.request);
});
process.on("disconnect", () => process.exit(0));

function start(received: AnalyserSettings): void {
  settings = received;
  if (received.niceness > 0) setPriority(received.niceness);
  tuneProcess();
  const { models, threads, cacheDirectory } = received;
  runners = loadRunners(models, { threads, cacheDirectory, ...sessionsOnServer(received) });
}

/** What makes sessions where a server runs models; nothing where all run here. */
function sessionsOnServer({ inference, models }: AnalyserSettings) {
  if (inference === undefined) return {};
  const onRemark = (text: string) => send({ kind: "remark", text });
  return { createSession: createSessionOpener(inference, Object.values(models).flat(), onRemark) };
}

async function answer(id: number, request: AnalyserRequest): Promise<void> {
  try {
    const result = await run(id, request);
    send({ kind: "done", id, result, residentBytes: process.memoryUsage.rss() });
  } catch (thrown) {
    const { code, message } = toKeepsightError(thrown);
    send({ kind: "failed", id, error: { code, message }, residentBytes: process.memoryUsage.rss() });
  }
}

async function run(id: number, request: AnalyserRequest) {
  if (settings === undefined || runners === undefined) throw new Error("The analyser has not been started.");
  if (request.type === "analyse") {
    const onStep = (step: Parameters<Parameters<typeof analyseFile>[2]>[0]) =>
      send({ kind: "step", id, step });
    return analyseFile(request, { settings, runners: runners.vision }, onStep);
  }
  if (request.type === "read-metadata") return readFileMetadata(request, settings);
  if (request.type === "describe-face") {
    return describeFace(request, { settings, faces: runners.drawnFaces });
  }
  if (request.type === "encode-image") return encodeImage(request, { settings, parts: runners.partEncoder });
  if (runners.textEncoder === undefined) {
    throw new KeepsightError(
      "model_missing",
      "No text-image model is installed; only words can be searched.",
    );
  }
  const { modelId, encode } = runners.textEncoder;
  return { modelId, embedding: await encode(request.text) };
}

function send(message: FromAnalyser): void {
  process.send?.(message);
}
