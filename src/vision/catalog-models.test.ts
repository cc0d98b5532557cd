import { describe, expect, test } from "vitest";

import { loadCatalog } from "../onnx/catalog.ts";
import type { ObjectDetectionSettings } from "../onnx/model-settings.ts";
import type { InferenceSession, Tensor } from "../onnx/session.ts";
import { loadRunners } from "./load-runners.ts";
import { createObjectDetector } from "./object/object-detector.ts";

const models = loadCatalog();
const detectors = models.flatMap(({ id, settings }) =>
  settings.task === "object-detection" ? [[id, settings] as const] : [],
);

/** Cells of the feature maps with strides 8, 16 and 32. */
function cellsOf(side: number): number {
  return [8, 16, 32].reduce((sum, stride) => sum + Math.floor(side / stride) ** 2, 0);
}

function filled(value: number, ...dims: number[]): Tensor {
  const length = dims.reduce((product, size) => product * size, 1);
  return { type: "float32", data: new Float32Array(length).fill(value), dims };
}

/** What a model of this head gives where it sees nothing. */
function emptyOutputs({ head, inputSize, labels }: ObjectDetectionSettings): Record<string, Tensor> {
  switch (head) {
    case "yolox":
      return { output: filled(0, 1, cellsOf(inputSize), 5 + labels.length) };
    case "yolov8":
      return { output0: filled(0, 1, 4 + labels.length, cellsOf(inputSize)) };
    case "detr":
      return { logits: filled(-20, 1, 300, labels.length), pred_boxes: filled(0.5, 1, 300, 4) };
    case "detr-decoded":
      return {
        labels: { type: "int64", data: new BigInt64Array(300), dims: [1, 300] },
        boxes: filled(0, 1, 300, 4),
        scores: filled(0, 1, 300),
      };
    default:
      return { output0: filled(0, 1, 300, 6) };
  }
}

/** A session that only checks the size of its input and sees nothing in it. */
function blindSession(settings: ObjectDetectionSettings): InferenceSession {
  const outputs = emptyOutputs(settings);
  return {
    inputNames: ["images"],
    outputNames: Object.keys(outputs),
    async run(feeds) {
      expect(feeds["images"]?.dims).toEqual([1, 3, settings.inputSize, settings.inputSize]);
      return outputs;
    },
    async release() {},
  };
}

describe("loadCatalog and the runners", () => {
  test.each(models.map((model) => [model.id, model] as const))(
    "%s can be loaded by its task",
    (_id, model) => {
      const files = Object.fromEntries(model.files.map(({ role, name }) => [role, `/nowhere/${name}`]));
      const { vision, textEncoder } = loadRunners(
        { [model.settings.task]: { model, files } },
        { threads: 1 },
      );
      const needsPartner = ["text-detection", "text-recognition", "text-orientation", "face-recognition"];
      const isRun = Object.keys(vision).length > 0 || textEncoder !== undefined;
      expect(isRun).toBe(!needsPartner.includes(model.settings.task));
    },
  );

  test.each(detectors)(
    "%s has COCO's 80 classes, and finds none of them in nothing",
    async (_id, settings) => {
      const labels = settings.labels.filter((label) => label !== "");
      expect(labels).toHaveLength(80);
      expect(labels).toEqual(expect.arrayContaining(Object.keys(settings.presence?.classes ?? {})));
      const detector = createObjectDetector({ session: blindSession(settings), settings });
      expect(await detector.detect({ data: new Uint8Array(64 * 32 * 3), width: 64, height: 32 })).toEqual([]);
    },
  );
});
