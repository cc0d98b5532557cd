import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from "vitest";

import { CatalogModel, loadCatalog } from "./catalog.ts";
import {
  createModelStore,
  type ModelStore,
  type ModelStoreOptions,
  type PullProgress,
} from "./model-store.ts";

const CONTENTS: Readonly<Record<string, string>> = {
  "a.onnx": "weights of a",
  "b.onnx": "the better weights of b",
  "characters.txt": "x\ny\nz\n",
};

function describeFile(role: string, name: string, urls = [`https://models.example/org/${name}?v=1`]): object {
  const content = CONTENTS[name] ?? "";
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { role, name, byteSize: Buffer.byteLength(content), sha256, urls };
}

function describeReader(id: string, preference: number, ...files: object[]): object {
  return {
    id,
    title: id,
    licence: { name: "MIT", commercial: true },
    preference,
    files,
    settings: {
      task: "text-recognition",
      pixels: { colourOrder: "bgr", scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
      inputHeight: 48,
      scoreThreshold: 0.5,
    },
  };
}

const CATALOG = [
  describeReader(
    "reader-a",
    50,
    describeFile("model", "a.onnx"),
    describeFile("characters", "characters.txt"),
  ),
  describeReader(
    "reader-b",
    90,
    describeFile("model", "b.onnx"),
    describeFile("characters", "characters.txt"),
  ),
].map((model) => CatalogModel.parse(model));

let folder: string;
let local: string;
let server: Server;
let mirror: string;
let requests: string[];

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.url ?? "");
    const content = CONTENTS[/\/([\w.]+)\?/.exec(request.url ?? "")?.[1] ?? ""];
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirrored/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "model-store-"));
  local = join(folder, "local");
  mkdirSync(local);
  requests = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function createStore(changes: Partial<ModelStoreOptions> = {}): ModelStore {
  return createModelStore({
    catalog: CATALOG,
    modelDirectory: join(folder, "downloads"),
    localDirectories: [local],
    offline: false,
    mirror,
    fetch,
    ...changes,
  });
}

function place(name: string, directory = local, content = CONTENTS[name] ?? ""): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), content);
  return join(directory, name);
}

/** The state of each model by id. */
async function states(store = createStore()): Promise<Record<string, string>> {
  const { models } = await store.list();
  return Object.fromEntries(models.map(({ model, state }) => [model.id, state]));
}

