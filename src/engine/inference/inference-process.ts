import { Socket } from "node:net";
import { toKeepsightError } from "../../core/errors.ts";
import { memoizeAsync } from "../../core/memoize-async.ts";
import { createSession } from "../../onnx/create-session.ts";
import { describeModel } from "../../onnx/describe-model.ts";
import { fromWire, toWire } from "../../onnx/kserve/wire-conversion.ts";
import type { InferenceSession } from "../../onnx/session.ts";
import {
  headsOf,
  putInRoom,
  readMessages,
  readTensors,
  writeMessage,
  type ToInference,
} from "./inference-protocol.ts";

/**
 * The program of an inference process: it runs models, one at a time, for the server of models that started it, and leaves
 * when the pipe to that one closes. Models are loaded when they are first run.
 */

/** The pipe that the server passes behind the three usual ones, and behind it the file in shared memory, if it has one. */
const PIPE = 3;
const SHARED_FILE = 4;

const sessions = new Map<string, () => Promise<InferenceSession>>();
const pipe = new Socket({ fd: PIPE, readable: true, writable: true });
const channel = { pipe, sharedFile: process.argv.includes("--shared-file") ? SHARED_FILE : undefined };
pipe.on("close", () => process.exit(0));
pipe.on("error", () => process.exit(0));

readMessages<ToInference>(channel, (message, payload) => {
  answer(message, payload).catch((thrown: unknown) => {
    const { code, message: text } = toKeepsightError(thrown);
    writeMessage(channel, { kind: "failed", error: { code, message: text }, residentBytes: residentBytes() });
  });
});

async function answer(message: ToInference, payload: Buffer): Promise<void> {
  if (message.kind === "describe") {
    const signature = await describeModel(message.path);
    return writeMessage(channel, { kind: "described", signature, residentBytes: residentBytes() });
  }
  const session = await open(message.path);
  const inputs = readTensors(message.tensors, payload);
  const started = performance.now();
  const outputs = await session.run(Object.fromEntries(inputs.map((input) => [input.name, fromWire(input)])));
  const runMs = performance.now() - started;
  const tensors = Object.entries(outputs).map(([name, output]) =>
    putInRoom(toWire(name, output), message.rooms?.[name]),
  );
  writeMessage(
    channel,
    { kind: "done", tensors: headsOf(tensors), runMs, residentBytes: residentBytes() },
    tensors,
  );
}

function open(path: string): Promise<InferenceSession> {
  const session = sessions.get(path) ?? memoizeAsync(() => createSession(path));
  sessions.set(path, session);
  return session();
}

function residentBytes(): number {
  return process.memoryUsage.rss();
}
