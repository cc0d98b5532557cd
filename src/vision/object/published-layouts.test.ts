import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it, test } from "vitest";

import {
  createDecodedDetr,
  createDetr,
  createEndToEndYolo,
  DETECTOR_INPUT_SIZE,
  detectorCell,
} from "../../../test/onnx-detectors.ts";
import type { Box } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { createSession } from "../../onnx/create-session.ts";
import { ObjectDetectionSettings } from "../../onnx/model-settings.ts";
import { createObjectDetector } from "./object-detector.ts";

/** Half as high as wide. */
const PHOTO = { width: DETECTOR_INPUT_SIZE, height: DETECTOR_INPUT_SIZE / 2 };
const RED = 0;
const BLUE = 2;

const SETTINGS = ObjectDetectionSettings.parse({
  task: "object-detection",
  head: "detr",
  inputSize: DETECTOR_INPUT_SIZE,
  pixels: { colourOrder: "rgb", scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
  scoreThreshold: 0.5,
  maxDetections: 100,
  labels: "coco-80",
});

/** Where a cell of the model's input lies in the photo: a stretched photo is twice as high there, a letterboxed one is centred. */
const inStretched = ({ x, y, width, height }: Box) => ({ x, y: y / 2, width, height: height / 2 });
const inLetterboxed = ({ y, ...box }: Box) => ({ ...box, y: y - DETECTOR_INPUT_SIZE / 4 });

/** A black photo with boxes in a colour each. */
function paint(boxes: readonly { readonly box: Box; readonly channel: number }[]): RasterImage {
  const data = new Uint8Array(PHOTO.width * PHOTO.height * 3);
  for (const { box, channel } of boxes) {
    for (let y = box.y; y < box.y + box.height; y++) {
      for (let x = box.x; x < box.x + box.width; x++) data[(y * PHOTO.width + x) * 3 + channel] = 255;
    }
  }
  return { data, ...PHOTO };
}

function toFractions({ x, y, width, height }: Box): number[] {
  return [x / PHOTO.width, y / PHOTO.height, width / PHOTO.width, height / PHOTO.height];
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "detector-layouts-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function detect(model: Uint8Array, changes: Partial<ObjectDetectionSettings>, photo: RasterImage) {
  const path = join(folder, "model.onnx");
  writeFileSync(path, model);
  const session = await createSession(path);
  const detector = createObjectDetector({ session, settings: { ...SETTINGS, ...changes } });
  const objects = await detector.detect(photo);
  await session.release();
  return objects;
}

describe("createObjectDetector and the layouts of published exports", () => {
  test.each([
    ["D-FINE of Hugging Face", createDetr(80), {}, inStretched],
    ["D-FINE of its authors", createDecodedDetr(), { head: "detr-decoded" }, inStretched],
    [
      "YOLO exported end to end",
      createEndToEndYolo(),
      { head: "end-to-end", letterbox: "center" },
      inLetterboxed,
    ],
  ] as const)("%s", async (_name, model, changes, toPhoto) => {
    const person = toPhoto(detectorCell(2, 5));
    const car = toPhoto(detectorCell(13, 6));
    const photo = paint([
      { box: person, channel: RED },
      { box: car, channel: BLUE },
    ]);
    const objects = await detect(model, changes, photo);
    expect(objects.map(({ label }) => label).toSorted()).toEqual(["car", "person"]);
    for (const [label, box] of Object.entries({ person, car })) {
      const found = objects.find((object) => object.label === label)!;
      expect(found.score).toBeGreaterThan(0.99);
      for (const [i, fraction] of toFractions(box).entries()) {
        expect(Object.values(found.normalizedBox)[i]).toBeCloseTo(fraction, 5);
      }
    }
  });

  it("names classes by category id where a model counts so, and drops ids that nothing has", async () => {
    const { labels } = ObjectDetectionSettings.parse({ ...SETTINGS, labels: "coco-91" });
    expect([labels.length, labels[1], labels[13], labels[90]]).toEqual([
      91,
      "person",
      "stop sign",
      "toothbrush",
    ]);
    const nothing = { box: inStretched(detectorCell(4, 4)), channel: RED };
    const bicycle = { box: inStretched(detectorCell(8, 8)), channel: BLUE };
    const objects = await detect(createDetr(91), { labels }, paint([nothing, bicycle]));
    expect(objects.map(({ label }) => label)).toEqual(["bicycle"]);
  });
});
