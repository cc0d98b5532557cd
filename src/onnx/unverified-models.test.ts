import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import onnxProto from "onnx-proto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { CatalogModel } from "./catalog.ts";
import { createSession } from "./create-session.ts";
import { createModelStore } from "./model-store.ts";

const { onnx } = onnxProto;
const { FLOAT } = onnx.TensorProto.DataType;

/** A graph that adds 2 and 3 to its input, and keeps both in files beside it, as networks of over 2 GB must. */
const GRAPH = onnx.ModelProto.encode(
  onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 13 }],
    graph: {
      name: "outlying",
      node: [
        { opType: "Add", input: ["x", "two"], output: ["sum"] },
        { opType: "Add", input: ["sum", "three"], output: ["y"] },
      ],
      initializer: [outlying("two", "onnx__Add_2"), outlying("three", "visual.onnx.data")],
      input: [floats("x")],
      output: [floats("y")],
    },
  }),
).finish();

/** The repository by path; the weights are those of the graph. */
const REPOSITORY: Readonly<Record<string, Uint8Array>> = {
  "/org/big/resolve/main/visual/model.onnx": GRAPH,
  "/org/big/resolve/main/visual/onnx__Add_2": Buffer.from(Float32Array.of(2).buffer),
  "/org/big/resolve/main/visual/visual.onnx.data": Buffer.from(Float32Array.of(3).buffer),
};

function outlying(name: string, location: string) {
  return {
    name,
    dims: [1],
    dataType: FLOAT,
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: [{ key: "location", value: location }],
  };
}

