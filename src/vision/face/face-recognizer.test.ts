import { describe, expect, it } from "vitest";

import { hasShared, sharedPath } from "../../../test/shared-files.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { createSession } from "../../onnx/create-session.ts";
import type { FaceRecognitionSettings } from "../../onnx/model-settings.ts";
import { createFaceRecognizer, postprocess, preprocess } from "./face-recognizer.ts";

const SETTINGS: FaceRecognitionSettings = {
  task: "face-recognition",
  inputSize: 112,
  pixels: { colourOrder: "rgb", scale: 1, mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
  dimensions: 128,
  calibration: { strangerSimilarity: 0, matchSimilarity: 0.4, source: "made up" },
};

/** Stripes of a width of their own, as different pictures. */
function stripes(width: number): RasterImage {
  const data = Uint8Array.from({ length: 112 * 112 * 3 }, (_, i) => (Math.floor(i / 3 / width) % 2) * 255);
  return { data, width: 112, height: 112 };
}

describe("preprocess", () => {
  it("makes one image of three planes", () => {
    const tensor = preprocess(stripes(1), SETTINGS);
    expect(tensor.dims).toEqual([1, 3, 112, 112]);
    expect([tensor.data[0], tensor.data[1]]).toEqual([-1, 1]);
  });
});

describe("postprocess", () => {
  it("makes the embedding one long", () => {
    const embedding = postprocess(
      { data: Float32Array.from([3, 4]), dims: [1, 2] },
      { ...SETTINGS, dimensions: 2 },
    );
    expect(embedding[0]).toBeCloseTo(0.6, 6);
    expect(embedding[1]).toBeCloseTo(0.8, 6);
  });

  it("refuses an embedding of other dimensions than the settings say", () => {
    const output = { data: new Float32Array(512).fill(1), dims: [1, 512] };
    expect(() => postprocess(output, SETTINGS)).toThrow(/512 numbers .* 128/);
  });
});

const MODEL = "models/face-recognition/mobilefacenet.onnx";

describe.skipIf(!hasShared("the real face recogniser", MODEL))("createFaceRecognizer", () => {
  it("gives an embedding a crop, in order", async () => {
    const session = await createSession(sharedPath(MODEL));
    const recognizer = createFaceRecognizer({ session, settings: SETTINGS });
    const [first, second] = await recognizer.embed([stripes(3), stripes(9)]);
    const [alone] = await recognizer.embed([stripes(9)]);
    await session.release();
    expect(recognizer.inputSize).toBe(112);
    expect(first!.length).toBe(128);
    expect(Math.hypot(...first!)).toBeCloseTo(1, 5);
    expect(second).toEqual(alone);
    expect(first).not.toEqual(second);
  });

  it("does nothing without faces", async () => {
    const session = await createSession(sharedPath(MODEL));
    expect(await createFaceRecognizer({ session, settings: SETTINGS }).embed([])).toEqual([]);
    await session.release();
  });
});
