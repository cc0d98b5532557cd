import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { catalogSettings } from "../../../test/catalog-settings.ts";
import { composeCrowd, type Crowd } from "../../../test/compose-crowd.ts";
import { hasShared, readSharedImage, sharedPath } from "../../../test/shared-files.ts";
import { toWholePhoto } from "../../../test/whole-photo.ts";
import { intersectionOverUnion } from "../../math/intersection-over-union.ts";
import { createSession } from "../../onnx/create-session.ts";
import type { InferenceSession } from "../../onnx/session.ts";
import { createFaceDetector, type FaceDetector } from "./face-detector.ts";
import type { FaceDetection } from "./feature-levels.ts";
import { findFaces } from "./find-faces.ts";

const MODEL = "models/face-detection/scrfd_2.5g.onnx";
const hasModels = hasShared("faces found in several looks", MODEL, "photos/people", "photos/scenes");

/** How many of the crowd are among faces of a view `scale` times as large as the detail view. */
function countFound({ boxes }: Crowd, faces: readonly FaceDetection[], scale = 1): number {
  return boxes.filter(({ x, y, width, height }) => {
    const box = { x: x * scale, y: y * scale, width: width * scale, height: height * scale };
    return faces.some((face) => intersectionOverUnion(face.box, box) > 0.35);
  }).length;
}

describe.skipIf(!hasModels)("findFaces", () => {
  let session: InferenceSession;
  let looks: string[];
  let detector: FaceDetector;
  beforeAll(async () => {
    session = await createSession(sharedPath(MODEL));
    const real = createFaceDetector({ session, settings: catalogSettings("scrfd-2.5g", "face-detection") });
    looks = [];
    detector = {
      settings: real.settings,
      detect(image, options) {
        looks.push(`${image.width} × ${image.height}`);
        return real.detect(image, options);
      },
    };
  });
  afterAll(() => session.release());

  async function findIn(path: string, minSide = 20) {
    looks.length = 0;
    return findFaces(await toWholePhoto(await readSharedImage(path)), detector, minSide);
  }

  it("finds everybody in the group photos, also who is cut by the frame", async () => {
    expect(await findIn("photos/people/six-faces.jpg")).toHaveLength(6);
    expect(looks).toHaveLength(1);
    expect(await findIn("photos/people/couple.jpg")).toHaveLength(2);
    expect(await findIn("photos/people/selfie-many-people.jpg")).toHaveLength(7);
  });

  it("takes no slice of tomato, sheep or bear for a face", async () => {
    const tomato = "photos/scenes/000000018575.jpg";
    expect(await detector.detect(await readSharedImage(tomato))).toHaveLength(1);
    for (const photo of [tomato, "photos/scenes/000000269196.jpg", "photos/scenes/000000020247.jpg"]) {
      expect(await findIn(photo)).toEqual([]);
    }
  });

  it("finds faces of 16 pixels of the preview in a large photo, each once", async () => {
    const crowd = await composeCrowd({ faceSide: 48, count: 30, seed: 1 });
    const { preview, detail } = crowd.photo;
    const glance = await detector.detect(preview);
    expect(countFound(crowd, glance, preview.width / detail.width)).toBeLessThan(20);
    looks.length = 0;
    const faces = await findFaces(crowd.photo, detector, 20);
    expect(countFound(crowd, faces)).toBeGreaterThanOrEqual(29);
    for (const [i, a] of faces.entries()) {
      for (const b of faces.slice(0, i)) expect(intersectionOverUnion(a.box, b.box)).toBeLessThan(0.4);
    }
    expect(looks.filter((look) => look === "640 × 640").length).toBeLessThanOrEqual(12);
    expect(looks.filter((look) => look === "192 × 192").length).toBeLessThanOrEqual(16);
  });

  it("searches no tiles where nothing small was noted", async () => {
    const { photo } = await composeCrowd({ faceSide: 300, count: 2, seed: 2 });
    looks.length = 0;
    expect(await findFaces(photo, detector, 20)).toHaveLength(2);
    expect(looks.filter((look) => look === "640 × 640")).toEqual([]);
  });
});
