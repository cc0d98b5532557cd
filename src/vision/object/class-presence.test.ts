import { describe, expect, it } from "vitest";

import type { DetectedObject } from "../../core/photo-analysis.ts";
import type { ClassPresenceSettings } from "../../onnx/model-settings.ts";
import { keepPresentClasses, presenceProbability, weighEvidence } from "./class-presence.ts";

/** Without classes: the best score alone counts, as it is. */
const PLAIN: ClassPresenceSettings = {
  evidenceFrom: 0.05,
  minProbability: 0.5,
  intercept: 0,
  best: 1,
  second: 0,
  area: 0,
  classes: {},
};

function box(label: string, score: number, side = 0.1): DetectedObject {
  return { label, score, normalizedBox: { x: 0, y: 0, width: side, height: side } };
}

function probability(boxes: readonly DetectedObject[], settings: ClassPresenceSettings): number {
  return presenceProbability(weighEvidence(boxes, settings.evidenceFrom), boxes[0]?.label ?? "", settings);
}

describe("presenceProbability", () => {
  it("is the best score where nothing else counts", () => {
    expect(probability([box("dog", 0.2), box("dog", 0.7)], PLAIN)).toBeCloseTo(0.7, 9);
    expect(probability([box("dog", 1)], PLAIN)).toBeCloseTo(0.99, 9);
  });

  it("grows with a second box, and not with the third", () => {
    const settings = { ...PLAIN, second: 0.5 };
    const one = probability([box("dog", 0.4)], settings);
    const two = probability([box("dog", 0.4), box("dog", 0.3)], settings);
    expect(one).toBeCloseTo(0.4, 9);
    expect(two).toBeGreaterThan(0.6);
    expect(probability([box("dog", 0.4), box("dog", 0.3), box("dog", 0.3)], settings)).toBe(two);
  });

  it("weighs the size of the best box, neutral at a twentieth of the photo", () => {
    const settings = { ...PLAIN, area: -0.5 };
    expect(probability([box("dog", 0.5, Math.sqrt(Math.exp(-3) - 1e-4))], settings)).toBeCloseTo(0.5, 9);
    expect(probability([box("dog", 0.5, 0.9)], settings)).toBeLessThan(0.3);
    expect(probability([box("dog", 0.5, 0)], settings)).toBeGreaterThan(0.9);
  });

  it("knows classes that a detector is too sure of", () => {
    const settings = { ...PLAIN, classes: { "hot dog": -1 } };
    expect(probability([box("hot dog", 0.6)], settings)).toBeLessThan(0.4);
    expect(probability([box("dog", 0.6)], settings)).toBeCloseTo(0.6, 9);
  });
});

describe("keepPresentClasses", () => {
  it("keeps of a likely class the boxes above the threshold, of an unlikely one nothing", () => {
    const objects = [box("dog", 0.8), box("cat", 0.45), box("dog", 0.3), box("cat", 0.4), box("dog", 0.1)];
    expect(keepPresentClasses(objects, PLAIN, 0.25)).toEqual([box("dog", 0.8), box("dog", 0.3)]);
  });

  it("keeps the best box of a likely class whatever its score, so that a found class can be seen", () => {
    const settings = { ...PLAIN, classes: { dog: 3 } };
    const objects = [box("dog", 0.2), box("dog", 0.1)];
    expect(keepPresentClasses(objects, settings, 0.25)).toEqual([box("dog", 0.2)]);
  });

  it("finds nothing in nothing", () => {
    expect(keepPresentClasses([], PLAIN, 0.25)).toEqual([]);
  });
});
