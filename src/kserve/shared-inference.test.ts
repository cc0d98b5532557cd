import { closeSync, existsSync, writeSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { KeepsightError } from "../core/errors.ts";
import { decodeRequest, decodeResponse, encodeResponse, encodeSharedRequest } from "./http-messages.ts";
import type { InferRequest, InferResponse } from "./inference-service.ts";
import { createSharedInference, type SocketCalls } from "./shared-inference.ts";
import { openSharedKey, placeTensor, SHARED_MEMORY_EXTENSION, type SharedPlace } from "./shared-memory.ts";

const COUNT = 100_000;

/** A server in this process that gives each input back plus one, by the outputs' places where they are given. */
function createServer(extensions: readonly string[]) {
  const files = new Map<string, number>();
  const seen = { registered: 0, unregistered: 0, outputsPlaced: [] as number[] };
  let failure: KeepsightError | undefined;
  const calls: SocketCalls = {
    serverMetadata: async () => ({ name: "a server", version: "1", extensions }),
    async register({ name, key, byteSize }) {
      seen.registered++;
      files.set(name, openSharedKey(key, byteSize));
    },
    async unregister({ name }) {
      seen.unregistered++;
      closeSync(files.get(name)!);
      files.delete(name);
    },
    async infer(asked, places, findShared) {
      if (failure !== undefined) throw failure;
      const message = encodeSharedRequest(asked, (name) => places.inputs.get(name)!, places.outputs);
      const body = Buffer.concat(message.parts);
      const fileOf = ({ region }: SharedPlace) => files.get(region)!;
      const { request, placeOf } = decodeRequest(body, undefined, (tensor, place) =>
        placeTensor(tensor, { file: fileOf(place), ...place }),
      );
      const outputs = request.inputs.map(({ name, data }) =>
        tensorOf(
          name,
          Uint8Array.from(data, (value) => value + 1),
        ),
      );
      const placed = outputs.filter(({ name }) => placeOf(name) !== undefined);
      for (const { name, data } of placed)
        writeSync(fileOf(placeOf(name)!), data, 0, data.byteLength, placeOf(name)!.offset);
      seen.outputsPlaced.push(placed.length);
      const answer = encodeResponse({ modelName: asked.modelName, outputs }, () => true, placeOf);
      return decodeResponse(Buffer.concat(answer.parts), answer.headerLength, findShared);
    },
  };
  return {
    calls,
    seen,
    fail: (error?: KeepsightError) => (failure = error),
  };
}

async function prepared(calls: SocketCalls) {
  const shared = createSharedInference(calls);
  await shared.prepare();
  return shared;
}

function tensorOf(name: string, data: Uint8Array) {
  return { name, datatype: "UINT8" as const, shape: [data.byteLength], data };
}

function requestOf(first: number, count = COUNT): InferRequest {
  const inputs = ["a", "b", "c"].map((name, i) => tensorOf(name, new Uint8Array(count).fill(first + i)));
  return { modelName: "adds-one", inputs };
}

function expectPlusOne(response: InferResponse | undefined, { inputs }: InferRequest): void {
  const sums = (tensors: InferRequest["inputs"], plus: number) =>
    tensors.map(({ name, shape, data }) => {
      return { name, shape, isEven: data.every((value) => value === data[0]), value: data[0]! + plus };
    });
  expect(sums(response?.outputs ?? [], 0)).toEqual(sums(inputs, 1));
}

describe.skipIf(process.platform !== "linux")("createSharedInference", () => {
  it("brings inputs by shared memory, and outputs too once their sizes are known", async () => {
    const { calls, seen } = createServer([SHARED_MEMORY_EXTENSION]);
    const shared = await prepared(calls);
    for (const first of [1, 50, 100]) expectPlusOne(await shared.infer(requestOf(first)), requestOf(first));
    expect(seen).toEqual({ registered: 1, unregistered: 0, outputsPlaced: [0, 3, 3] });
    shared.close();
  });

  it("gives requests at the same time memory of their own", async () => {
    const { calls, seen } = createServer([SHARED_MEMORY_EXTENSION]);
    const shared = await prepared(calls);
    const requests = Array.from({ length: 12 }, (_, i) => requestOf(i * 10));
    const answers = await Promise.all(requests.map((request) => shared.infer(request)));
    for (const [i, answer] of answers.entries())
      if (answer !== undefined) expectPlusOne(answer, requests[i]!);
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(8);
    expect(seen.registered).toBe(8);
    shared.close();
  });

  it("leaves small requests and servers without the extension to the socket", async () => {
    const { calls } = createServer([SHARED_MEMORY_EXTENSION]);
    expect(await (await prepared(calls)).infer(requestOf(1, 1000))).toBeUndefined();
    const plain = createServer(["binary_tensor_data"]);
    expect(await (await prepared(plain.calls)).infer(requestOf(1))).toBeUndefined();
    expect(plain.seen.registered).toBe(0);
    const silent = await prepared({ ...calls, serverMetadata: () => Promise.reject(new Error("no answer")) });
    expect(await silent.infer(requestOf(1))).toBeUndefined();
  });

  it("gives its memory up after a failure, and all of it after three refusals", async () => {
    const server = createServer([SHARED_MEMORY_EXTENSION]);
    const shared = await prepared(server.calls);
    server.fail(new KeepsightError("unavailable", "busy"));
    await expect(shared.infer(requestOf(1))).rejects.toThrow("busy");
    expect(server.seen).toMatchObject({ registered: 1, unregistered: 1 });
    server.fail(new KeepsightError("bad_request", "no such region"));
    for (let i = 0; i < 5; i++) expect(await shared.infer(requestOf(1))).toBeUndefined();
    expect(server.seen).toMatchObject({ registered: 4, unregistered: 4 });
  });
});

describe("openSharedKey", () => {
  it.each(["/etc/passwd", "/../etc/passwd", "/other", "", "/keepsight-../../etc/passwd"])(
    "refuses %s",
    (key) => {
      expect(() => openSharedKey(key, 1)).toThrow(/no shared memory/);
    },
  );

  it("leaves no name behind once a region is known", async () => {
    if (process.platform !== "linux") return;
    const { calls } = createServer([SHARED_MEMORY_EXTENSION]);
    let path = "";
    const register: SocketCalls["register"] = async (region) => {
      path = `/dev/shm${region.key}`;
      expect(existsSync(path)).toBe(true);
      await calls.register(region);
    };
    const shared = await prepared({ ...calls, register });
    expectPlusOne(await shared.infer(requestOf(1)), requestOf(1));
    expect(existsSync(path)).toBe(false);
    shared.close();
  });
});
