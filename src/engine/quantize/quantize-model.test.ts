import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { writeClipTowers } from "../../../test/onnx-towers.ts";
import { createVitTower, type VitShape } from "../../../test/vit-tower.ts";
import { createModelStore } from "../../onnx/model-store.ts";
import { loadRunners } from "../../vision/load-runners.ts";
import { quantizeModel } from "./quantize-model.ts";

const SHAPE: VitShape = { inputSize: 64, patchSize: 16, width: 128, layers: 2, heads: 4, dimensions: 512 };

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "quantize-model-"));
});
afterAll(() => rmSync(root, { recursive: true }));

/** A store whose only model has a vision transformer for an image tower; the colours' text tower stands beside it. */
function openStore(name: string, shape: VitShape | undefined) {
  const [local, dataDirectory] = [join(root, name, "local"), join(root, name, "data")];
  const towers = writeClipTowers(local);
  if (shape !== undefined) useImageTower(local, towers.imageEncoder, shape);
  const modelDirectory = join(dataDirectory, "models");
  const store = createModelStore({
    catalog: [],
    modelDirectory,
    localDirectories: [local],
    offline: true,
    fetch,
  });
  const options = { store, modelDirectory, dataDirectory, modelId: towers.modelId, photos: [] };
  return { store, modelDirectory, options, modelId: towers.modelId };
}

function useImageTower(folder: string, path: string, shape: VitShape): void {
  const bytes = createVitTower(shape);
  writeFileSync(path, bytes);
  const description = join(folder, "colours.keepsight-model.json");
  const model = JSON.parse(readFileSync(description, "utf8")) as {
    files: { role: string; byteSize: number; sha256: string }[];
    settings: { inputSize: number };
  };
  const file = model.files.find(({ role }) => role === "image-encoder")!;
  file.byteSize = bytes.byteLength;
  file.sha256 = createHash("sha256").update(bytes).digest("hex");
  model.settings.inputSize = shape.inputSize;
  writeFileSync(description, JSON.stringify(model));
}

describe("quantizeModel", () => {
  it("installs a model of its own, which is used from then on, and says how it compares", async () => {
    const { store, options, modelId } = openStore("good", SHAPE);
    const stages: string[] = [];
    const made = await quantizeModel({ ...options, onStage: (stage) => stages.push(stage) });
    expect(made).toMatchObject({ modelId: `${modelId}-int8`, comparedOn: expect.stringMatching(/^made-up/) });
    expect(stages).toContain("quantising the image tower");
    const [image, text] = made.towers;
    expect(image).toMatchObject({ refusal: null });
    expect(image!.fidelity!.lowestCosine).toBeGreaterThan(0.99);
    expect(image!.quantizedByteSize!).toBeLessThan(image!.byteSize / 2);
    expect(text!.refusal).toContain("no large matrix products");

    const best = await store.best("clip");
    expect(best?.model.id).toBe(`${modelId}-int8`);
    expect(readdirSync(made.folder)).toHaveLength(2);
    const runners = loadRunners({ clip: best! }, { threads: 1 });
    expect(runners.textEncoder?.modelId).toBe(`${modelId}-int8`);
    expect(await runners.textEncoder!.encode("red")).toHaveLength(512);
    await runners.release();
    expect((await store.list()).models.every(({ state }) => state === "installed")).toBe(true);

    await expect(quantizeModel(options)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(made.folder) as string,
    });
  });

  it("compares on the photos that are named", async () => {
    const { options } = openStore("photos", SHAPE);
    const folder = mkdtempSync(join(root, "photos-"));
    for (let i = 0; i < 12; i++) {
      const noise = { type: "gaussian", mean: 60 + i * 10, sigma: 40 } as const;
      await sharp({ create: { width: 200, height: 150, channels: 3, background: "#888", noise } })
        .jpeg()
        .toFile(join(folder, `${i}.jpg`));
    }
    writeFileSync(join(folder, "broken.jpg"), "no picture");
    const made = await quantizeModel({ ...options, photos: [folder] });
    expect(made.comparedOn).toBe(`12 photos from ${folder}`);
  });

  it("goes a more careful way where the fast one changes too much, under another name", async () => {
    const { store, options, modelId } = openStore("careful", {
      ...SHAPE,
      layers: 4,
      outliers: { activation: 3000 },
    });
    const { towers, modelId: made } = await quantizeModel(options);
    expect(made).toBe(`${modelId}-int8-careful`);
    expect(towers[0]!.fidelity!.lowestCosine).toBeGreaterThan(0.95);
    expect(readdirSync(join(options.modelDirectory))).not.toContain(`${modelId}-int8`);
    expect((await store.best("clip"))?.model.id).toBe(made);
  });

  it.each([
    [
      "sees something else",
      { ...SHAPE, outliers: { norm: 3000 } },
      "its image tower changed too much: the lowest cosine",
    ],
    ["is made of convolutions", undefined, "its image tower has no large matrix products"],
  ])("refuses a tower that %s, and leaves nothing behind", async (name, shape, message) => {
    const { store, options, modelId, modelDirectory } = openStore(name, shape);
    await expect(quantizeModel(options)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(message) as string,
    });
    expect((await store.best("clip"))?.model.id).toBe(modelId);
    expect(
      readdirSync(modelDirectory).filter((entry) => statSync(join(modelDirectory, entry)).isDirectory()),
    ).toEqual([]);
  });

  test.each([
    ["an unknown model", { modelId: "nonesuch" }, "not_found"],
    ["photos that are not there", { photos: ["/no/such/folder"] }, "not_found"],
    ["a folder without photos", { photos: [import.meta.dirname] }, "not_found"],
  ])("says what is wrong with %s", async (name, wrong, code) => {
    const { options, modelDirectory } = openStore(`wrong ${name}`, SHAPE);
    await expect(quantizeModel({ ...options, ...wrong })).rejects.toMatchObject({ code });
    expect(existsSync(join(modelDirectory, `${options.modelId}-int8`))).toBe(false);
  });

  it("ends when it is told to stop", async () => {
    const { options } = openStore("stopped", SHAPE);
    const signal = AbortSignal.abort();
    await expect(quantizeModel({ ...options, signal })).rejects.toMatchObject({ code: "cancelled" });
  });
});
