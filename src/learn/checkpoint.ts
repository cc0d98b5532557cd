import { KeepsightError } from "../core/errors.ts";
import type { TrainingState } from "./train-head.ts";

/**
 * A training as bytes and back: a line of JSON with the sizes, then the parameters and both means of the optimiser as
 * little-endian float64, so that what is resumed is exactly what was stopped.
 */
interface CheckpointHeader {
  readonly format: typeof FORMAT;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly outputSize: number;
  readonly step: number;
  readonly losses: readonly number[];
  /** Numbers of each array of parameters. */
  readonly lengths: readonly number[];
}

const FORMAT = "keepsight projection head 1";
const LINE_END = 0x0a;

/** The bytes of a training state. */
export function encodeCheckpoint({ head, optimizer, losses }: TrainingState): Uint8Array {
  const { inputSize, hiddenSize, outputSize, parameters } = head;
  const lengths = parameters.map((values) => values.length);
  const header: CheckpointHeader = {
    format: FORMAT,
    inputSize,
    hiddenSize,
    outputSize,
    step: optimizer.step,
    losses,
    lengths,
  };
  const line = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
  const arrays = [...parameters, ...optimizer.first, ...optimizer.second];
  const bytes = new Uint8Array(line.length + 8 * arrays.reduce((sum, { length }) => sum + length, 0));
  bytes.set(line);
  const view = new DataView(bytes.buffer);
  let at = line.length;
  for (const values of arrays) {
    for (const value of values) {
      view.setFloat64(at, value, true);
      at += 8;
    }
  }
  return bytes;
}

/** The training state of {@link encodeCheckpoint}. Throws `undecodable` when the bytes are no checkpoint, or not all of one. */
export function decodeCheckpoint(bytes: Uint8Array): TrainingState {
  const end = bytes.indexOf(LINE_END);
  const header = parseHeader(bytes.subarray(0, Math.max(0, end)));
  const total = 3 * header.lengths.reduce((sum, length) => sum + length, 0);
  if (bytes.length !== end + 1 + 8 * total) throw notACheckpoint("it is not as long as it says");
  const view = new DataView(bytes.buffer, bytes.byteOffset + end + 1);
  let at = 0;
  const readArrays = () =>
    header.lengths.map((length) => Float64Array.from({ length }, () => view.getFloat64(8 * at++, true)));
  const parameters = readArrays();
  const { inputSize, hiddenSize, outputSize, step, losses } = header;
  return {
    head: { inputSize, hiddenSize, outputSize, parameters },
    optimizer: { step, first: readArrays(), second: readArrays() },
    losses,
  };
}

function parseHeader(line: Uint8Array): CheckpointHeader {
  let header: Partial<CheckpointHeader>;
  try {
    header = JSON.parse(new TextDecoder().decode(line)) as Partial<CheckpointHeader>;
  } catch {
    throw notACheckpoint("it does not begin as one");
  }
  if (header.format !== FORMAT || !Array.isArray(header.lengths))
    throw notACheckpoint("it is of another kind");
  return header as CheckpointHeader;
}

function notACheckpoint(reason: string): KeepsightError {
  return new KeepsightError("undecodable", `These bytes are no checkpoint of a training: ${reason}.`);
}
