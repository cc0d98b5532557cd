import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect as connectTcp, createServer as createTcpServer, type AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import type { ClientOptions } from "../src/kserve/client-options.ts";
import { createInferenceClient } from "../src/kserve/create-inference-client.ts";
import type { InferenceClient } from "../src/kserve/inference-service.ts";
import { createSession } from "../src/onnx/create-session.ts";
import { createSessionOpener, type InferenceSettings } from "../src/onnx/kserve/open-sessions.ts";
import { createServedSession } from "../src/onnx/kserve/served-session.ts";
import type { ResolvedModel } from "../src/onnx/located-model.ts";
import type { InferenceSession, Tensor } from "../src/onnx/session.ts";
import { bundledModel, linkBundledModels } from "./bundled-models.ts";
import { createRandom } from "./generated-photos.ts";
import { startModelServer, type ModelServerProcess } from "./model-server.ts";

const KEY = "a-key-that-nobody-guesses";
const RECOGNIZER = "dlib-face-resnet";
const DETECTOR = "face-api-ssd";

let folder: string;
let server: ModelServerProcess;
let recognizer: ResolvedModel;
let detector: ResolvedModel;
const clients: InferenceClient[] = [];
const servers: ModelServerProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepsight-kserve-"));
  await linkBundledModels(join(folder, "models"));
  [recognizer, detector] = [await bundledModel(RECOGNIZER), await bundledModel(DETECTOR)];
  server = await startServer();
});
afterAll(async () => {
  for (const client of clients) client.close();
  for (const started of servers) await started.kill();
  await rm(folder, { recursive: true });
});

/** A server that ends with the tests, if nobody ends it before. */
async function startServer(options: { port?: number; grpcPort?: number; env?: Record<string, string> } = {}) {
  const started = await startModelServer({
    dataDirectory: folder,
    modelDirectory: join(folder, "models"),
    models: [RECOGNIZER, DETECTOR],
    processes: 2,
    ...options,
    env: { KEEPSIGHT_API_KEY: KEY, ...options.env },
  });
  servers.push(started);
  return started;
}

async function connect(url: string, options: Partial<ClientOptions> = {}): Promise<InferenceClient> {
  const client = await createInferenceClient({
    url,
    headers: { authorization: `Bearer ${KEY}` },
    timeoutMs: 30_000,
    connectTimeoutMs: 1000,
    maxResponseBytes: 64 * 1024 * 1024,
    ...options,
  });
  clients.push(client);
  return client;
}

const urlOf = (protocol: string) => (protocol === "grpc" ? server.grpcUrl : server.httpUrl);

/** A picture of noise, the same for the same seed, as a model's input. */
function noise(dims: readonly number[], seed = 1): Tensor {
  const random = createRandom(seed);
  const count = dims.reduce((product, axis) => product * axis, 1);
  return { type: "float32", data: Float32Array.from({ length: count }, () => random() * 255), dims };
}

const INPUT: Readonly<Record<string, readonly number[]>> = {
  [RECOGNIZER]: [1, 3, 150, 150],
  [DETECTOR]: [1, 3, 512, 512],
};

function runOn(session: InferenceSession, input: Tensor) {
  return session.run({ [session.inputNames[0]!]: input });
}

describe.skipIf(process.platform !== "linux")("a server of models on this machine", () => {
  it.each(["http", "grpc"])("is sent the pixels of a detector by shared memory over %s", async (protocol) => {
    const headers = { authorization: `Bearer ${KEY}` };
    const listKeys = async () => {
      const status = await fetch(`${server.httpUrl}/v2/systemsharedmemory/status`, { headers });
      return ((await status.json()) as { key: string; byte_size: number }[]).map(({ key }) => key);
    };
    const before = await listKeys();
    const served = await createServedSession(await connect(urlOf(protocol)), DETECTOR);
    await runOn(served, noise(INPUT[DETECTOR]!));
    const added = (await listKeys()).filter((key) => !before.includes(key));
    expect(added).toEqual([expect.stringMatching(/^\/keepsight-/)]);
  });
});

