import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it, test } from "vitest";

import { CatalogModel, loadCatalog } from "./catalog.ts";
import { convertModel } from "./convert/convert-model.ts";
import { createSession } from "./create-session.ts";
import { resolvePackageFile } from "./resolve-package-file.ts";

const models = loadCatalog();
const byId = new Map(models.map((model) => [model.id, model]));

/** The sample weights are named by task folder; only those the catalogue means to know are listed. */
const SAMPLES = fileURLToPath(new URL("../../../shared/models/", import.meta.url));
const SAMPLE_FILES: [modelId: string, path: string][] = [
  ["yunet-n", "face-detection/yunet_n_dynamic.onnx"],
  ["yunet-n-640", "face-detection/yunet_n_640_640.onnx"],
  ["scrfd-2.5g", "face-detection/scrfd_2.5g.onnx"],
  ["scrfd-500m-640", "face-detection/scrfd_500m_bnkps.onnx"],
  ["mobilefacenet", "face-recognition/mobilefacenet.onnx"],
  ["yolox-nano-reexport", "object-detection/yolox_nano.onnx"],
  ["yolov8n-int8", "object-detection/yolov8n_int8.onnx"],
  ["pp-ocrv6-tiny-det", "ocr/PP-OCRv6_det_tiny.onnx"],
  ["pp-ocrv6-tiny-rec-fp16", "ocr/PP-OCRv6_tiny_rec_fp16.onnx"],
  ["pp-ocrv6-tiny-rec-fp16", "ocr/ppocr_keys_v6_tiny.txt"],
  ["ppocr-orientation-local", "ocr/ppocr_angle_cls.onnx"],
  ["clip-vit-b-32-256-datacomp", "clip/bpe_simple_vocab_16e6.txt.gz"],
];

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

describe("loadCatalog", () => {
  it("gives every model an id of its own", () => {
    expect(byId.size).toBe(models.length);
  });

  it("offers a model for every task in each set, and only permissive ones in the open set", () => {
    const tasks = [
      "object-detection",
      "face-detection",
      "face-recognition",
      "text-detection",
      "text-recognition",
      "clip",
    ];
    for (const set of ["open", "recommended"] as const) {
      const members = models.filter((model) => model.sets.includes(set));
      expect(members.map((model) => model.settings.task).sort()).toEqual(tasks.sort());
      for (const model of members) expect(model.files.every((file) => file.urls.length > 0)).toBe(true);
    }
    for (const model of models.filter(({ sets }) => sets.includes("open"))) {
      expect(model.licence.commercial, model.id).toBe(true);
    }
  });

  it("offers in a set nothing that cannot be held to a size and a checksum", () => {
    for (const model of models.filter(({ sets }) => sets.length > 0)) {
      for (const file of model.files) {
        expect([file.byteSize, file.sha256], `${model.id} ${file.name}`).not.toContain(undefined);
      }
    }
  });

  it("offers for download only what it knows a checksum of, or can ask one for", () => {
    const isAskable = (url: string) => url.startsWith("https://huggingface.co/");
    for (const { id, files } of models) {
      for (const { sha256, urls } of files) {
        if (sha256 === undefined) expect(urls.every(isAskable), id).toBe(true);
      }
    }
  });

  it("gives different files different names within a task, so that folders can be searched for them", () => {
    const seen = new Map<string, string>();
    for (const { settings, files } of models) {
      for (const { name, sha256 } of files.filter(({ byteSize }) => byteSize === undefined)) {
        const key = `${settings.task} ${name}`;
        expect(seen.get(key) ?? sha256, key).toBe(sha256);
        seen.set(key, sha256 ?? "");
      }
    }
  });

  it("says of one file the same size and name of its content wherever it is listed", () => {
    const seen = new Map<string, number | undefined>();
    for (const { sha256, byteSize } of models.flatMap((model) => model.files)) {
      if (sha256 === undefined) continue;
      expect(byteSize).toBe(seen.has(sha256) ? seen.get(sha256) : byteSize);
      seen.set(sha256, byteSize);
    }
  });

  it("never lets two models of a task tie for being the default", () => {
    const ranks = models.map((model) => `${model.settings.task} ${model.preference}`);
    expect(new Set(ranks).size).toBe(ranks.length);
  });

  it("spells out COCO's 80 labels", () => {
    const settings = byId.get("yolox-s")?.settings;
    expect(settings?.task === "object-detection" && settings.labels).toHaveLength(80);
    expect(settings?.task === "object-detection" && [settings.labels[0], settings.labels[79]]).toEqual([
      "person",
      "toothbrush",
    ]);
  });

  test.each(
    models.flatMap((model) => model.files.flatMap(({ npm, ...file }) => (npm ? [{ npm, ...file }] : []))),
  )("knows $name as the package $npm.package brings it", async ({ npm, byteSize, sha256: expected }) => {
    const path = resolvePackageFile(npm.package, npm.path);
    expect(path).toBeDefined();
    const bytes =
      npm.conversion === undefined ? readFileSync(path!) : await convertModel(path!, npm.conversion);
    const found = createHash("sha256").update(bytes).digest("hex");
    expect({ byteSize: bytes.byteLength, sha256: found }).toEqual({ byteSize, sha256: expected });
  });
});

