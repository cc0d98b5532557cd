import { z } from "zod";
import { KeepsightError } from "../core/errors.ts";
import type { InferRequest, InferResponse } from "./inference-service.ts";
import { fromJsonValues, toJsonValues } from "./json-values.ts";
import { type FindShared, readPlace, refuseShared, type SharedPlace, toParameters } from "./shared-memory.ts";
import { byteSizeOf, toWireTensor, type WireTensor } from "./wire-tensor.ts";

/**
 * Bodies of `infer` over HTTP, with the binary tensor data extension: a JSON object whose length the header
 * {@link HEADER_LENGTH} tells, followed by the bytes of the tensors in the order in which the object names them. A tensor
 * with a parameter `binary_data_size` is among those bytes, one with a field `data` is in the object. Without the header
 * the whole body is JSON.
 */

/** Tells how many bytes of a body are JSON, where bytes follow. */
export const HEADER_LENGTH = "inference-header-content-length";

/** Alignment of every element type. */
const ALIGNMENT = 8;

const Parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional();

const JsonTensor = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.number()),
  parameters: Parameters,
  data: z.unknown().optional(),
});
type JsonTensor = z.infer<typeof JsonTensor>;

const JsonRequest = z.object({
  id: z.string().optional(),
  parameters: Parameters,
  inputs: z.array(JsonTensor),
  outputs: z.array(z.object({ name: z.string(), parameters: Parameters })).optional(),
});

const JsonResponse = z.object({
  model_name: z.string().default(""),
  model_version: z.string().optional(),
  id: z.string().optional(),
  outputs: z.array(JsonTensor),
});

/** A body in pieces that need not be joined to be sent. */
export interface MessageBody {
  readonly parts: readonly Uint8Array[];
  /** Bytes of the JSON where others follow; absent when the body is JSON as a whole. */
  readonly headerLength?: number;
  readonly byteLength: number;
}

/** A request as it came, and in which form each output is to go back. */
export interface DecodedRequest {
  readonly request: Omit<InferRequest, "modelName" | "modelVersion">;
  readonly isBinary: (outputName: string) => boolean;
  /** Where in shared memory an output is to be put; undefined for those that go back in the body. */
  readonly placeOf: (outputName: string) => SharedPlace | undefined;
}

/** The body of a request, all tensors as bytes both ways. */
export function encodeRequest({ id, inputs, outputNames }: InferRequest): MessageBody {
  const json = {
    ...(id === undefined ? {} : { id }),
    inputs: inputs.map(describeBinary),
    ...(outputNames && { outputs: outputNames.map((name) => ({ name, parameters: { binary_data: true } })) }),
    parameters: { binary_data_output: true },
  };
  return joinParts(
    JSON.stringify(json),
    inputs.map(({ data }) => data),
  );
}

/** The same with all inputs, and the outputs of which a place is given, in shared memory; the body is JSON as a whole. */
export function encodeSharedRequest(
  { id, inputs, outputNames }: InferRequest,
  placeOfInput: (name: string) => SharedPlace,
  outputPlaces: ReadonlyMap<string, SharedPlace>,
): MessageBody {
  const names = outputPlaces.size === 0 ? outputNames : [...outputPlaces.keys()];
  const outputs = names?.map((name) => {
    const place = outputPlaces.get(name);
    return { name, parameters: place === undefined ? { binary_data: true } : toParameters(place) };
  });
  const json = {
    ...(id === undefined ? {} : { id }),
    inputs: inputs.map(({ name, datatype, shape }) => {
      return { name, datatype, shape, parameters: toParameters(placeOfInput(name)) };
    }),
    ...(outputs && { outputs }),
    parameters: { binary_data_output: true },
  };
  return joinParts(JSON.stringify(json), []);
}

/**
 * The request in a body. Throws `bad_request` where the body breaks the protocol, and for shared memory where no way to find
 * it is given.
 */
export function decodeRequest(
  body: Uint8Array,
  headerLength: number | undefined,
  findShared: FindShared = refuseShared,
): DecodedRequest {
  const { id, inputs, outputs, parameters } = parseHeader(JsonRequest, body, headerLength);
  const isBinaryByDefault = parameters?.["binary_data_output"] === true;
  const forms = new Map(outputs?.map((output) => [output.name, output.parameters]));
  return {
    request: {
      id,
      inputs: readTensors(inputs, { body, headerLength, findShared }),
      outputNames: outputs?.map(({ name }) => name),
    },
    isBinary: (name) => (forms.get(name)?.["binary_data"] ?? isBinaryByDefault) === true,
    placeOf: (name) => readPlace(name, forms.get(name)),
  };
}

