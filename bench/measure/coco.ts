import type { Box } from "../../src/core/geometry.ts";

/**
 * Average precision of a detector as the COCO benchmark counts it (`pycocotools/cocoeval.py`: all areas, 100 detections a
 * class and photo, precision read at 101 recalls).
 */

/** A box that is there. Crowds cover many objects: matching them neither helps nor hurts. */
export interface TruthBox {
  readonly photo: number;
  readonly label: string;
  readonly box: Box;
  readonly isCrowd: boolean;
}

/** A box that a detector reports. */
export interface ReportedBox {
  readonly photo: number;
  readonly label: string;
  readonly box: Box;
  readonly score: number;
}

const MAX_DETECTIONS = 100;
const RECALL_STEPS = 100;

/** Mean average precision, 0–1: at IoU .5, and over IoU .5, .55, … .95; classes that are nowhere do not count. */
export function averagePrecision(
  truth: readonly TruthBox[],
  reported: readonly ReportedBox[],
): { ap50: number; ap: number } {
  const thresholds = Array.from({ length: 10 }, (_, i) => 0.5 + 0.05 * i);
  const labels = new Set(truth.filter((box) => !box.isCrowd).map((box) => box.label));
  const ofThresholds = thresholds.map((threshold) =>
    mean(
      [...labels].map((label) =>
        averagePrecisionOfClass(
          truth.filter((box) => box.label === label),
          reported.filter((box) => box.label === label),
          threshold,
        ),
      ),
    ),
  );
  return { ap50: ofThresholds[0]!, ap: mean(ofThresholds) };
}

function averagePrecisionOfClass(
  truth: readonly TruthBox[],
  reported: readonly ReportedBox[],
  threshold: number,
): number {
  const truthOfPhoto = Map.groupBy(truth, (box) => box.photo);
  const judged = [...Map.groupBy(reported, (box) => box.photo)].flatMap(([photo, boxes]) =>
    judgePhoto(truthOfPhoto.get(photo) ?? [], boxes, threshold),
  );
  const counted = judged.filter((box) => box.verdict !== "ignored").toSorted((a, b) => b.score - a.score);
  const truthCount = truth.filter((box) => !box.isCrowd).length;
  return areaUnderCurve(
    counted.map((box) => box.verdict === "right"),
    truthCount,
  );
}

interface Judged {
  readonly score: number;
  readonly verdict: "right" | "wrong" | "ignored";
}

/** Best first, each reported box takes the free true box it overlaps most, a crowd only when there is none. */
function judgePhoto(
  truth: readonly TruthBox[],
  reported: readonly ReportedBox[],
  threshold: number,
): Judged[] {
  const taken = new Set<TruthBox>();
  return reported
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MAX_DETECTIONS)
    .map(({ box, score }) => {
      const match =
        bestMatch(
          truth.filter((candidate) => !candidate.isCrowd && !taken.has(candidate)),
          box,
          threshold,
        ) ??
        bestMatch(
          truth.filter((candidate) => candidate.isCrowd),
          box,
          threshold,
        );
      if (match === undefined) return { score, verdict: "wrong" };
      taken.add(match);
      return { score, verdict: match.isCrowd ? "ignored" : "right" };
    });
}

function bestMatch(truth: readonly TruthBox[], box: Box, threshold: number): TruthBox | undefined {
  let best: TruthBox | undefined;
  let bestOverlap = threshold;
  for (const candidate of truth) {
    const overlap = overlapWith(candidate, box);
    if (overlap < bestOverlap) continue;
    best = candidate;
    bestOverlap = overlap;
  }
  return best;
}

/** IoU; for a crowd the share of the reported box inside it. */
function overlapWith(truth: TruthBox, box: Box): number {
  const a = truth.box;
  const width = Math.min(a.x + a.width, box.x + box.width) - Math.max(a.x, box.x);
  const height = Math.min(a.y + a.height, box.y + box.height) - Math.max(a.y, box.y);
  if (width <= 0 || height <= 0) return 0;
  const area = box.width * box.height;
  return (width * height) / (truth.isCrowd ? area : area + a.width * a.height - width * height);
}

/** Precision, made non-increasing, averaged over the recalls 0, .01, … 1. */
function areaUnderCurve(isRight: readonly boolean[], truthCount: number): number {
  const precisions: number[] = [];
  const recalls: number[] = [];
  let rightCount = 0;
  for (const [i, right] of isRight.entries()) {
    if (right) rightCount++;
    precisions.push(rightCount / (i + 1));
    recalls.push(rightCount / truthCount);
  }
  for (let i = precisions.length - 2; i >= 0; i--) {
    precisions[i] = Math.max(precisions[i]!, precisions[i + 1]!);
  }
  let sum = 0;
  for (let step = 0; step <= RECALL_STEPS; step++) {
    const at = recalls.findIndex((recall) => recall >= step / RECALL_STEPS);
    if (at >= 0) sum += precisions[at]!;
  }
  return sum / (RECALL_STEPS + 1);
}

/** Precision and recall of looking for photos by class, averaged over the classes. */
export function searchByClass(
  truth: readonly TruthBox[],
  reported: readonly ReportedBox[],
): { precision: number; recall: number } {
  const wanted = photosByLabel(truth);
  const found = photosByLabel(reported);
  const precisions = [...found].map(([label, photos]) => share(photos, wanted.get(label)));
  const recalls = [...wanted].map(([label, photos]) => share(photos, found.get(label)));
  return { precision: mean(precisions), recall: mean(recalls) };
}

function photosByLabel(boxes: readonly { label: string; photo: number }[]): Map<string, Set<number>> {
  const photos = new Map<string, Set<number>>();
  for (const { label, photo } of boxes) photos.set(label, (photos.get(label) ?? new Set()).add(photo));
  return photos;
}

function share(photos: ReadonlySet<number>, among: ReadonlySet<number> = new Set()): number {
  return [...photos].filter((photo) => among.has(photo)).length / photos.size;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