describe("createModelStore list", () => {
  it("tells installed, partial and missing models apart", async () => {
    expect(await states()).toEqual({ "reader-a": "missing", "reader-b": "missing" });
    place("characters.txt");
    place("a.onnx");
    expect(await states()).toEqual({ "reader-a": "installed", "reader-b": "partial" });
  });

  it("names the missing files and what a pull would bring", async () => {
    place("a.onnx");
    const { models } = await createStore().list();
    expect(models[0]).toMatchObject({
      where: "local",
      missing: ["characters.txt"],
      byteSize: 18,
      missingByteSize: 6,
      canPull: true,
    });
    expect(models[1]?.where).toBeUndefined();
  });

  it("finds files in any depth, through links, and survives a link loop", async () => {
    place("a.onnx", join(folder, "elsewhere", "deep", "er"));
    place("characters.txt", join(local, ".hidden"));
    symlinkSync(join(folder, "elsewhere"), join(local, "linked"));
    symlinkSync(local, join(local, "loop"));
    symlinkSync(join(folder, "gone"), join(local, "dangling"));
    expect(await states()).toMatchObject({ "reader-a": "installed" });
    expect((await createStore().list()).problems).toEqual([]);
  });

  it("calls a file of the right name and size but other bytes corrupt, and says so", async () => {
    place("a.onnx", local, "WEIGHTS of a");
    const { models } = await createStore().list();
    expect(models[0]).toMatchObject({
      state: "corrupt",
      corrupt: [{ name: "a.onnx", path: join(local, "a.onnx") }],
    });
    expect(models[0]?.corrupt[0]?.reason).toMatch(
      /has the sha256 [0-9a-f]{64} where [0-9a-f]{64} is expected/,
    );
  });

  it("takes a file of the same name but another size for another file, except where downloads go", async () => {
    place("a.onnx", local, "somebody else's model");
    expect(await states()).toMatchObject({ "reader-a": "missing" });
    place("a.onnx", join(folder, "downloads", "reader-a"), "cut off");
    expect(await states()).toMatchObject({ "reader-a": "corrupt" });
  });

  it("says why a graph that the user placed is not used where its size is no model's of that name", async () => {
    place("characters.txt", local, "another list");
    const path = place("a.onnx", local, "cut off");
    expect((await createStore().list()).problems).toEqual([
      { path, message: expect.stringMatching(/^has 7 bytes where 12 \(reader-a.*\) are expected/) as string },
    ]);
    place("a.onnx");
    expect((await createStore().list()).problems).toEqual([]);
  });

  it("notices that a file has changed or was replaced", async () => {
    const path = place("a.onnx");
    place("characters.txt");
    const store = createStore();
    expect(await states(store)).toMatchObject({ "reader-a": "installed" });
    writeFileSync(path, "WEIGHTS of a");
    const later = new Date(Date.now() + 5000);
    utimesSync(path, later, later);
    expect(await states(store)).toMatchObject({ "reader-a": "corrupt" });
    place("a.onnx");
    expect(await states(store)).toMatchObject({ "reader-a": "installed" });
  });

  it("reports a folder that does not exist or is a file, and goes on", async () => {
    const file = place("a.onnx");
    const absent = join(folder, "absent");
    const { models, problems } = await createStore({ localDirectories: [absent, file, local] }).list();
    expect(models[0]?.state).toBe("partial");
    expect(problems).toEqual([
      { path: absent, message: "does not exist" },
      { path: file, message: "is not a folder" },
    ]);
  });

  it("begins a damaged checksum cache anew, and does without one that cannot be written", async () => {
    place("a.onnx");
    place("characters.txt");
    place("checksums.json", join(folder, "downloads"), "{ not json");
    expect(await states()).toMatchObject({ "reader-a": "installed" });
    const file = place("a-file-where-the-folder-should-be", folder);
    expect(await states(createStore({ modelDirectory: file }))).toMatchObject({ "reader-a": "installed" });
  });

  it("finds the models that npm has brought, in the real catalogue", async () => {
    const { models } = await createStore({ catalog: loadCatalog() }).list();
    const brought = models.filter(({ where }) => where === "npm");
    expect(Object.fromEntries(brought.map(({ model, state }) => [model.id, state]))).toEqual({
      "pp-ocrv4-det": "installed",
      "pp-ocrv4-rec": "installed",
      "ppocr-orientation-bundled": "installed",
      "centernet-mobilenetv3": "installed",
      "face-api-ssd": "installed",
      "dlib-face-resnet": "installed",
    });
  });
});

describe("createModelStore resolve and best", () => {
  it("gives the path of each file by its role, only when all are there", async () => {
    const store = createStore();
    const model = place("a.onnx");
    expect(await store.resolve("reader-a")).toBeUndefined();
    const characters = place("characters.txt", join(local, "texts"));
    expect((await store.resolve("reader-a"))?.files).toEqual({ model, characters });
    expect(await store.resolve("unheard-of")).toBeUndefined();
  });

  it("prefers the installed model with the highest preference", async () => {
    const store = createStore();
    expect(await store.best("text-recognition")).toBeUndefined();
    place("a.onnx");
    place("characters.txt");
    expect((await store.best("text-recognition"))?.model.id).toBe("reader-a");
    place("b.onnx");
    expect((await store.best("text-recognition"))?.model.id).toBe("reader-b");
    expect(await store.best("clip")).toBeUndefined();
    const installed = await store.installed("text-recognition");
    expect(installed.map(({ model }) => model.id)).toEqual(["reader-b", "reader-a"]);
  });
});

