import type { AnalyserSettings, FileAnalysis, FromAnalyser, ToAnalyser } from "../analyser-protocol.ts";

/** The program of an analyser process for tests: it does what the path of the photo, or the text of the query, says. */

/** Bytes that `/grow` takes and keeps. */
const GROWTH = 200 * 1024 * 1024;

let settings: AnalyserSettings | undefined;
const kept: Buffer[] = [];

process.on("message", (message: ToAnalyser) => {
  if (message.kind === "start") settings = message.settings;
  else answer(message.id, "path" in message.request ? message.request.path : message.request.text);
});
process.on("disconnect", () => process.exit(0));

function answer(id: number, command: string): void {
  const residentBytes = () => process.memoryUsage.rss();
  if (command === "/abort") return process.abort();
  if (command === "/exit") process.exit(7);
  if (command === "/grow") kept.push(Buffer.alloc(GROWTH, 1));
  if (command === "/wait") return send({ kind: "step", id, step: "ocr" });
  if (command === "/spin") for (;;) kept.length = 0;
  if (command === "/refuse") {
    const error = { code: "not_found", message: "There is no such photo." } as const;
    return send({ kind: "failed", id, error, residentBytes: residentBytes() });
  }
  send({ kind: "step", id, step: "hash" });
  send({ kind: "done", id, result: describeSelf(), residentBytes: residentBytes() });
}

/** An analysis that says which process answered, and with which models. */
function describeSelf(): FileAnalysis {
  const models = Object.keys(settings?.models ?? {});
  return {
    analysis: { objects: [], faces: [], tags: [], textLines: [], steps: {} },
    derivatives: [],
    byteSize: 0,
    modifiedAtMs: 0,
    stageCpuMs: { pid: process.pid, ...Object.fromEntries(models.map((task) => [task, 1])) },
  };
}

function send(message: FromAnalyser): void {
  process.send?.(message);
}
