import { describe, expect, it } from "vitest";

import type { FaceLandmarkSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession, Tensor } from "../../onnx/session.ts";
import { createFaceLandmarker, reduceLandmarks } from "./face-landmarker.ts";

const SETTINGS: FaceLandmarkSettings = {
  inputSize: 112,
  pixels: { colourOrder: "rgb", scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
};

/** A net that finds all 68 points at one place of its input, given in fractions, and keeps what it was given. */
function netThatPoints(x: number, y: number, inputs: Tensor[] = []): InferenceSession {
  const data = Float32Array.from({ length: 136 }, (_, i) => (i % 2 === 0 ? x : y));
  return {
    inputNames: ["pixel_values"],
    outputNames: ["landmarks"],
    async run(feeds) {
      inputs.push(feeds["pixel_values"]!);
      return { landmarks: { type: "float32", data, dims: [1, 136] } };
    },
    release: async () => undefined,
  };
}

const IMAGE = { data: new Uint8Array(400 * 300 * 3).fill(200), width: 400, height: 300 };

describe("createFaceLandmarker", () => {
  it.each([
    ["inside the photo", { x: 100, y: 50, width: 80, height: 80 }, { x: 140, y: 90 }],
    ["that is not square", { x: 100, y: 50, width: 40, height: 80 }, { x: 120, y: 90 }],
    ["cut off by the photo's corner", { x: -40, y: -20, width: 80, height: 100 }, { x: 20, y: 40 }],
    ["that leaves the photo", { x: 399.5, y: 299.5, width: 50, height: 50 }, { x: 399.5, y: 299.5 }],
  ])("brings points back into the photo from a face %s", async (_, face, centre) => {
    const landmarker = createFaceLandmarker({ session: netThatPoints(0.5, 0.5), settings: SETTINGS });
    const points = await landmarker.locate(IMAGE, face);
    expect(points).toHaveLength(5);
    for (const { x, y } of points) {
      expect(x).toBeCloseTo(centre.x, 5);
      expect(y).toBeCloseTo(centre.y, 5);
    }
  });

  it("shows the net the face in the middle of black", async () => {
    const inputs: Tensor[] = [];
    const session = netThatPoints(0, 0, inputs);
    await createFaceLandmarker({ session, settings: SETTINGS }).locate(IMAGE, {
      x: 10,
      y: 10,
      width: 50,
      height: 100,
    });
    const row = inputs[0]!.data.slice(0, 112);
    expect([row[0], row[27], row[28], row[83], row[84]]).toEqual([0, 0, 200, 200, 0]);
  });
});

describe("reduceLandmarks", () => {
  it("takes the middle of the eyes, the tip of the nose and the corners of the mouth", () => {
    const coordinates = Float32Array.from({ length: 136 }, (_, i) => Math.floor(i / 2));
    expect(reduceLandmarks(coordinates).map(({ x }) => x)).toEqual([38.5, 44.5, 30, 48, 54]);
  });

  it("refuses another number of points", () => {
    expect(() => reduceLandmarks(new Float32Array(10))).toThrow(/10 numbers .* 68/);
  });
});
