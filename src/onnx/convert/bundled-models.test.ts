import { describe, expect, test } from "vitest";

import { bundledModel } from "../../../test/bundled-models.ts";
import type { FileRole } from "../catalog.ts";
import { createSession } from "../create-session.ts";

/**
 * What the same networks give in their own libraries (face-api 1.7.15, TensorFlow.js 4.22 on its CPU backend) for a picture of
 * waves: number and value. `npm run eval conversion` compares all numbers; November 2026: at most 1.4e-6 apart for faces,
 * 4e-4 of 512 pixels for objects.
 */
const REFERENCES: readonly {
  id: string;
  role: FileRole;
  side: number;
  amplitude: number;
  offset: number;
  tolerance: number;
  outputs: Record<string, readonly [index: number, value: number][]>;
}[] = [
  {
    id: "dlib-face-resnet",
    role: "model",
    side: 150,
    amplitude: 1,
    offset: 0,
    tolerance: 2e-6,
    outputs: {
      embedding: [
        [0, -0.1090075],
        [22, 0.0026174],
        [44, 0.1680317],
        [67, -0.1223317],
        [89, -0.0254907],
        [111, -0.0161105],
      ],
    },
  },
  {
    id: "face-api-ssd",
    role: "landmarks",
    side: 112,
    amplitude: 1,
    offset: 0,
    tolerance: 2e-6,
    outputs: {
      landmarks: [
        [0, 0.2376525],
        [23, 0.8203975],
        [47, 0.4846745],
        [71, 0.5985978],
        [94, 0.6922759],
        [118, 0.5713056],
      ],
    },
  },
  {
    id: "face-api-ssd",
    role: "model",
    side: 512,
    amplitude: 1,
    offset: 0,
    tolerance: 5e-6,
    outputs: {
      boxes: [
        [0, 0.0142797],
        [3413, 0.1735579],
        [6826, 0.8247096],
        [10_239, 0.8572119],
        [13_652, 0.3964929],
        [17_065, 0.5783772],
      ],
      scores: [
        [0, 0.0027039],
        [854, 0.0005322],
        [1708, 0.0026934],
        [2562, 0.0079673],
        [3416, 0.0045686],
        [4270, 0.0060757],
      ],
    },
  },
  {
    id: "centernet-mobilenetv3",
    role: "model",
    side: 512,
    amplitude: 100,
    offset: 128,
    tolerance: 2e-3,
    outputs: {
      "tower_0/detections": [
        [0, 0.456299],
        [101, 22],
        [202, 0.04109],
        [303, 453.019012],
        [404, 10.826427],
        [505, 0.431534],
      ],
    },
  },
];

describe("convertModel", () => {
  test.each(REFERENCES)("gives what the own library gives for the $role of $id", async (reference) => {
    const { id, role, side, amplitude, offset, tolerance, outputs } = reference;
    const session = await createSession((await bundledModel(id)).files[role]!);
    const wave = Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i * i * 1e-4));
    const data = wave.map((value) => amplitude * value + offset);
    const given = await session.run({
      [session.inputNames[0]!]: { type: "float32", data, dims: [1, 3, side, side] },
    });
    await session.release();
    for (const [name, numbers] of Object.entries(outputs)) {
      for (const [index, value] of numbers) {
        expect(Math.abs(Number(given[name]!.data[index]) - value), `${name}[${index}]`).toBeLessThan(
          tolerance,
        );
      }
    }
  });
});
