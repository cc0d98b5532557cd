import { join } from "node:path";
import { IMAGE_FORMATS } from "../../src/core/photo-analysis.ts";
import { analyseFile, MAX_FACE_THUMBNAILS } from "../../src/engine/analyser/analyse-file.ts";
import { ANALYSER_STEPS } from "../../src/engine/analyser/analyser-steps.ts";
import { DEFAULT_DECODE_LIMITS } from "../../src/image/decode-limits.ts";
import { createSession } from "../../src/onnx/create-session.ts";
import type { InferenceSession, Tensor } from "../../src/onnx/session.ts";
import { loadRunners } from "../../src/vision/load-runners.ts";
import type { PictureSizes } from "./bare-analysers.ts";
import { measureCpu } from "./cpu-time.ts";
import { chooseLocalModels } from "./local-models.ts";

/** What went into a model. */
export interface RecordedRun {
  /** The step that ran it. */
  readonly step: string;
  readonly session: InferenceSession;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/**
 * An analyser in this process with the models of a folder: `analyse` gives the CPU milliseconds of a photo by stage, and what
 * its models ran on. It writes its pictures into `folder`.
 */
export async function openRecordedAnalyser(folder: string, modelDirectory: string, sizes: PictureSizes) {
  const { models, activeIds } = await chooseLocalModels(modelDirectory);
  const recorded: RecordedRun[] = [];
  let current = "";
  const { vision: runners, release } = loadRunners(models, {
    threads: 1,
    async createSession(path, options) {
      const session = await createSession(path, options);
      const record = (feeds: RecordedRun["feeds"]) => {
        recorded.push({ step: current, session, feeds });
        return session.run(feeds);
      };
      return { ...session, run: record };
    },
  });
  const settings = {
    limits: DEFAULT_DECODE_LIMITS,
    formats: [...IMAGE_FORMATS],
    ...sizes,
  };
  const analyse = async (path: string) => {
    recorded.length = 0;
    const derivatives = {
      thumbnailPath: join(folder, "thumbnail.jpg"),
      previewPath: join(folder, "preview.jpg"),
      facePrefix: join(folder, "face-"),
    };
    const request = { type: "analyse", path, steps: ANALYSER_STEPS, derivatives } as const;
    const { cpuMs, value } = await measureCpu(() =>
      analyseFile(request, { settings, runners }, (step) => (current = step)),
    );
    const faces = Math.min(value.analysis.faces.length, MAX_FACE_THUMBNAILS);
    return { cpuMs, stages: value.stageCpuMs, runs: [...recorded], faces };
  };
  return { analyse, activeIds, release };
}