function floats(name: string) {
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimValue: 1 }] } } } };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const MODEL = CatalogModel.parse({
  id: "big",
  title: "A network whose publisher names no checksum",
  licence: { name: "MIT", commercial: true },
  preference: 50,
  files: [
    {
      role: "model",
      name: "big_visual.onnx",
      externalData: true,
      urls: ["https://huggingface.co/org/big/resolve/main/visual/model.onnx"],
    },
  ],
  settings: {
    task: "face-recognition",
    inputSize: 112,
    pixels: { colourOrder: "rgb", scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
    dimensions: 128,
  },
});

let server: Server;
let endpoint: string;
let folder: string;
let asked: string[];
let content: Record<string, Uint8Array>;

/** As the hub does it: large files have their size and checksum at HEAD, beside a redirect to where the bytes are. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ""}`.trim());
  const bytes = content[request.url ?? ""];
  if (bytes === undefined) response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
  else if (request.method === "HEAD") {
    response.writeHead(302, {
      location: "https://cdn.invalid/bytes",
      "x-linked-etag": `"${sha256(bytes)}"`,
      "x-linked-size": bytes.byteLength,
      etag: '"0123"',
    });
    response.end();
  } else response.writeHead(200, { "content-length": bytes.byteLength }).end(bytes);
}

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "unverified-models-"));
  asked = [];
  content = { ...REPOSITORY };
});
afterEach(() => rmSync(folder, { recursive: true }));

function createStore(changes: { offline?: boolean; catalog?: CatalogModel[] } = {}) {
  return createModelStore({
    catalog: [MODEL],
    modelDirectory: join(folder, "downloads"),
    localDirectories: [join(folder, "local")],
    offline: false,
    huggingFace: { endpoint, token: "hf_secret" },
    fetch,
    ...changes,
  });
}

async function stateOf(store = createStore()) {
  return (await store.list()).models[0]!;
}

async function runModel(path: string): Promise<number> {
  const session = await createSession(path);
  const { y } = await session.run({ x: { type: "float32", data: Float32Array.of(1), dims: [1] } });
  await session.release();
  return Number(y!.data[0]);
}

describe("createModelStore and files without a known checksum", () => {
  it("asks the server for checksums, tells them, and downloads nothing without consent", async () => {
    const failure = createStore().pull("big");
    await expect(failure).rejects.toMatchObject({ code: "forbidden" });
    await expect(failure).rejects.toThrow(
      new RegExp(
        `big_visual\\.onnx: ${GRAPH.byteLength} bytes, sha256 ${sha256(GRAPH)}[^]*--accept-unverified`,
      ),
    );
    expect(asked).toEqual(["HEAD /org/big/resolve/main/visual/model.onnx Bearer hf_secret"]);
    expect(await stateOf()).toMatchObject({
      state: "missing",
      canPull: true,
      isSizeKnown: false,
      unverified: ["big_visual.onnx"],
    });
  });

  it("brings a graph and the weights beside it under the names that the graph expects", async () => {
    const pulled = await createStore().pull("big", { acceptUnverified: true });
    expect(await runModel(pulled.files.model!)).toBe(6);
    expect(await stateOf()).toMatchObject({ state: "installed", isSizeKnown: true });
  });

  it("holds the files to what it was told from then on", async () => {
    const pulled = await createStore().pull("big", { acceptUnverified: true });
    const shard = join(pulled.files.model!, "..", "onnx__Add_2");
    writeFileSync(shard, Buffer.from(Float32Array.of(4).buffer));
    expect(await createStore().verify("big")).toMatchObject({
      state: "corrupt",
      corrupt: [{ name: "onnx__Add_2" }],
    });
    asked = [];
    await createStore().pull("big");
    expect(asked).toEqual(["GET /org/big/resolve/main/visual/onnx__Add_2 Bearer hf_secret"]);
    expect(await runModel(pulled.files.model!)).toBe(6);
  });

  it("refuses bytes that are not those the server spoke of", async () => {
    const path = "/org/big/resolve/main/visual/model.onnx";
    server.removeAllListeners("request").on("request", (request, response) => {
      answer(request, response);
      content[path] = Buffer.alloc(GRAPH.byteLength);
    });
    const failure = createStore().pull("big", { acceptUnverified: true });
    await expect(failure).rejects.toThrow(/sent a file with sha256/);
    server.removeAllListeners("request").on("request", answer);
  });

  it("takes a graph as the user has placed it, with its weights beside it", async () => {
    const own = join(folder, "local", "visual");
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, "big_visual.onnx"), GRAPH);
    writeFileSync(join(own, "onnx__Add_2"), Buffer.from(Float32Array.of(2).buffer));
    const elsewhere = join(folder, "local", "visual.onnx.data");
    writeFileSync(elsewhere, Buffer.from(Float32Array.of(3).buffer));
    expect(await stateOf()).toMatchObject({ state: "missing" });
    writeFileSync(join(own, "visual.onnx.data"), readFileSync(elsewhere));
    const resolved = await createStore({ offline: true }).resolve("big");
    expect(resolved?.files.model).toBe(join(own, "big_visual.onnx"));
    expect(await runModel(resolved!.files.model!)).toBe(6);
    expect(asked).toEqual([]);
  });

  it("reads and writes nowhere else, whatever a graph calls its weights", async () => {
    const graph = onnx.ModelProto.encode(
      onnx.ModelProto.create({
        irVersion: 8,
        graph: { name: "evil", initializer: [outlying("a", "../../a")] },
      }),
    ).finish();
    content["/org/big/resolve/main/visual/model.onnx"] = graph;
    await expect(createStore().pull("big", { acceptUnverified: true })).rejects.toThrow(/no plain file name/);
    expect(asked.filter((line) => line.startsWith("GET"))).toHaveLength(1);
    expect(existsSync(join(folder, "a"))).toBe(false);
  });

  it("says what is missing when the server tells no checksum or nothing at all", async () => {
    content = {};
    await expect(createStore().pull("big")).rejects.toThrow(/answered 404/);
    const model = { ...MODEL, files: [{ ...MODEL.files[0]!, urls: ["https://example.org/model.onnx"] }] };
    const store = createStore({ catalog: [model] });
    await expect(store.pull("big")).rejects.toThrow(
      /no address is known .* Place big_visual\.onnx in a folder/,
    );
    expect((await stateOf(store)).canPull).toBe(false);
  });
});