if (!existsSync(SAMPLES)) {
  process.stderr.write(`Skipped: the catalogue against sample weights, as there is no ${SAMPLES}\n`);
}
describe.skipIf(!existsSync(SAMPLES))("loadCatalog and the sample weights", () => {
  test.each(SAMPLE_FILES)("%s describes %s", (modelId, path) => {
    const name = path.split("/").at(-1);
    const file = byId.get(modelId)?.files.find((candidate) => candidate.name === name);
    expect(file).toMatchObject({ byteSize: statSync(SAMPLES + path).size, sha256: sha256(SAMPLES + path) });
  });

  test.each(SAMPLE_FILES.filter(([, path]) => path.endsWith(".onnx")))(
    "%s takes pictures of the size it is described with",
    async (modelId, path) => {
      const settings = byId.get(modelId)?.settings;
      const described = settings !== undefined && "inputSize" in settings ? settings.inputSize : -1;
      const session = await createSession(SAMPLES + path);
      const [, channels, height, width] = Object.values(session.inputShapes ?? {})[0] ?? [];
      await session.release();
      expect(channels).toBe(3);
      expect([-1, described]).toContain(width);
      if (described > 0) expect(height).toBe(width);
    },
  );
});

describe("loadCatalog's face recognisers", () => {
  it("say what their similarities mean, and how that is known", () => {
    const recognisers = loadCatalog().flatMap(({ id, settings }) =>
      settings.task === "face-recognition" ? [{ id, ...settings.calibration }] : [],
    );
    expect(recognisers.length).toBeGreaterThanOrEqual(5);
    for (const { strangerSimilarity, matchSimilarity, source } of recognisers) {
      expect(matchSimilarity).toBeGreaterThan(strangerSimilarity);
      expect(source).toMatch(/^(measured|published, not measured): /);
    }
  });
});

describe("CatalogModel", () => {
  const valid = {
    id: "my-detector",
    title: "Mine",
    licence: { name: "MIT", commercial: true },
    preference: 100,
    files: [{ role: "model", name: "mine.onnx", byteSize: 3, sha256: "0".repeat(64) }],
    settings: {
      task: "face-recognition",
      inputSize: 112,
      pixels: { colourOrder: "rgb", scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
      dimensions: 128,
    },
  };

  it("accepts a model without urls and sets", () => {
    expect(CatalogModel.parse(valid)).toMatchObject({ sets: [], files: [{ urls: [] }] });
  });

  test.each<[problem: string, change: object, message: RegExp]>([
    ["an id with spaces", { id: "My Detector" }, /lower-case/],
    [
      "a checksum that is none",
      { files: [{ ...valid.files[0], sha256: "abc" }] },
      /64 lower-case hex digits/,
    ],
    ["a file name with a path", { files: [{ ...valid.files[0], name: "../mine.onnx" }] }, /plain file name/],
    [
      "an address without https",
      { files: [{ ...valid.files[0], urls: ["http://x.org/a"] }] },
      /https address/,
    ],
    ["two files of one role", { files: [valid.files[0], valid.files[0]] }, /same role/],
    ["a missing role", { files: [{ ...valid.files[0], role: "tokenizer" }] }, /needs a file with the role/],
    ["a misspelt key", { licnece: {} }, /licnece/],
  ])("refuses %s", (_problem, change, message) => {
    expect(() => CatalogModel.parse({ ...valid, ...change })).toThrow(message);
  });

  it("accepts the example that the documentation gives", () => {
    const page = readFileSync(new URL("../../docs/models.md", import.meta.url), "utf8");
    const example: unknown = JSON.parse(/```json\n([^]*?)```/.exec(page)?.[1] ?? "");
    expect(CatalogModel.parse(example).settings.task).toBe("clip");
  });
});
