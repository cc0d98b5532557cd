import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BUNDLED_MODEL_DIRECTORY } from "../../test/bundled-models.ts";
import { writeClipTowers } from "../../test/onnx-towers.ts";
import { loadCatalog } from "../onnx/catalog.ts";
import { createModelStore } from "../onnx/model-store.ts";
import { diagnose, type Finding } from "./doctor.ts";
import type { DownloadOffer } from "./download-offers.ts";
import { createInstalledModels } from "./installed-models.ts";

let folder: string;
let findings: readonly Finding[];
let offers: readonly DownloadOffer[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "doctor-"));
  writeClipTowers(join(folder, "local"));
  const yunet = loadCatalog().find(({ id }) => id === "yunet-2023mar")!.files[0]!;
  writeFileSync(join(folder, "local", yunet.name), new Uint8Array(yunet.byteSize!));
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
    isOffline: true,
    inference: undefined,
  });
  findings = report.findings;
  offers = report.offers;
});
afterAll(() => rmSync(folder, { recursive: true }));

const find = (subject: string) => findings.find((finding) => finding.subject === subject);

describe("diagnose", () => {
  it("names the models that came along and what a download would add to each", () => {
    expect(find("step objects")).toMatchObject({ status: "ok" });
    expect(find("step objects")?.detail).toMatch(/^centernet-mobilenetv3 \(came with/);
    expect(find("step faces")?.detail).toMatch(/^face-api-ssd \+ dlib-face-resnet \(came with/);
    const open = offers.find(({ set }) => set === "open")!;
    expect(open.needsConsent).toBe(false);
    expect(open.byteSize).toBeGreaterThan(50e6);
    const objects = open.models.find(({ task }) => task === "object-detection");
    expect(objects).toMatchObject({ effect: "replaces", inUse: "centernet-mobilenetv3" });
    expect(offers.find(({ set }) => set === "recommended")?.needsConsent).toBe(true);
  });

  it("has no such advice about the user's own models", () => {
    expect(find("step embeddings")?.detail).toBe("test-colours");
  });

  it("tells of a model file that is damaged, why, and what to do", () => {
    const finding = find("model yunet-2023mar")!;
    expect(finding.status).toBe("problem");
    expect(finding.detail).toMatch(
      /\.onnx: has the sha256 .* is expected\. It is not used: replace the file/,
    );
  });

  it("names what is wrong and what to do", () => {
    expect(find("photo folder")?.status).toBe("problem");
    expect(find("web app")).toMatchObject({ status: "problem", detail: expect.stringContaining("npm run") });
    expect(find("data directory")?.status).not.toBe("problem");
  });
});
