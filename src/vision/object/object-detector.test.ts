import { describe, expect, it, test } from "vitest";

import { hasShared, readSharedImage, sharedPath } from "../../../test/shared-files.ts";
import type { DetectedObject } from "../../core/photo-analysis.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { intersectionOverUnion } from "../../math/intersection-over-union.ts";
import { loadCatalog } from "../../onnx/catalog.ts";
import { createSession } from "../../onnx/create-session.ts";
import type { ObjectDetectionSettings } from "../../onnx/model-settings.ts";
import { decodeYolov8 } from "./decode-yolo.ts";
import { createObjectDetector, postprocess, preprocess } from "./object-detector.ts";

const SETTINGS: ObjectDetectionSettings = {
  task: "object-detection",
  head: "yolov8",
  inputSize: 32,
  letterbox: "center",
  padValue: 114,
  pixels: { colourOrder: "rgb", scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
  scoreThreshold: 0.25,
  iouThreshold: 0.5,
  maxDetections: 2,
  labels: ["cat", "dog"],
};

/** White, 64 wide, 32 high: fills the middle 32 × 16 of the input. */
const PHOTO: RasterImage = { data: new Uint8Array(64 * 32 * 3).fill(255), width: 64, height: 32 };

/** [cx, cy, w, h, cat, dog] of each cell, as a YOLOv8 output. */
function outputOf(cells: readonly (readonly number[])[]) {
  const data = Float32Array.from({ length: 6 * cells.length }, (_, i) => {
    return cells[i % cells.length]![Math.floor(i / cells.length)]!;
  });
  return { data, dims: [1, 6, cells.length] };
}

function detectIn(cells: readonly (readonly number[])[]): DetectedObject[] {
  const { transform } = preprocess(PHOTO, SETTINGS);
  const candidates = decodeYolov8(outputOf(cells), { ...SETTINGS, classesPerCell: "best" });
  return postprocess(candidates, { transform, image: PHOTO, settings: SETTINGS });
}

describe("preprocess", () => {
  it("makes the letterboxed planes of the model", () => {
    const { tensor, transform } = preprocess(PHOTO, SETTINGS);
    expect(tensor.dims).toEqual([1, 3, 32, 32]);
    expect(transform).toEqual({ scaleX: 0.5, scaleY: 0.5, offsetX: 0, offsetY: 8 });
    expect([tensor.data[7 * 32], tensor.data[8 * 32], tensor.data[23 * 32], tensor.data[24 * 32]]).toEqual([
      114, 255, 255, 114,
    ]);
  });
});

describe("postprocess", () => {
  it("gives boxes as fractions of the photo, cut off at its border", () => {
    expect(detectIn([[16, 16, 16, 8, 0.5, 0.75]])).toEqual([
      { label: "dog", score: 0.75, normalizedBox: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 } },
    ]);
    expect(detectIn([[0, 8, 16, 16, 0.5, 0]])[0]!.normalizedBox).toEqual({
      x: 0,
      y: 0,
      width: 0.25,
      height: 0.5,
    });
  });

  it("keeps the best of overlapping objects of one class and of several classes each", () => {
    const objects = detectIn([
      [16, 16, 16, 8, 0.5, 0],
      [16, 16, 16, 9, 0.75, 0],
      [16, 16, 16, 8, 0, 0.625],
    ]);
    expect(objects.map(({ label, score }) => [label, score])).toEqual([
      ["cat", 0.75],
      ["dog", 0.625],
    ]);
  });

  it("gives no more objects than the settings allow, the best ones", () => {
    const objects = detectIn([0.25, 0.5, 0.75].map((score, i) => [4 + 10 * i, 16, 4, 4, score, 0]));
    expect(objects.map(({ score }) => score)).toEqual([0.75, 0.5]);
  });
});

const DETECTORS = [
  { id: "yolox-nano", file: "yolox_nano.onnx" },
  { id: "yolov8n-int8", file: "yolov8n_int8.onnx" },
];
const hasModels = hasShared("real object detectors", "models/object-detection", "photos/scenes/bus.jpg");

describe.skipIf(!hasModels)("createObjectDetector", () => {
  test.each(DETECTORS)("finds the bus and its people with $id", async ({ id, file }) => {
    const settings = loadCatalog().find((model) => model.id === id)!.settings as ObjectDetectionSettings;
    const session = await createSession(sharedPath(`models/object-detection/${file}`));
    const image = await readSharedImage("photos/scenes/bus.jpg");
    const objects = await createObjectDetector({ session, settings }).detect(image);
    await session.release();
    const bus = objects.find(({ label }) => label === "bus")!;
    const expected = { x: 0.02, y: 0.21, width: 0.97, height: 0.49 };
    expect(bus.score).toBeGreaterThan(0.5);
    expect(intersectionOverUnion(bus.normalizedBox, expected)).toBeGreaterThan(0.8);
    expect(objects.filter(({ label }) => label === "person").length).toBeGreaterThanOrEqual(3);
    expect(objects.map(({ score }) => score)).toEqual(
      objects.map(({ score }) => score).toSorted((a, b) => b - a),
    );
  });

  it("says what is wrong when the model is not what its settings say", async () => {
    const session = await createSession(sharedPath("models/object-detection/yolox_nano.onnx"));
    const settings = { ...SETTINGS, head: "yolox", inputSize: 416 } as const;
    const wrongSize = createObjectDetector({ session, settings: { ...settings, inputSize: 320 } });
    await expect(wrongSize.detect(PHOTO)).rejects.toMatchObject({ name: "KeepsightError" });
    await session.release();
  });
});