describe.each(["http", "grpc"])("a server of models over %s", (protocol) => {
  it("says that it lives, what it is and what it has", async () => {
    const client = await connect(urlOf(protocol));
    expect([await client.isLive(), await client.isReady()]).toEqual([true, true]);
    expect(await client.serverMetadata()).toMatchObject({
      name: "keepsight",
      extensions: expect.arrayContaining(["binary_tensor_data"]),
    });
    expect(await client.isModelReady(RECOGNIZER)).toBe(true);
    expect(await client.isModelReady(`${DETECTOR}_landmarks`, "1")).toBe(true);
    expect(await client.isModelReady("nothing")).toBe(false);
    expect(await client.modelMetadata(`${DETECTOR}_landmarks`)).toEqual({
      name: `${DETECTOR}_landmarks`,
      versions: ["1"],
      platform: "onnxruntime_onnx",
      inputs: [{ name: "pixel_values", datatype: "FP32", shape: [-1, 3, 112, 112] }],
      outputs: [{ name: "landmarks", datatype: "FP32", shape: [-1, 136] }],
    });
  });

  test.each([RECOGNIZER, DETECTOR])("gives bit for bit what %s gives here", async (id) => {
    const model = id === RECOGNIZER ? recognizer : detector;
    const local = await createSession(model.files.model!);
    const served = await createServedSession(await connect(urlOf(protocol)), id);
    expect([served.inputNames, served.outputNames]).toEqual([local.inputNames, local.outputNames]);
    expect(served.inputShapes).toEqual(local.inputShapes);
    const input = noise(INPUT[id]!);
    const expected = await runOn(local, input);
    // The second time outputs come by shared memory, where there is any.
    expect(await runOn(served, input)).toEqual(expected);
    expect(await runOn(served, input)).toEqual(expected);
    await local.release();
  });

  it("answers many clients at once, each its own", async () => {
    const local = await createSession(recognizer.files.model!);
    const inputs = Array.from({ length: 8 }, (_, seed) => noise(INPUT[RECOGNIZER]!, seed));
    const answers = await Promise.all(
      inputs.map(async (input) =>
        runOn(await createServedSession(await connect(urlOf(protocol)), RECOGNIZER), input),
      ),
    );
    for (const [i, input] of inputs.entries()) expect(answers[i]).toEqual(await runOn(local, input));
    await local.release();
  });

  test.each([
    ["a model that is not there", { modelName: "nothing", inputs: [] }, "not_found"],
    ["a version that is not there", { modelName: RECOGNIZER, modelVersion: "2", inputs: [] }, "not_found"],
    ["no input", { modelName: RECOGNIZER, inputs: [] }, "bad_request"],
  ])("refuses %s", async (_what, request, code) => {
    await expect((await connect(urlOf(protocol))).infer(request)).rejects.toMatchObject({ code });
  });

  it("refuses a shape that the model does not take, and says which it takes", async () => {
    const served = await createServedSession(await connect(urlOf(protocol)), RECOGNIZER);
    await expect(runOn(served, noise([1, 3, 100, 100]))).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringContaining("[-1, 3, 150, 150]") as string,
    });
  });

  it("refuses whoever has not the key, but tells a supervisor that it lives", async () => {
    const client = await connect(urlOf(protocol), { headers: { authorization: "Bearer wrong" } });
    expect(await client.isLive()).toBe(true);
    await expect(client.modelMetadata(RECOGNIZER)).rejects.toMatchObject({ code: "unauthorized" });
  });

  it("is used again once it has restarted", async () => {
    const passing = await startServer();
    const url = protocol === "grpc" ? passing.grpcUrl : passing.httpUrl;
    const served = await createServedSession(await connect(url), RECOGNIZER);
    const input = noise(INPUT[RECOGNIZER]!);
    const before = await runOn(served, input);
    await passing.kill();
    await expect(runOn(served, input)).rejects.toMatchObject({ code: "unavailable" });
    const again = await startServer({
      port: Number(new URL(passing.httpUrl).port),
      grpcPort: Number(new URL(passing.grpcUrl).port),
    });
    // A server that was away is asked once a request for a while, and a connection takes a moment to be made anew.
    await expect.poll(() => runOn(served, input), { timeout: 20_000, interval: 200 }).toEqual(before);
    expect(await again.stop()).toBe(0);
  });

  it("runs gathered requests together with the same results", async () => {
    const batching = await startServer({ env: { KEEPSIGHT_SERVE_BATCH: "4" } });
    const url = protocol === "grpc" ? batching.grpcUrl : batching.httpUrl;
    const served = await createServedSession(await connect(url), RECOGNIZER);
    const local = await createSession(recognizer.files.model!);
    const inputs = Array.from({ length: 9 }, (_, seed) => noise(INPUT[RECOGNIZER]!, seed));
    const answers = await Promise.all(inputs.map((input) => runOn(served, input)));
    for (const [i, input] of inputs.entries()) {
      const [expected] = Object.values(await runOn(local, input));
      const [answer] = Object.values(answers[i]!);
      expect(answer!.dims).toEqual(expected!.dims);
      const difference = (answer!.data as Float32Array).map((value, k) =>
        Math.abs(value - Number(expected!.data[k])),
      );
      expect(Math.max(...difference)).toBeLessThan(1e-5);
    }
    const metrics = await (
      await fetch(`${batching.httpUrl}/metrics`, { headers: { authorization: `Bearer ${KEY}` } })
    ).text();
    const [, runs] = /keepsight_inference_run_rows_count\{model="dlib-face-resnet"\} (\d+)/.exec(metrics)!;
    expect(Number(runs)).toBeLessThan(9);
    await local.release();
    await batching.kill();
  });
});

