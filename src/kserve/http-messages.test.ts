import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { InferRequest, InferResponse } from "./inference-service.ts";
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  joinAligned,
  readHeaderLength,
  type MessageBody,
} from "./http-messages.ts";
import type { Datatype, WireTensor } from "./wire-tensor.ts";

const join = ({ parts }: MessageBody) => Buffer.concat(parts);

function tensor(name: string, datatype: Datatype, shape: number[], data: ArrayBufferView): WireTensor {
  return { name, datatype, shape, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

const floats = tensor("x", "FP32", [1, 3], new Float32Array([0.1, -2.5, 3e38]));
const ids = tensor("ids", "INT64", [2], new BigInt64Array([49_406n, -1n]));

describe("encodeRequest", () => {
  it("writes what the published example of the extension has: sizes in the JSON, bytes behind it", () => {
    const body = encodeRequest({ modelName: "m", inputs: [floats, ids] });
    const text = join(body);
    expect(JSON.parse(text.toString("utf8", 0, body.headerLength))).toEqual({
      inputs: [
        { name: "x", datatype: "FP32", shape: [1, 3], parameters: { binary_data_size: 12 } },
        { name: "ids", datatype: "INT64", shape: [2], parameters: { binary_data_size: 16 } },
      ],
      parameters: { binary_data_output: true },
    });
    expect(text.byteLength - body.headerLength!).toBe(28);
    expect(text.readFloatLE(body.headerLength)).toBeCloseTo(0.1);
    expect(text.readBigInt64LE(body.headerLength! + 12)).toBe(49_406n);
  });

  it("comes back as it went in, whatever the tensors are", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 4 }), (arrays) => {
        const inputs = arrays.map((data, i) => tensor(`t${i}`, "UINT8", [data.length], data));
        const request: InferRequest = { modelName: "m", id: "7", inputs, outputNames: ["y"] };
        const body = encodeRequest(request);
        const decoded = decodeRequest(joinAligned(body.parts, body.headerLength), body.headerLength);
        expect({ modelName: "m", ...decoded.request }).toEqual({
          ...request,
          inputs: inputs.map((input) => ({ ...input, data: Buffer.from(input.data) })),
        });
        expect(decoded.isBinary("y")).toBe(true);
      }),
    );
  });
});

describe("decodeRequest", () => {
  const decode = (json: unknown) => decodeRequest(Buffer.from(JSON.stringify(json)), undefined);
  const input = (datatype: string, shape: number[], data: unknown) => ({
    inputs: [{ name: "x", datatype, shape, data }],
  });

  it("reads nested and flat JSON values alike", () => {
    const nested = decode(
      input(
        "FP32",
        [2, 2],
        [
          [1, 2.5],
          [-3, 4],
        ],
      ),
    );
    const flat = decode(input("FP32", [2, 2], [1, 2.5, -3, 4]));
    expect(nested).toMatchObject({ request: { inputs: flat.request.inputs } });
    expect(flat.request.inputs[0]!.data).toEqual(new Uint8Array(new Float32Array([1, 2.5, -3, 4]).buffer));
    expect(flat.isBinary("y")).toBe(false);
  });

  it("lets each output have its own form", () => {
    const { isBinary } = decode({
      ...input("UINT8", [1], [1]),
      parameters: { binary_data_output: true },
      outputs: [{ name: "a" }, { name: "b", parameters: { binary_data: false } }],
    });
    expect([isBinary("a"), isBinary("b")]).toEqual([true, false]);
  });

  test.each([
    ["no JSON", Buffer.from("GET /"), undefined, /not JSON/],
    ["no inputs", Buffer.from("{}"), undefined, /inputs/],
    ["a JSON longer than the body", Buffer.from("{}"), 99, /only 2/],
    [
      "another number of values",
      Buffer.from(JSON.stringify(input("FP32", [3], [1, 2]))),
      undefined,
      /needs 3/,
    ],
    [
      "a fraction where a whole number is due",
      Buffer.from(JSON.stringify(input("INT64", [1], [0.5]))),
      undefined,
      /whole/,
    ],
    [
      "a number that the type cannot hold",
      Buffer.from(JSON.stringify(input("UINT8", [1], [256]))),
      undefined,
      /UINT8/,
    ],
    ["text for numbers", Buffer.from(JSON.stringify(input("FP32", [1], ["1"]))), undefined, /not a number/],
    ["half floats as numbers", Buffer.from(JSON.stringify(input("FP16", [1], [1]))), undefined, /binary/],
    ["an unknown type", Buffer.from(JSON.stringify(input("BYTES", [1], ["a"]))), undefined, /BYTES/],
    ["a negative axis", Buffer.from(JSON.stringify(input("FP32", [-1], []))), undefined, /impossible/],
    [
      "an impossible number of values",
      Buffer.from(JSON.stringify(input("FP32", [1e9, 1e9], []))),
      undefined,
      /impossible/,
    ],
    [
      "neither values nor bytes",
      Buffer.from('{"inputs":[{"name":"x","datatype":"FP32","shape":[1]}]}'),
      undefined,
      /neither/,
    ],
  ])("refuses %s", (_what, body, headerLength, message) => {
    expect(() => decodeRequest(body, headerLength)).toThrow(message);
  });

  it("believes no declared size: bytes that did not come are not made", () => {
    const declare = (size: number, shape: number[]) => {
      const json = JSON.stringify({
        inputs: [{ name: "x", datatype: "FP32", shape, parameters: { binary_data_size: size } }],
      });
      return decodeRequest(Buffer.from(`${json}1234`), json.length);
    };
    expect(declare(4, [1]).request.inputs[0]!.data).toEqual(Buffer.from("1234"));
    expect(() => declare(4e12, [1e12])).toThrow(/came with 4/);
    expect(() => declare(4, [2])).toThrow(/cannot have 4/);
    expect(() => declare(0, [0])).toThrow(/4 bytes follow/);
  });
});

