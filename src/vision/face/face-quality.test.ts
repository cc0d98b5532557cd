import { describe, expect, it, test } from "vitest";

import { computeFaceQuality, type FaceMeasurements } from "./face-quality.ts";

const CLEAR: FaceMeasurements = { side: 120, sharpness: 0.9, contrast: 50, confidence: 1, yawDegrees: 5 };

describe("computeFaceQuality", () => {
  it("is high for a clear face", () => {
    expect(computeFaceQuality(CLEAR)).toBeGreaterThan(0.95);
  });

  test.each([
    ["small", { side: 18 }],
    ["blurred", { sharpness: 0.2 }],
    ["dim", { contrast: 8 }],
    ["doubtful", { confidence: 0.1 }],
    ["turned away", { yawDegrees: -75 }],
    ["without any size", { side: 0 }],
    ["without any contrast", { contrast: 0 }],
  ])("is below one half for a face that is %s", (_, fault) => {
    const quality = computeFaceQuality({ ...CLEAR, ...fault });
    expect(quality).toBeGreaterThanOrEqual(0);
    expect(quality).toBeLessThan(0.5);
  });

  test.each(["side", "sharpness", "contrast", "confidence"] as const)("grows with %s", (measurement) => {
    const steps = [0.2, 0.4, 0.6, 0.8, 1].map((share) =>
      computeFaceQuality({ ...CLEAR, [measurement]: CLEAR[measurement] * share }),
    );
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  });

  it("keeps small clear faces, which the area alone would throw away", () => {
    expect(computeFaceQuality({ ...CLEAR, side: 63, sharpness: 0.8, confidence: 0.9 })).toBeGreaterThan(0.9);
  });
});