describe("createModelStore pull", () => {
  it("downloads from the mirror what is missing, and only that", async () => {
    place("characters.txt");
    const progress: PullProgress[] = [];
    const pulled = await createStore().pull("reader-a", { onProgress: (step) => progress.push(step) });
    expect(requests).toEqual(["/mirrored/org/a.onnx?v=1"]);
    expect(pulled.files.model).toBe(join(folder, "downloads", "reader-a", "a.onnx"));
    expect(readFileSync(pulled.files.model ?? "", "utf8")).toBe(CONTENTS["a.onnx"]);
    expect(progress.at(-1)).toEqual({
      modelId: "reader-a",
      fileName: "a.onnx",
      receivedBytes: 12,
      totalBytes: 12,
    });
    expect((await createStore().list()).models[0]).toMatchObject({ state: "installed" });
  });

  it("uses a file that another model has brought already", async () => {
    await createStore().pull("reader-a");
    requests = [];
    await createStore().pull("reader-b");
    expect(requests).toEqual(["/mirrored/org/b.onnx?v=1"]);
  });

  it("replaces a corrupt download", async () => {
    const path = place("a.onnx", join(folder, "downloads", "reader-a"), "cut off");
    await createStore().pull("reader-a");
    expect(readFileSync(path, "utf8")).toBe(CONTENTS["a.onnx"]);
  });

  it("asks nobody when all is there", async () => {
    place("a.onnx");
    place("characters.txt");
    await createStore({ offline: true }).pull("reader-a");
    expect(requests).toEqual([]);
  });

  it("says what to do when offline, without asking anybody", async () => {
    const failure = createStore({ offline: true }).pull("reader-a");
    await expect(failure).rejects.toMatchObject({ code: "model_missing" });
    await expect(failure).rejects.toThrow(
      /a\.onnx \(12 bytes\), characters\.txt.*KEEPSIGHT_MODELS_DIR.*KEEPSIGHT_OFFLINE/,
    );
    expect(requests).toEqual([]);
  });

  it("says which file has to be placed by hand, and what is wrong with the one that is there", async () => {
    const files = [describeFile("model", "a.onnx", []), describeFile("characters", "characters.txt")];
    const store = createStore({ catalog: [CatalogModel.parse(describeReader("by-hand", 1, ...files))] });
    place("a.onnx", local, "WEIGHTS of a");
    await expect(store.pull("by-hand")).rejects.toThrow(
      /Place a\.onnx \(12 bytes\).*local\/a\.onnx cannot be used/,
    );
    expect((await store.list()).models[0]?.canPull).toBe(false);
    expect(requests).toEqual([]);
  });

  it("refuses an unknown model by its name", async () => {
    await expect(createStore().pull("unheard-of")).rejects.toMatchObject({ code: "not_found" });
  });

  it("brings one file once for two pulls at the same time", async () => {
    await Promise.all([createStore().pull("reader-a"), createStore().pull("reader-a")]);
    expect(requests.toSorted()).toEqual(["/mirrored/org/a.onnx?v=1", "/mirrored/org/characters.txt?v=1"]);
  });

  it("can be cancelled", async () => {
    const failure = createStore().pull("reader-a", { signal: AbortSignal.abort() });
    await expect(failure).rejects.toMatchObject({ code: "cancelled" });
    expect(existsSync(join(folder, "downloads", "reader-a", "a.onnx"))).toBe(false);
  });
});

describe("createModelStore verify", () => {
  it("reads every byte again, so that damage under an unchanged date is found", async () => {
    const path = place("a.onnx");
    place("characters.txt");
    const store = createStore();
    expect(await store.verify("reader-a")).toMatchObject({ state: "installed" });
    const { atime, mtime } = statSync(path);
    writeFileSync(path, "WEIGHTS of a");
    utimesSync(path, atime, mtime);
    expect(await store.verify("reader-a")).toMatchObject({ state: "corrupt", corrupt: [{ path }] });
    await expect(store.verify("unheard-of")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("createModelStore and models of the user's own", () => {
  const own = describeReader(
    "my-reader",
    1000,
    describeFile("model", "a.onnx", []),
    describeFile("characters", "characters.txt", []),
  );

  it("knows a model by the description beside its files, and prefers it when told to", async () => {
    const directory = join(local, "mine");
    const model = place("a.onnx", directory);
    const characters = place("characters.txt", directory);
    place("mine.keepsight-model.json", directory, JSON.stringify(own));
    const best = await createStore().best("text-recognition");
    expect(best).toMatchObject({ model: { id: "my-reader", sets: [] }, files: { model, characters } });
  });

  it("calls a file beside the description corrupt when it is not the described one", async () => {
    place("a.onnx", local, "trained once more");
    place("mine.keepsight-model.json", local, JSON.stringify(own));
    const { models } = await createStore().list();
    expect(models.find(({ model }) => model.id === "my-reader")).toMatchObject({
      state: "corrupt",
      corrupt: [{ reason: "has 17 bytes where 12 are expected" }],
      missing: ["characters.txt"],
    });
  });

  test.each<[problem: string, text: string, message: RegExp]>([
    ["is not JSON", "{", /is not valid JSON/],
    [
      "lacks the licence",
      JSON.stringify({ ...own, licence: undefined }),
      /does not describe a model:[^]*licence/,
    ],
    ["has the id of another model", JSON.stringify({ ...own, id: "reader-a" }), /uses the id "reader-a"/],
  ])("reports a description that %s, and lists the others", async (_problem, text, message) => {
    const path = place("broken.keepsight-model.json", local, text);
    const { models, problems } = await createStore().list();
    expect(models).toHaveLength(2);
    expect(problems).toEqual([{ path, message: expect.stringMatching(message) as string }]);
  });
});