describe("encodeResponse", () => {
  const response: InferResponse = { modelName: "m", modelVersion: "1", id: "a", outputs: [floats, ids] };

  it("gives binary and JSON outputs side by side", () => {
    const body = encodeResponse(response, (name) => name === "x");
    const decoded = decodeResponse(joinAligned(body.parts, body.headerLength), body.headerLength);
    expect(decoded).toMatchObject({ modelName: "m", modelVersion: "1", id: "a" });
    expect(decoded.outputs.map(({ data }) => [...data])).toEqual([[...floats.data], [...ids.data]]);
  });

  it("is plain JSON when no output is wanted as bytes, with every float exact", () => {
    const body = encodeResponse(response, () => false);
    expect(body.headerLength).toBeUndefined();
    const { outputs } = decodeResponse(join(body), undefined);
    expect(outputs.map(({ data }) => data)).toEqual([floats.data, ids.data]);
  });

  it("writes values from wherever they lie in memory", () => {
    const body = Buffer.concat([Buffer.from("?"), floats.data]).subarray(1);
    const odd = { ...response, outputs: [{ ...floats, data: body }] };
    expect(decodeResponse(join(encodeResponse(odd, () => false)), undefined).outputs[0]!.data).toEqual(
      floats.data,
    );
  });

  it("says so where JSON has no word for a value", () => {
    const nan = { ...response, outputs: [tensor("y", "FP32", [1], new Float32Array([Number.NaN]))] };
    expect(() => encodeResponse(nan, () => false)).toThrow(/binary/);
    expect(encodeResponse(nan, () => true).headerLength).toBeGreaterThan(0);
  });
});

describe("joinAligned", () => {
  it("puts the bytes after the JSON where any element may lie", () => {
    for (const headerLength of [1, 7, 8, 13]) {
      const joined = joinAligned([Buffer.alloc(headerLength), Buffer.alloc(8)], headerLength);
      expect((joined.byteOffset + headerLength) % 8).toBe(0);
      expect(joined.byteLength).toBe(headerLength + 8);
    }
  });
});

describe("readHeaderLength", () => {
  test.each(["-1", "1e3", "", "0x10", "12345678901234567890"])("refuses %j", (value) => {
    expect(() => readHeaderLength(value)).toThrow(/not a number of bytes/);
  });
});
