import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { CatalogModel, loadCatalog } from "./catalog.ts";
import { createModelStore, type ModelStore } from "./model-store.ts";

/** The smallest of the models that are made from a package: the landmark net, as if it were a detector alone. */
const [LANDMARKS] = loadCatalog()
  .flatMap((model) => model.files)
  .filter(({ role }) => role === "landmarks");
const FILE = { ...LANDMARKS!, role: "model" };

function describeModel(changes: object = {}): CatalogModel {
  return CatalogModel.parse({
    id: "made",
    title: "made from a package",
    licence: { name: "MIT", commercial: true },
    preference: 5,
    files: [{ ...FILE, ...changes }],
    settings: {
      task: "face-detection",
      head: "ssd",
      inputSize: 112,
      pixels: { colourOrder: "rgb", scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
      scoreThreshold: 0.5,
      clearScore: 0.9,
      iouThreshold: 0.5,
    },
  });
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "convert-package-file-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function createStore(model = describeModel(), modelDirectory = join(folder, "models")): ModelStore {
  return createModelStore({ catalog: [model], modelDirectory, localDirectories: [], offline: true, fetch });
}

describe("convertPackageFile", () => {
  const path = () => join(folder, "models", "made", FILE.name);

  it("makes a model when it is first needed, once, whoever asks at the same time", async () => {
    const stores = [createStore(), createStore(), createStore()];
    const resolved = await Promise.all(stores.map((store) => store.best("face-detection")));
    expect(resolved.map((model) => model?.files.model)).toEqual([path(), path(), path()]);
    expect(readdirSync(join(folder, "models", "made"))).toEqual([FILE.name]);
    expect(readFileSync(path()).byteLength).toBe(FILE.byteSize);
    expect((await createStore().verify("made")).where).toBe("npm");
  });

  it("is not called for a mere list, which knows the package", async () => {
    const [state] = (await createStore().list()).models;
    expect(state).toMatchObject({ state: "installed", where: "npm" });
    expect(existsSync(path())).toBe(false);
  });

  it("makes a model again that has been damaged", async () => {
    await createStore().resolve("made");
    const bytes = readFileSync(path());
    writeFileSync(path(), bytes.subarray(1));
    expect((await createStore().resolve("made"))?.files.model).toBe(path());
    expect(readFileSync(path())).toEqual(bytes);
  });

  it("uses no model that has another checksum, as another version of the package makes", async () => {
    const store = createStore(describeModel({ sha256: "0".repeat(64) }));
    expect(await store.best("face-detection")).toBeUndefined();
    const state = await store.verify("made");
    expect(state.state).toBe("corrupt");
    expect(state.corrupt[0]?.reason).toMatch(/another version: .* sha256 [0-9a-f]{64} where 0{64}/);
    expect(readdirSync(join(folder, "models", "made"))).toEqual([]);
  });

  it("says why it cannot write", async () => {
    writeFileSync(join(folder, "file"), "not a folder");
    const store = createStore(describeModel(), join(folder, "file"));
    expect(await store.best("face-detection")).toBeUndefined();
    expect((await store.verify("made")).corrupt[0]?.reason).toMatch(
      /cannot be converted to .*not a directory/,
    );
  });

  it("leaves alone what no installed package brings", async () => {
    const npm = { ...FILE.npm!, package: "@vladmandic/nothing-of-this-name" };
    expect((await createStore(describeModel({ npm })).list()).models[0]?.state).toBe("missing");
  });
});
