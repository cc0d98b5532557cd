import { KeepsightError } from "../core/errors.ts";
import type { InferRequest, InferResponse } from "./inference-service.ts";
import type { WireTensor } from "./wire-tensor.ts";

/**
 * Several requests for one model as one: their tensors joined along axis 0, and the outputs of the joint run divided
 * again. Only for models whose first axis is the batch, in every input and output.
 */

/** What requests must have in common to be run together: model, outputs, and all of their inputs but the first axis. */
export function batchKey({ modelName, modelVersion, inputs, outputNames }: InferRequest): string {
  const shapes = inputs.map(({ name, datatype, shape }) => [name, datatype, ...shape.slice(1)]);
  return JSON.stringify([modelName, modelVersion, outputNames, shapes]);
}

/** Rows that a request brings: the length of axis 0 of its first input. */
export function rowsOf({ inputs }: InferRequest): number {
  return inputs[0]?.shape[0] ?? 0;
}

/** The joint request of several with the same {@link batchKey}. */
export function joinRequests(requests: readonly InferRequest[]): InferRequest {
  const [first] = requests;
  return {
    ...first!,
    id: undefined,
    outputPlaces: undefined,
    inputs: first!.inputs.map((_, i) => joinTensors(requests.map(({ inputs }) => inputs[i]!))),
  };
}

function joinTensors(tensors: readonly WireTensor[]): WireTensor {
  const { name, datatype, shape } = tensors[0]!;
  const rows = tensors.reduce((sum, tensor) => sum + tensor.shape[0]!, 0);
  return {
    name,
    datatype,
    shape: [rows, ...shape.slice(1)],
    data: Buffer.concat(tensors.map(({ data }) => data)),
  };
}

/** The answer of each request. Throws `model_invalid` where an output does not have a row for each that went in. */
export function splitResponse(response: InferResponse, requests: readonly InferRequest[]): InferResponse[] {
  const total = requests.reduce((sum, request) => sum + rowsOf(request), 0);
  for (const { name, shape } of response.outputs) {
    if (shape[0] === total) continue;
    throw new KeepsightError(
      "model_invalid",
      `Output "${name}" of ${response.modelName} has ${shape[0] ?? 0} rows for ${total} that went in.`,
    );
  }
  let firstRow = 0;
  return requests.map((request) => {
    const rows = rowsOf(request);
    const outputs = response.outputs.map((output) => takeRows(output, firstRow, rows));
    firstRow += rows;
    return { ...response, id: request.id, outputs };
  });
}

function takeRows(tensor: WireTensor, firstRow: number, rows: number): WireTensor {
  const rowBytes = tensor.data.byteLength / tensor.shape[0]!;
  const data = tensor.data.subarray(firstRow * rowBytes, (firstRow + rows) * rowBytes);
  return { ...tensor, shape: [rows, ...tensor.shape.slice(1)], data };
}