/** The body of an answer, each output in the form that was asked for; those of which a place is given were put there. */
export function encodeResponse(
  { modelName, modelVersion, id, outputs }: InferResponse,
  isBinary: (outputName: string) => boolean,
  placeOf: (outputName: string) => SharedPlace | undefined = () => undefined,
): MessageBody {
  const binary = outputs.filter(({ name }) => placeOf(name) === undefined && isBinary(name));
  const head = JSON.stringify({ model_name: modelName, model_version: modelVersion, id });
  const described = outputs.map((output) => {
    const place = placeOf(output.name);
    if (place !== undefined) {
      const { name, datatype, shape } = output;
      const byteSize = byteSizeOf(name, datatype, shape);
      return JSON.stringify({ name, datatype, shape, parameters: toParameters({ ...place, byteSize }) });
    }
    return isBinary(output.name) ? JSON.stringify(describeBinary(output)) : describeJson(output);
  });
  return joinParts(
    `${head.slice(0, -1)},"outputs":[${described.join(",")}]}`,
    binary.map(({ data }) => data),
  );
}

/** The answer in a body. Throws as {@link decodeRequest}. */
export function decodeResponse(
  body: Uint8Array,
  headerLength: number | undefined,
  findShared: FindShared = refuseShared,
): InferResponse {
  const { model_name, model_version, id, outputs } = parseHeader(JsonResponse, body, headerLength);
  return {
    modelName: model_name,
    modelVersion: model_version,
    id,
    outputs: readTensors(outputs, { body, headerLength, findShared }),
  };
}

/**
 * The value of {@link HEADER_LENGTH} as a number; undefined where there is none. Throws `bad_request` for anything that
 * is not a number of bytes.
 */
export function readHeaderLength(value: string | readonly string[] | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^\d{1,15}$/.test(value)) return Number(value);
  throw new KeepsightError(
    "bad_request",
    `The header Inference-Header-Content-Length is not a number of bytes.`,
  );
}

/** Joins what was received in pieces so that the bytes after the JSON begin at an address that fits any type. */
export function joinAligned(chunks: readonly Uint8Array[], headerLength: number | undefined): Buffer {
  const byteLength = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  const gap = (ALIGNMENT - ((headerLength ?? 0) % ALIGNMENT)) % ALIGNMENT;
  const joined = Buffer.allocUnsafeSlow(gap + byteLength);
  let end = gap;
  for (const chunk of chunks) {
    joined.set(chunk, end);
    end += chunk.byteLength;
  }
  return joined.subarray(gap);
}

function describeBinary({ name, datatype, shape, data }: WireTensor) {
  return { name, datatype, shape, parameters: { binary_data_size: data.byteLength } };
}

function describeJson(tensor: WireTensor): string {
  const { name, datatype, shape } = tensor;
  return `${JSON.stringify({ name, datatype, shape }).slice(0, -1)},"data":${toJsonValues(tensor)}}`;
}

function joinParts(json: string, binary: readonly Uint8Array[]): MessageBody {
  const header = Buffer.from(json, "utf8");
  const parts = [header, ...binary];
  const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return { parts, byteLength, ...(binary.length === 0 ? {} : { headerLength: header.byteLength }) };
}

function parseHeader<T>(schema: z.ZodType<T>, body: Uint8Array, headerLength = body.byteLength): T {
  if (headerLength > body.byteLength) {
    throw new KeepsightError(
      "bad_request",
      `The header says that ${headerLength} bytes are JSON, and there are only ${body.byteLength}.`,
    );
  }
  const parsed = schema.safeParse(parseJson(body.subarray(0, headerLength)));
  if (parsed.success) return parsed.data;
  throw new KeepsightError(
    "bad_request",
    `The JSON does not fit the protocol: ${z.prettifyError(parsed.error)}`,
  );
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch (error) {
    throw new KeepsightError("bad_request", `The body is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The tensors that the JSON names; those sent as bytes are views of the body, never copies. */
function readTensors(
  tensors: readonly JsonTensor[],
  message: {
    readonly body: Uint8Array;
    readonly headerLength: number | undefined;
    readonly findShared: FindShared;
  },
): WireTensor[] {
  const { body, headerLength = body.byteLength, findShared } = message;
  let position = headerLength;
  const read = tensors.map(({ name, datatype, shape, parameters, data }) => {
    const place = readPlace(name, parameters);
    if (place !== undefined) return findShared({ name, datatype, shape }, place);
    const declared = parameters?.["binary_data_size"];
    if (declared === undefined) {
      if (data !== undefined) return fromJsonValues(name, datatype, shape, data);
      throw new KeepsightError("bad_request", `Tensor "${name}" has neither data nor binary_data_size.`);
    }
    if (declared !== byteSizeOf(name, datatype, shape)) {
      throw new KeepsightError(
        "bad_request",
        `Tensor "${name}" of ${datatype} [${shape.join(", ")}] cannot have ${declared} bytes.`,
      );
    }
    const bytes = body.subarray(position, position + declared);
    position += declared;
    return toWireTensor(name, datatype, shape, bytes);
  });
  if (position === body.byteLength) return read;
  throw new KeepsightError(
    "bad_request",
    `${body.byteLength - headerLength} bytes follow the JSON, and its tensors have ${position - headerLength}.`,
  );
}
