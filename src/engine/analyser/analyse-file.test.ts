import { appendFileSync, utimesSync } from "node:fs";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto, drawWord } from "../../../test/api/open-test-library.ts";
import { IMAGE_FORMATS, type Step } from "../../core/photo-analysis.ts";
import { imohashFile } from "../../hash/imohash.ts";
import { DEFAULT_DECODE_LIMITS } from "../../image/decode-limits.ts";
import { loadCatalog } from "../../onnx/catalog.ts";
import { createModelStore } from "../../onnx/model-store.ts";
import { chooseModels } from "../../vision/choose-models.ts";
import { type LoadedRunners, loadRunners } from "../../vision/load-runners.ts";
import { BUNDLED_MODEL_DIRECTORY } from "../../../test/bundled-models.ts";
import { analyseFile, type AnalyseFileTools } from "./analyse-file.ts";
import { ANALYSER_STEPS } from "./analyser-steps.ts";

let directory: string;
let installed: LoadedRunners;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "keepsight-analyse-"));
  const store = createModelStore({
    catalog: loadCatalog(),
    modelDirectory: BUNDLED_MODEL_DIRECTORY,
    localDirectories: [],
    offline: true,
    fetch,
  });
  installed = loadRunners((await chooseModels(store)).models, { threads: 1 });
});
afterAll(async () => {
  await installed.release();
  await rm(directory, { recursive: true, force: true });
});

const TOOLS: AnalyseFileTools = {
  settings: {
    limits: DEFAULT_DECODE_LIMITS,
    formats: IMAGE_FORMATS,
    thumbnailSize: 400,
    previewSize: 1344,
  },
  runners: {},
};

async function write(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return path;
}

interface Options {
  readonly steps?: readonly Step[];
  readonly tools?: AnalyseFileTools;
  readonly onStep?: (step: Step) => void;
  readonly derivatives?: boolean;
}

function analyse(
  path: string,
  { steps = ANALYSER_STEPS, tools = TOOLS, onStep = () => {}, derivatives = false }: Options = {},
) {
  const paths = { thumbnailPath: `${path}.thumbnail.jpg`, previewPath: `${path}.preview.jpg` };
  return analyseFile(
    { type: "analyse", path, steps, ...(derivatives && { derivatives: paths }) },
    tools,
    onStep,
  );
}

const draw = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "teal" } })
    .jpeg()
    .toBuffer();