describe("the HTTP side", () => {
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${server.httpUrl}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${KEY}` },
    });

  it("takes JSON values and gives JSON values, the same as bytes give", async () => {
    const input = noise([1, 3, 112, 112]);
    const response = await call(`/v2/models/${DETECTOR}_landmarks/versions/1/infer`, {
      method: "POST",
      body: JSON.stringify({
        id: "42",
        inputs: [
          {
            name: "pixel_values",
            datatype: "FP32",
            shape: input.dims,
            data: [...(input.data as Float32Array)],
          },
        ],
      }),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("inference-header-content-length")).toBeNull();
    const body = (await response.json()) as { outputs: { data: number[] }[] };
    const local = await createSession(detector.files.landmarks!);
    const { landmarks } = await runOn(local, input);
    expect(body).toMatchObject({
      model_name: `${DETECTOR}_landmarks`,
      model_version: "1",
      id: "42",
      outputs: [{ name: "landmarks", datatype: "FP32", shape: [1, 136] }],
    });
    expect(new Float32Array(body.outputs[0]!.data)).toEqual(landmarks!.data);
    await local.release();
  });

  test.each([
    ["/v2/models/nothing", "GET", undefined, 404],
    ["/v2/models/nothing/infer", "POST", "{}", 400],
    ["/v2/nothing", "GET", undefined, 404],
    [`/v2/models/${RECOGNIZER}/infer`, "POST", "{", 400],
    [`/v2/models/${RECOGNIZER}/infer`, "POST", undefined, 400],
    [`/v2/models/${"x".repeat(400)}/ready`, "GET", undefined, 414],
  ])("answers %s %s in the protocol's form", async (path, method, body, status) => {
    const response = await call(path, { method, ...(body === undefined ? {} : { body }) });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.any(String) as string });
  });

  it("refuses bodies that are too long before they are sent", async () => {
    const { port } = new URL(server.httpUrl);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connectTcp(Number(port), "127.0.0.1");
      socket.on("error", reject).on("data", (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.write(
        `POST /v2/models/${RECOGNIZER}/infer HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\n` +
          "Content-Type: application/octet-stream\r\nContent-Length: 900000000000\r\n\r\n",
      );
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413/);
  });
});

describe("a client of a server that is not well", () => {
  const broken: { close(): unknown }[] = [];
  afterAll(() => broken.forEach((one) => one.close()));

  /** Describes the recogniser as the real server does, and answers runs as told. */
  async function startBroken(
    onInfer: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<string> {
    const metadata = await (await connect(server.httpUrl)).modelMetadata(RECOGNIZER);
    const web: Server = createServer((request, response) => {
      if (request.method === "GET") return response.end(JSON.stringify(metadata));
      request.resume().on("end", () => onInfer(request, response));
    });
    broken.push({ close: () => (web.closeAllConnections(), web.close()) });
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  }

  const outputsOf = (shape: number[]) =>
    JSON.stringify({
      outputs: [
        { name: "embedding", datatype: "FP32", shape, data: Array(shape.reduce((a, b) => a * b)).fill(0) },
      ],
    });

  test.each<[string, (request: IncomingMessage, response: ServerResponse) => void, RegExp]>([
    ["hangs", () => {}, /took longer than 0.3 s/],
    [
      "breaks off in the middle",
      (_request, response) =>
        void response.writeHead(200, { "content-length": 99 }).write("{", () => response.destroy()),
      /cannot be reached/,
    ],
    [
      "talks of other things",
      (_request, response) => void response.end("<html>Welcome</html>"),
      /breaks the protocol/,
    ],
    [
      "gives another shape",
      (_request, response) => void response.end(outputsOf([1, 7])),
      /\[1, 7\].*\[-1, 128\]/,
    ],
    ["gives nothing", (_request, response) => void response.end('{"outputs":[]}'), /gave nothing/],
    [
      "declares more than anybody has",
      (_request, response) => response.writeHead(200, { "content-length": 9e15 }).flushHeaders(),
      /longer than/,
    ],
    [
      "says that it is busy",
      (_request, response) => void response.writeHead(503).end('{"error":"too busy"}'),
      /too busy/,
    ],
    ["fails inside", (_request, response) => void response.writeHead(500).end("oops"), /500: oops/],
  ])("fails so that it can be tried later when it %s", async (_what, onInfer, message) => {
    const client = await connect(await startBroken(onInfer), { timeoutMs: 300 });
    const served = await createServedSession(client, RECOGNIZER);
    const failure = await runOn(served, noise(INPUT[RECOGNIZER]!)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "unavailable", isRetryable: true });
    expect((failure as Error).message).toMatch(message);
  });

  it("asks again when the connection broke", async () => {
    let asked = 0;
    const url = await startBroken((request, response) => {
      if (++asked < 3) return void request.socket.destroy();
      response.end(outputsOf([1, 128]));
    });
    const served = await createServedSession(await connect(url), RECOGNIZER);
    expect(Object.values(await runOn(served, noise(INPUT[RECOGNIZER]!)))[0]!.dims).toEqual([1, 128]);
    expect(asked).toBe(3);
  });

  test.each(["http", "grpc"])(
    "does not wait for ever for one that takes no %s connection",
    async (protocol) => {
      const mute = createTcpServer({ pauseOnConnect: true });
      await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
      broken.push(mute);
      const { port } = mute.address() as AddressInfo;
      const client = await connect(`${protocol}://127.0.0.1:${port}`, {
        timeoutMs: 200,
        connectTimeoutMs: 200,
      });
      await expect(client.modelMetadata(RECOGNIZER)).rejects.toMatchObject({ code: "unavailable" });
    },
  );

  describe("and falls back when told to", () => {
    const settings = (url: string): InferenceSettings => ({
      url,
      modelIds: [],
      headers: { authorization: `Bearer ${KEY}` },
      timeoutMs: 30_000,
      isFallingBack: true,
      batchRows: 1,
    });

    it("runs the model here while the server is down, and says so once", async () => {
      const remarks: string[] = [];
      const open = createSessionOpener(settings("http://127.0.0.1:9"), [recognizer], (text) =>
        remarks.push(text),
      );
      const session = await open(recognizer.files.model!);
      const local = await createSession(recognizer.files.model!);
      const input = noise(INPUT[RECOGNIZER]!);
      expect(await runOn(session, input)).toEqual(await runOn(local, input));
      await runOn(session, input);
      expect(remarks).toEqual([expect.stringMatching(/runs here.*cannot be reached/)]);
      await Promise.all([session.release(), local.release()]);
    });

    it("runs it here when the server dies during a run", async () => {
      const dying = await startServer();
      const open = createSessionOpener(settings(dying.httpUrl), [recognizer], () => {});
      const session = await open(recognizer.files.model!);
      const input = noise(INPUT[RECOGNIZER]!);
      const served = await runOn(session, input);
      const under = runOn(session, input);
      await dying.kill();
      expect(await under).toEqual(served);
      await session.release();
    });
  });
});
