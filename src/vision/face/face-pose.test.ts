import fc from "fast-check";
import { describe, expect, it, test } from "vitest";

import type { Point } from "../../core/geometry.ts";
import { estimatePose } from "./face-pose.ts";

/** Eyes, nose and mouth of a head in space: x to the right of the picture, y down, z towards the camera; eyes 1 apart. */
const HEAD = [
  [-0.5, -0.572, 0],
  [0.5, -0.572, 0],
  [0, 0, 0.41],
  [-0.41, 0.583, 0],
  [0.41, 0.583, 0],
] as const;

/** The head turned about one axis after the other, seen from far away. */
function landmarksOf({ yaw = 0, pitch = 0, roll = 0, scale = 80 }): Point[] {
  const [a, b, c] = [yaw, pitch, roll].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
    number,
  ];
  return HEAD.map(([x, y, z]) => {
    const turnedX = x * Math.cos(a) + z * Math.sin(a);
    const depth = z * Math.cos(a) - x * Math.sin(a);
    const turnedY = y * Math.cos(b) - depth * Math.sin(b);
    return {
      x: 300 + scale * (turnedX * Math.cos(c) - turnedY * Math.sin(c)),
      y: 200 + scale * (turnedX * Math.sin(c) + turnedY * Math.cos(c)),
    };
  });
}

describe("estimatePose", () => {
  it("finds the mean face of the alignment looking straight ahead", () => {
    const pose = estimatePose([
      { x: 38.2946, y: 51.6963 },
      { x: 73.5318, y: 51.5014 },
      { x: 56.0252, y: 71.7366 },
      { x: 41.5493, y: 92.3655 },
      { x: 70.7299, y: 92.2041 },
    ])!;
    for (const angle of Object.values(pose)) expect(Math.abs(angle)).toBeLessThan(1.5);
  });

  test.each([
    ["to the right of the picture", { yaw: 30 }, { yawDegrees: 30, pitchDegrees: 0, rollDegrees: 0 }],
    ["to the left", { yaw: -45 }, { yawDegrees: -45, pitchDegrees: 0, rollDegrees: 0 }],
    ["up", { pitch: 20 }, { yawDegrees: 0, pitchDegrees: 20, rollDegrees: 0 }],
    ["down", { pitch: -35 }, { yawDegrees: 0, pitchDegrees: -35, rollDegrees: 0 }],
    ["clockwise", { roll: 25 }, { yawDegrees: 0, pitchDegrees: 0, rollDegrees: 25 }],
    ["upside down", { roll: 180 }, { yawDegrees: 0, pitchDegrees: 0, rollDegrees: 180 }],
  ])("measures a head turned %s", (_, angles, expected) => {
    const pose = estimatePose(landmarksOf(angles))!;
    for (const [name, angle] of Object.entries(expected)) {
      expect(Math.abs(pose[name as keyof typeof pose] - angle)).toBeLessThan(1);
    }
  });

  it("does not depend on size, and mirrors", () => {
    const angle = fc.integer({ min: -40, max: 40 });
    fc.assert(
      fc.property(angle, angle, angle, (yaw, pitch, roll) => {
        const pose = estimatePose(landmarksOf({ yaw, pitch, roll }))!;
        const larger = estimatePose(landmarksOf({ yaw, pitch, roll, scale: 400 }))!;
        expect(larger.yawDegrees).toBeCloseTo(pose.yawDegrees, 6);
        expect(larger.pitchDegrees).toBeCloseTo(pose.pitchDegrees, 6);
        const mirrored = estimatePose(landmarksOf({ yaw: -yaw, pitch, roll: -roll }))!;
        expect(mirrored.yawDegrees).toBeCloseTo(-pose.yawDegrees, 6);
        expect(mirrored.rollDegrees).toBeCloseTo(-pose.rollDegrees, 6);
      }),
    );
  });

  it("says nothing of landmarks that make no face", () => {
    expect(estimatePose(Array.from({ length: 5 }, () => ({ x: 7, y: 7 })))).toBeUndefined();
    expect(estimatePose(landmarksOf({}).map(({ x }) => ({ x, y: 5 })))).toBeUndefined();
    expect(estimatePose([])).toBeUndefined();
  });
});