describe("analyseFile", () => {
  it("finds out everything of a photo in one pass, step by step", async () => {
    const place = { latitude: 41.9, longitude: 12.5 };
    const path = await write("rome.jpg", await drawPhoto("blue", { takenAt: "2024:02:20 12:00:00", place }));
    const begun: Step[] = [];
    const { analysis, byteSize, modifiedAtMs, stageCpuMs } = await analyse(path, {
      onStep: (step) => begun.push(step),
    });
    expect(begun).toEqual([...ANALYSER_STEPS]);
    expect(analysis).toMatchObject({
      format: "jpeg",
      width: 320,
      height: 240,
      metadata: { takenAtLocal: "2024-02-20T12:00:00", latitude: 41.9, longitude: 12.5 },
      fingerprints: { imohash: await imohashFile(path), pdq: expect.stringMatching(/^[0-9a-f]{64}$/) },
      steps: {
        preprocessing: { status: "done", modelId: "preview-1" },
        hash: { status: "done", modelId: "imohash+pdq-1" },
      },
    });
    expect(analysis.thumbhash).toMatch(/^[\w+/]+=*$/);
    const { size, mtimeMs } = await stat(path);
    expect({ byteSize, modifiedAtMs }).toEqual({ byteSize: size, modifiedAtMs: Math.trunc(mtimeMs) });
    expect(Object.keys(stageCpuMs)).toEqual(expect.arrayContaining(["decode", "metadata", "hash"]));
  });

  it("skips the steps that have no model, each with what to do", async () => {
    const path = await write("plain.jpg", await draw(100, 80));
    const { steps } = (await analyse(path)).analysis;
    for (const step of ["objects", "embeddings", "ocr", "faces"] as const) {
      expect(steps[step]).toMatchObject({
        status: "skipped",
        reason: expect.stringContaining("keepsight models"),
      });
    }
  });

  it("reads the words in a photo with the models that come along", async () => {
    const path = await write("exit.png", await drawWord("EXIT"));
    const { analysis } = await analyse(path, { tools: { ...TOOLS, runners: installed.vision } });
    expect(analysis.textLines.map(({ text }) => text)).toEqual(["EXIT"]);
    expect(analysis.steps.ocr).toMatchObject({ status: "done" });
    expect(analysis.steps.ocr?.modelId).toMatch(/^pp-ocr/);
    expect(analysis.steps.objects).toMatchObject({ status: "done" });
    expect(analysis.steps.faces).toMatchObject({ status: "done" });
    expect(analysis.steps.embeddings).toMatchObject({ status: "skipped" });
  });

  it("runs only the steps asked for", async () => {
    const path = await write("some.jpg", await draw(100, 80));
    const { analysis, derivatives } = await analyse(path, { steps: ["hash", "ocr"], derivatives: true });
    expect(Object.keys(analysis.steps).toSorted()).toEqual(["hash", "ocr"]);
    expect(analysis.metadata).toBeUndefined();
    expect(derivatives).toEqual([]);
    expect((await readdir(directory)).filter((name) => name.startsWith("some.jpg."))).toEqual([]);
  });

  it.each([
    [2000, 1500],
    [1001, 333],
    [3999, 21],
    [64, 48],
  ])(
    "describes the preview and the thumbnail of %i × %i pixels as they are on disk",
    async (width, height) => {
      const path = await write(`${width}.jpg`, await draw(width, height));
      const { derivatives } = await analyse(path, { derivatives: true });
      expect(derivatives.map(({ kind }) => kind)).toEqual(["thumbnail", "preview"]);
      for (const { kind, ...described } of derivatives) {
        const file = `${path}.${kind}.jpg`;
        const { width: fileWidth, height: fileHeight, format } = await sharp(file).metadata();
        const { size } = await stat(file);
        expect(described).toEqual({ width: fileWidth, height: fileHeight, byteSize: size });
        expect(format).toBe("jpeg");
        expect(Math.max(fileWidth, fileHeight)).toBe(
          Math.min(Math.max(width, height), kind === "thumbnail" ? 400 : 1344),
        );
      }
      const left = (await readdir(directory)).filter((name) => name.endsWith(".tmp"));
      expect(left).toEqual([]);
    },
  );

  it("says of a broken photo why every step failed, and hashes its bytes all the same", async () => {
    const path = await write("broken.jpg", (await draw(200, 200)).subarray(0, 300));
    const { analysis, derivatives } = await analyse(path, { derivatives: true });
    const { preprocessing, objects, ocr, hash } = analysis.steps;
    expect(preprocessing).toMatchObject({ status: "failed", errorCode: "undecodable" });
    expect(preprocessing?.reason).toContain("broken.jpg");
    for (const step of [objects, ocr]) {
      expect(step).toMatchObject({
        status: "failed",
        reason: preprocessing?.reason,
        errorCode: "undecodable",
      });
    }
    expect(hash).toMatchObject({ status: "done" });
    expect(analysis.fingerprints).toEqual({ imohash: await imohashFile(path) });
    expect(derivatives).toEqual([]);
  });

  it.each([
    ["no picture", "Just words.", "unsupported_media"],
    ["an empty file", "", "undecodable"],
  ])("says of %s what it is", async (_, content, errorCode) => {
    const path = await write("strange.jpg", content);
    const { steps } = (await analyse(path)).analysis;
    expect(steps.preprocessing).toMatchObject({ status: "failed", errorCode });
  });

  it("leaves out formats that are not wanted, by name", async () => {
    const path = await write("left-out.jpg", await draw(20, 20));
    const tools = { ...TOOLS, settings: { ...TOOLS.settings, formats: ["png"] as const } };
    const { steps } = (await analyse(path, { tools })).analysis;
    expect(steps.preprocessing).toMatchObject({
      status: "failed",
      errorCode: "unsupported_media",
      reason: "left-out.jpg is JPEG, which KEEPSIGHT_FORMATS leaves out.",
    });
  });

  it("fails the preparation alone when the preview cannot be written", async () => {
    const path = await write("unwritable.jpg", await draw(100, 100));
    await write("a-file", "in the way");
    const thumbnailPath = join(directory, "a-file", "thumbnail.jpg");
    const derivatives = { thumbnailPath, previewPath: thumbnailPath };
    const request = { type: "analyse", path, steps: ANALYSER_STEPS, derivatives } as const;
    const { analysis } = await analyseFile(request, TOOLS, () => {});
    expect(analysis.steps.preprocessing).toMatchObject({ status: "failed", errorCode: "internal" });
    expect(analysis.steps.hash).toMatchObject({ status: "done" });
    expect(analysis.metadata).toBeUndefined();
  });

  it("throws for a file that is not there", async () => {
    await expect(analyse(join(directory, "gone.jpg"))).rejects.toMatchObject({ code: "not_found" });
  });

  it("gives the state of a file that changed under its hands, so that it is read again", async () => {
    const path = await write("growing.jpg", await draw(50, 50));
    const later = new Date(Date.now() + 60_000);
    const { byteSize, modifiedAtMs } = await analyse(path, {
      onStep(step) {
        if (step !== "hash") return;
        appendFileSync(path, "more");
        utimesSync(path, later, later);
      },
    });
    const { size, mtimeMs } = await stat(path);
    expect({ byteSize, modifiedAtMs }).toEqual({ byteSize: size, modifiedAtMs: Math.trunc(mtimeMs) });
  });
});
