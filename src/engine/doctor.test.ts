import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BUNDLED_MODEL_DIRECTORY } from "../../test/bundled-models.ts";
import { writeClipTowers } from "../../test/onnx-towers.ts";
import { loadCatalog } from "../onnx/catalog.ts";
import { createModelStore } from "../onnx/model-store.ts";
import { diagnose, type Finding } from "./doctor.ts";
import { createInstalledModels } from "./installed-models.ts";

let folder: string;
let findings: readonly Finding[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "doctor-"));
  writeClipTowers(join(folder, "local"));
  const store = createModelStore({
    catalog: loadCatalog(),
    modelDirectory: BUNDLED_MODEL_DIRECTORY,
    localDirectories: [join(folder, "local")],
    offline: true,
    fetch,
  });
  const report = await diagnose({
    version: "1.2.3",
    dataDirectory: join(folder, "data"),
    folders: [join(folder, "nowhere")],
    models: createInstalledModels(store),
    analysers: 1,
    isWebAppBuilt: false,
    inference: undefined,
  });
  findings = report.findings;
});
afterAll(() => rmSync(folder, { recursive: true }));

const find = (subject: string) => findings.find((finding) => finding.subject === subject);

describe("diagnose", () => {
  it("names the models that came along and says that a download brings better ones", () => {
    expect(find("step objects")).toMatchObject({ status: "ok" });
    expect(find("step objects")?.detail).toMatch(/^centernet-mobilenetv3 \(came with .* models pull open/);
    expect(find("step faces")?.detail).toMatch(/^face-api-ssd \+ dlib-face-resnet \(came with/);
  });

  it("has no such advice about the user's own models", () => {
    expect(find("step embeddings")?.detail).toBe("test-colours");
  });

  it("names what is wrong and what to do", () => {
    expect(find("photo folder")?.status).toBe("problem");
    expect(find("web app")).toMatchObject({ status: "problem", detail: expect.stringContaining("npm run") });
    expect(find("data directory")?.status).not.toBe("problem");
  });
});
