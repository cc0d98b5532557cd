import { describe, expect, it } from "vitest";

import { catalogSettings } from "../../../test/catalog-settings.ts";
import { hasShared, readSharedImage, sharedPath } from "../../../test/shared-files.ts";
import { toWholePhoto } from "../../../test/whole-photo.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { dotProduct } from "../../math/vector.ts";
import { createSession } from "../../onnx/create-session.ts";
import type { PhotoPixels } from "../photo-pixels.ts";
import { analyseFaces } from "./analyse-faces.ts";
import { createFaceDetector, type FaceDetector } from "./face-detector.ts";
import { createFaceRecognizer, type FaceRecognizer } from "./face-recognizer.ts";

const PREVIEW: RasterImage = { data: new Uint8Array(100 * 50 * 3), width: 100, height: 50 };

/** A photo of the given size that was decoded to 100 × 50 pixels. */
function photoOf(width: number, height: number): PhotoPixels {
  return { preview: PREVIEW, detail: PREVIEW, originalSize: { width, height } };
}

/** A detector that sees one face of 10 × 12 pixels at the given place. */
function detectorOfFaceAt(x: number, y: number): FaceDetector {
  const landmarks = [
    { x: x + 2, y: y + 4 },
    { x: x + 8, y: y + 4 },
    { x: x + 5, y: y + 7 },
    { x: x + 3, y: y + 10 },
    { x: x + 7, y: y + 10 },
  ];
  return {
    settings: { ...catalogSettings("scrfd-2.5g", "face-detection"), doubt: undefined },
    detect: async () => [{ box: { x, y, width: 10, height: 12 }, landmarks, score: 0.75 }],
  };
}

const RECOGNIZER: FaceRecognizer = {
  inputSize: 16,
  embed: async (crops) => crops.map(({ width, height }) => Float32Array.from([width, height])),
};

describe("analyseFaces", () => {
  it("describes faces in fractions, judging their size by the original", async () => {
    const [face] = await analyseFaces(photoOf(1000, 500), {
      detector: detectorOfFaceAt(20, 10),
      recognizer: RECOGNIZER,
    });
    expect(face!.normalizedBox.x).toBeCloseTo(0.2, 12);
    expect(face!.normalizedBox.height).toBeCloseTo(0.24, 12);
    expect(face!.landmarks[0]!.x).toBeCloseTo(0.22, 12);
    expect(face!.landmarks[0]!.y).toBeCloseTo(0.28, 12);
    // Nobody is recognised in ten black pixels.
    expect(face!.quality).toBeLessThan(0.01);
    expect(face!.sharpness).toBe(0);
    expect(face!.pose!.rollDegrees).toBeCloseTo(0, 12);
    expect(face!.embedding).toEqual(Float32Array.from([16, 16]));
  });

  it("leaves out faces below 20 pixels of the original", async () => {
    const models = { detector: detectorOfFaceAt(20, 10), recognizer: RECOGNIZER };
    expect(await analyseFaces(photoOf(199, 99), models)).toEqual([]);
    expect(await analyseFaces(photoOf(201, 101), models)).toHaveLength(1);
  });

  it("counts only the part of a face inside the photo", async () => {
    const models = { detector: detectorOfFaceAt(-9, 10) };
    expect(await analyseFaces(photoOf(1000, 500), models)).toEqual([]);
  });

  it("gives faces without embeddings where no recogniser is installed", async () => {
    const [face] = await analyseFaces(photoOf(1000, 500), { detector: detectorOfFaceAt(20, 10) });
    expect(face).not.toHaveProperty("embedding");
  });
});

const PEOPLE = "photos/people/ten-identities/images";
const hasModels = hasShared("real faces", PEOPLE, "models/face-detection", "models/face-recognition");

describe.skipIf(!hasModels)("analyseFaces with real models", () => {
  it("finds two photos of one person more alike than two people", async () => {
    const detection = await createSession(sharedPath("models/face-detection/scrfd_2.5g.onnx"));
    const recognition = await createSession(sharedPath("models/face-recognition/mobilefacenet.onnx"));
    const models = {
      detector: createFaceDetector({
        session: detection,
        settings: catalogSettings("scrfd-2.5g", "face-detection"),
      }),
      recognizer: createFaceRecognizer({
        session: recognition,
        settings: catalogSettings("mobilefacenet", "face-recognition"),
      }),
    };
    const embeddingOf = async (photo: string) => {
      const image = await readSharedImage(`${PEOPLE}/${photo}`);
      return (await analyseFaces(await toWholePhoto(image), models))[0]!.embedding!;
    };
    const blair = await embeddingOf("Tony_Blair/Tony_Blair_0001.jpg");
    const blairAgain = await embeddingOf("Tony_Blair/Tony_Blair_0004.jpg");
    const chavez = await embeddingOf("Hugo_Chavez/Hugo_Chavez_0001.jpg");
    await detection.release();
    await recognition.release();
    expect(dotProduct(blair, blairAgain)).toBeGreaterThan(0.5);
    expect(dotProduct(blair, chavez)).toBeLessThan(0.3);
  });
});
