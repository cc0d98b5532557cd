import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { catalogSettings } from "../../../test/catalog-settings.ts";
import { hasShared, readSharedImage, sharedPath } from "../../../test/shared-files.ts";
import { toWholePhoto } from "../../../test/whole-photo.ts";
import type { Box } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { dotProduct } from "../../math/vector.ts";
import { createSession } from "../../onnx/create-session.ts";
import type { InferenceSession } from "../../onnx/session.ts";
import { analyseFaces, type FaceModels } from "./analyse-faces.ts";
import { describeDrawnFace } from "./describe-drawn-face.ts";
import { createFaceDetector } from "./face-detector.ts";
import { createFaceRecognizer } from "./face-recognizer.ts";

const PHOTO = "photos/people/six-faces.jpg";
const hasModels = hasShared("drawn faces", PHOTO, "models/face-detection", "models/face-recognition");

/** A box as people draw it: shifted and of another size. */
function drawLoosely({ x, y, width, height }: Box): Box {
  return { x: x - 0.15 * width, y: y - 0.1 * height, width: 1.4 * width, height: 1.15 * height };
}

describe.skipIf(!hasModels)("describeDrawnFace", () => {
  let sessions: InferenceSession[];
  let models: Required<FaceModels>;
  let photo: RasterImage;
  beforeAll(async () => {
    photo = await readSharedImage(PHOTO);
    const files = ["face-detection/scrfd_2.5g.onnx", "face-recognition/mobilefacenet.onnx"];
    sessions = await Promise.all(files.map((file) => createSession(sharedPath(`models/${file}`))));
    models = {
      detector: createFaceDetector({
        session: sessions[0]!,
        settings: catalogSettings("scrfd-2.5g", "face-detection"),
      }),
      recognizer: createFaceRecognizer({
        session: sessions[1]!,
        settings: catalogSettings("mobilefacenet", "face-recognition"),
      }),
    };
  });
  afterAll(() => Promise.all(sessions.map((session) => session.release())));

  it("recognises everybody of a group in loosely drawn boxes, and keeps the boxes", async () => {
    const faces = await analyseFaces(await toWholePhoto(photo), models);
    expect(faces).toHaveLength(6);
    for (const face of faces) {
      const box = drawLoosely(face.normalizedBox);
      const drawn = await describeDrawnFace(photo, box, models);
      expect(dotProduct(drawn.embedding!, face.embedding!)).toBeGreaterThan(0.8);
      expect(drawn.normalizedBox.x).toBeCloseTo(Math.max(0, box.x), 12);
      expect(Math.abs(drawn.quality - face.quality)).toBeLessThan(0.25);
    }
  });

  it("puts landmarks where faces have them when the detector sees none", async () => {
    const [face] = await analyseFaces(await toWholePhoto(photo), models);
    const blind = { ...models, detector: { ...models.detector, detect: async () => [] } };
    const drawn = await describeDrawnFace(photo, face!.normalizedBox, blind);
    expect(dotProduct(drawn.embedding!, face!.embedding!)).toBeGreaterThan(0.5);
    expect(drawn.score).toBe(0);
    expect(drawn.quality).toBeLessThan(0.05);
  });

  it("embeds a box without a face too, as one that is not good enough to be grouped", async () => {
    const wall = { x: 0, y: 0.9, width: 0.04, height: 0.06 };
    const drawn = await describeDrawnFace(photo, wall, models);
    expect(drawn.embedding).toHaveLength(128);
    expect(drawn.quality).toBeLessThan(0.5);
  });
});
