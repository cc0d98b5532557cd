import { describe, expect, it, test } from "vitest";

import { hasShared, readSharedImage, sharedPath } from "../../../test/shared-files.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { loadCatalog } from "../../onnx/catalog.ts";
import { createSession } from "../../onnx/create-session.ts";
import type { FaceDetectionSettings } from "../../onnx/model-settings.ts";
import { chooseFrame, createFaceDetector, preprocess } from "./face-detector.ts";

const DYNAMIC = [1, 3, -1, -1];

const SETTINGS: FaceDetectionSettings = {
  task: "face-detection",
  head: "scrfd",
  inputSize: 640,
  pixels: { colourOrder: "rgb", scale: 1, mean: [127.5, 127.5, 127.5], std: [128, 128, 128] },
  scoreThreshold: 0.5,
  clearScore: 0.79,
  iouThreshold: 0.4,
};

describe("chooseFrame", () => {
  test.each([
    ["a large photo in proportion", { width: 4000, height: 3000 }, DYNAMIC, { width: 640, height: 480 }],
    ["an upright photo in proportion", { width: 800, height: 1200 }, DYNAMIC, { width: 448, height: 640 }],
    ["a small photo at its own size", { width: 400, height: 300 }, DYNAMIC, { width: 416, height: 320 }],
    ["a tiny photo at half the size", { width: 150, height: 150 }, DYNAMIC, { width: 320, height: 320 }],
    ["a long panorama with a whole cell", { width: 9000, height: 100 }, DYNAMIC, { width: 640, height: 32 }],
    [
      "any photo in a fixed input",
      { width: 400, height: 300 },
      [1, 3, 640, 640],
      { width: 640, height: 640 },
    ],
    [
      "any photo in a square where nothing is declared",
      { width: 400, height: 300 },
      undefined,
      { width: 640, height: 640 },
    ],
  ])("takes %s", (_, image, declaredShape, expected) => {
    expect(chooseFrame(image, 640, declaredShape)).toEqual(expected);
  });
});

describe("preprocess", () => {
  it("puts the photo into the upper left corner, black around it", () => {
    const image: RasterImage = { data: new Uint8Array(20 * 10 * 3).fill(255), width: 20, height: 10 };
    const { tensor, transform } = preprocess(image, { width: 64, height: 64 }, SETTINGS);
    expect(tensor.dims).toEqual([1, 3, 64, 64]);
    expect(transform).toEqual({ scale: 3.2, offsetX: 0, offsetY: 0 });
    expect(tensor.data[31 * 64 + 63]).toBeCloseTo(127.5 / 128, 6);
    expect(tensor.data[32 * 64]).toBeCloseTo(-127.5 / 128, 6);
  });
});

const DETECTORS = [
  { id: "scrfd-2.5g", file: "scrfd_2.5g.onnx" },
  { id: "scrfd-500m-640", file: "scrfd_500m_bnkps.onnx" },
  { id: "yunet-n", file: "yunet_n_dynamic.onnx" },
  { id: "yunet-n-640", file: "yunet_n_640_640.onnx" },
];
const hasModels = hasShared("real face detectors", "models/face-detection", "photos/people/six-faces.jpg");

describe.skipIf(!hasModels)("createFaceDetector", () => {
  test.each(DETECTORS)("finds the faces of the group photos with $id", async ({ id, file }) => {
    const settings = loadCatalog().find((model) => model.id === id)!.settings as FaceDetectionSettings;
    const session = await createSession(sharedPath(`models/face-detection/${file}`));
    const detector = createFaceDetector({ session, settings });
    const counts: number[] = [];
    for (const photo of ["six-faces.jpg", "couple.jpg", "selfie-many-people.jpg"]) {
      const image = await readSharedImage(`photos/people/${photo}`);
      const faces = await detector.detect(image);
      counts.push(faces.length);
      for (const { box, landmarks } of faces) {
        const [leftEye, rightEye, nose, leftMouth, rightMouth] = landmarks;
        expect(leftEye!.x).toBeLessThan(rightEye!.x);
        expect(leftMouth!.x).toBeLessThan(rightMouth!.x);
        expect(leftEye!.y).toBeLessThan(leftMouth!.y);
        expect(nose!.x > box.x && nose!.x < box.x + box.width).toBe(true);
        expect(nose!.y > box.y && nose!.y < box.y + box.height).toBe(true);
      }
    }
    await session.release();
    expect(counts.slice(0, 2)).toEqual([6, 2]);
    expect(counts[2]).toBeGreaterThanOrEqual(6);
  });

  it("finds nothing in an empty picture", async () => {
    const session = await createSession(sharedPath("models/face-detection/scrfd_2.5g.onnx"));
    const image = { data: new Uint8Array(300 * 200 * 3).fill(120), width: 300, height: 200 };
    expect(await createFaceDetector({ session, settings: SETTINGS }).detect(image)).toEqual([]);
    await session.release();
  });

  it("says what is wrong when the model detects no faces", async () => {
    const session = await createSession(sharedPath("models/object-detection/yolox_nano.onnx"));
    const image = { data: new Uint8Array(300 * 200 * 3), width: 300, height: 200 };
    const detector = createFaceDetector({ session, settings: SETTINGS });
    await expect(detector.detect(image)).rejects.toMatchObject({ code: "model_invalid" });
    await session.release();
  });
});
