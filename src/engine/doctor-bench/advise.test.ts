import { describe, expect, it } from "vitest";
import type { ModelSummary } from "../installed-models.ts";
import { adviseOn } from "./advise.ts";
import type { BenchReport } from "./bench-report.ts";

const REPORT: Omit<BenchReport, "advice"> = {
  processor: "processor",
  cores: 4,
  memoryBytes: 8e9,
  photo: { width: 4032, height: 3024, byteSize: 3e6 },
  stages: [
    { stage: "decode", cpuMs: 100, modelIds: [] },
    { stage: "embeddings", cpuMs: 100, modelIds: ["tower"] },
  ],
  firstPhotoMs: 1000,
  photoMs: 200,
  processBytes: 5e8,
  speeds: [],
  isBusy: false,
  recommendedProcesses: 4,
  configuredProcesses: 4,
  prediction: { photos: 1000, seconds: 100 },
};

const clip = (id: string) =>
  ({
    id,
    title: id,
    task: "clip",
    state: "installed",
    source: "downloaded",
    isActive: true,
    byteSize: 1,
    missingByteSize: 0,
    preference: 70,
    licence: { name: "MIT", url: null, commercial: true },
    sets: ["open"],
    canDownload: false,
    problems: [],
  }) as unknown as ModelSummary;

describe("adviseOn", () => {
  it("has nothing to say where all is well", () => {
    expect(adviseOn(REPORT, [])).toEqual([]);
  });

  it("says how many processes to run", () => {
    expect(adviseOn({ ...REPORT, recommendedProcesses: 2 }, [])).toEqual([
      "Set KEEPSIGHT_ANALYSERS=2 (now 4): more processes take memory and bring little.",
    ]);
    expect(adviseOn({ ...REPORT, configuredProcesses: 1 }, [])[0]).toContain("KEEPSIGHT_ANALYSERS=4 (now 1)");
  });

  it("offers to quantise a tower that takes much of the time, once", () => {
    expect(adviseOn(REPORT, [clip("tower")])).toEqual([
      expect.stringMatching(/^Embeddings take 50 % .* `keepsight models quantize tower`/),
    ]);
    expect(adviseOn(REPORT, [clip("tower-int8")])).toEqual([]);
    const stages = REPORT.stages.with(1, { stage: "embeddings", cpuMs: 10, modelIds: ["tower"] });
    expect(adviseOn({ ...REPORT, stages }, [clip("tower")])).toEqual([]);
  });

  it("names the download that brings what is missing", () => {
    const missing = {
      ...clip("tower"),
      state: "missing" as const,
      isActive: false,
      canDownload: true,
      missingByteSize: 6e8,
    };
    expect(adviseOn(REPORT, [missing])).toEqual([
      expect.stringContaining("`keepsight models pull open` (600 MB) brings what is missing here"),
    ]);
  });

  it("thinks of a stronger machine when an import takes days", () => {
    const prediction = { photos: 1e6, seconds: 3e5 };
    expect(adviseOn({ ...REPORT, prediction }, [])[0]).toContain("KEEPSIGHT_INFERENCE_URL");
  });
});
