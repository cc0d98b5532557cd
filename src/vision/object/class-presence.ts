import type { DetectedObject } from "../../core/photo-analysis.ts";
import type { ClassPresenceSettings } from "../../onnx/model-settings.ts";

/**
 * Whether a photo shows a class, from all boxes of that class: a score that means much for one detector or class means little
 * for another, two faint dogs are more than one, and a large faint box is more often wrong than a small one.
 *
 * - The chance is a logistic function of the logits of the best two scores and of the best box's area, with an offset a class
 *   that is pulled towards 0 the fewer photos speak of it. `npm run eval classes -- --calibrate` finds the numbers.
 * - Cost: O(objects · log objects).
 */

/** Added to areas (fractions of the photo), so that the smallest have a logarithm. */
const AREA_OFFSET = 1e-4;
/** Brings the logarithm of an area of 5 % to 0. */
const AREA_SHIFT = 3;
const MAX_SCORE = 0.99;

/** Boxes of one class in one photo, as numbers that say how likely the class is there. */
export interface ClassEvidence {
  /** Logit of the best score. */
  readonly best: number;
  /** How far the logit of the second-best score lies above the one evidence begins at; 0 without a second box. */
  readonly second: number;
  /** Logarithm of the area of the best box, 0 at 5 % of the photo. */
  readonly area: number;
}

/** What the boxes of one class, at least one, say about it. `evidenceFrom` is the least score of a box that counts. */
export function weighEvidence(boxes: readonly DetectedObject[], evidenceFrom: number): ClassEvidence {
  const [best, second] = boxes.toSorted((a, b) => b.score - a.score);
  const { width, height } = best!.normalizedBox;
  return {
    best: logit(best!.score),
    second: Math.max(0, logit(second?.score ?? evidenceFrom) - logit(evidenceFrom)),
    area: Math.log(width * height + AREA_OFFSET) + AREA_SHIFT,
  };
}

/** The chance (0–1) that the photo shows the class. */
export function presenceProbability(
  evidence: ClassEvidence,
  label: string,
  settings: ClassPresenceSettings,
): number {
  const { intercept, best, second, area, classes } = settings;
  const weighted = best * evidence.best + second * evidence.second + area * evidence.area;
  return 1 / (1 + Math.exp(-(intercept + weighted + (classes[label] ?? 0))));
}

/**
 * The objects of the classes that the photo is likely to show: of each its best one, and the others that reach
 * `scoreThreshold`. Order is kept.
 */
export function keepPresentClasses(
  objects: readonly DetectedObject[],
  settings: ClassPresenceSettings,
  scoreThreshold: number,
): DetectedObject[] {
  const kept = new Set<DetectedObject>();
  for (const [label, boxes] of Map.groupBy(objects, (object) => object.label)) {
    const evidence = weighEvidence(boxes, settings.evidenceFrom);
    if (presenceProbability(evidence, label, settings) < settings.minProbability) continue;
    const bestScore = Math.max(...boxes.map(({ score }) => score));
    const least = Math.min(scoreThreshold, bestScore);
    for (const box of boxes) if (box.score >= least) kept.add(box);
  }
  return objects.filter((object) => kept.has(object));
}

function logit(score: number): number {
  const chance = Math.min(score, MAX_SCORE);
  return Math.log(chance / (1 - chance));
}
