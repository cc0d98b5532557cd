import type { BackfillAnswer, CentroidsAnswer, OrphansAnswer, TrainAnswer } from "../api/faces.ts";
import type { ClusterAnswer, DualClusterAnswer, FaceStats, RecogniseAnswer } from "../api/people.ts";
import { formatSeconds, wrapWords } from "./print.ts";

/** What the commands about faces print, in the order and words of seed 003 where it has them. */

const LINE_WIDTH = 100;
/** Faces and photos that are listed. */
const LISTED = 10;
const LISTED_EPOCHS = 5;

function share(part: number, whole: number): string {
  return whole === 0 ? "0" : `${part} (${((100 * part) / whole).toFixed(1)} %)`;
}

export function describeBackfill({ processed, errors, totalFaces }: BackfillAnswer): string[] {
  return [`Photos processed: ${processed}`, `Errors: ${errors}`, `Total faces detected: ${totalFaces}`];
}

export function describeClustered({ totalFaces, clustersFound, noiseCount }: ClusterAnswer): string[] {
  return [
    `Total faces: ${totalFaces}`,
    `Clusters found: ${clustersFound}`,
    `Noise (outliers): ${share(noiseCount, totalFaces)}`,
  ];
}

export function describeDual(answer: DualClusterAnswer): string[] {
  const { supervised, unsupervised, executionTimeSeconds } = answer;
  return [
    "Phase 1 (known persons):",
    `  Faces processed: ${supervised.facesProcessed}`,
    `  Assigned to persons: ${share(supervised.assignedToPersons, supervised.facesProcessed)}`,
    `  Persons matched: ${supervised.personsMatched}`,
    "Phase 2 (unknown faces):",
    `  Unlabeled faces: ${unsupervised.unlabeledFaces}`,
    `  Clusters found: ${unsupervised.clustersFound}`,
    `  Noise (outliers): ${share(unsupervised.noiseCount, unsupervised.unlabeledFaces)}`,
    `Time: ${formatSeconds(executionTimeSeconds)}`,
  ];
}

export function describeAssigned({ processed, assigned, unassigned }: RecogniseAnswer): string[] {
  return [
    `Faces processed: ${processed}`,
    `Assigned: ${share(assigned, processed)}`,
    `Unassigned: ${share(unassigned, processed)}`,
  ];
}

export function describeCentroids(answer: CentroidsAnswer): string[] {
  return [`Persons processed: ${answer.personsProcessed}`, `Centroids computed: ${answer.centroidsComputed}`];
}

export function describeTraining(answer: TrainAnswer): string[] {
  const { trainLosses: losses, finalTrainLoss, finalValLoss, modelCheckpoint } = answer;
  const step = Math.max(1, Math.ceil(losses.length / LISTED_EPOCHS));
  const shown = losses.flatMap((loss, i) => {
    const isShown = i === 0 || i === losses.length - 1 || (i + 1) % step === 0;
    return isShown ? [`  Epoch ${i + 1}/${losses.length}: loss=${loss.toFixed(4)}`] : [];
  });
  const verdict = `${answer.isUsed ? "The head is used from now on" : "The head is not used"}: ${answer.reason}`;
  return [
    "Data:",
    `  Total persons: ${answer.personsUsed}`,
    `  Total faces: ${answer.totalFaces}`,
    `  Training faces: ${share(answer.trainingFaces, answer.totalFaces)}`,
    `  Validation faces: ${share(answer.validationFaces, answer.totalFaces)}`,
    ...(shown.length === 0 ? [] : ["Training:", ...shown]),
    "Results:",
    ...(finalTrainLoss === null ? [] : [`  Final training loss: ${finalTrainLoss.toFixed(4)}`]),
    ...(finalValLoss === null ? [] : [`  Final validation loss: ${finalValLoss.toFixed(4)}`]),
    ...(modelCheckpoint === null ? [] : [`  Checkpoint: ${modelCheckpoint}`]),
    `  Training time: ${formatSeconds(answer.trainingTimeSeconds)}`,
    ...wrapWords(verdict, LINE_WIDTH - 2).map((line) => `  ${line}`),
  ];
}

export function describeStats(stats: FaceStats): string[] {
  const { lastRun, lastSkip } = stats;
  return [
    `Total faces: ${stats.totalFaces}`,
    `Assigned faces: ${share(stats.assignedFaces, stats.totalFaces)}`,
    `Confirmed faces: ${share(stats.confirmedFaces, stats.totalFaces)}`,
    `Clustered faces: ${share(stats.clusteredFaces, stats.totalFaces)}`,
    `Lost faces: ${stats.lostFaces}`,
    `Total persons: ${stats.totalPersons}`,
    `Active persons: ${stats.activePersons}`,
    `Hidden persons: ${stats.hiddenPersons}`,
    `Merged persons: ${stats.mergedPersons}`,
    `Total prototypes: ${stats.totalPrototypes}`,
    "",
    `Recogniser: ${stats.modelId ?? "none installed"}`,
    `Embeddings: ${stats.embeddedFaces}`,
    `Trained head: ${stats.trainedPersons === 0 ? "none" : `for ${stats.trainedPersons} persons`}`,
    `Last round: ${lastRun === null ? "never" : `${lastRun.at}, ${lastRun.recognised} recognised, ${lastRun.clustersFound} clusters`}`,
    ...(lastSkip === null ? [] : [`Last skipped: ${lastSkip.at}, ${lastSkip.reason}`]),
  ];
}

export function describeOrphans({ facesChecked, orphans, affectedPhotos, fixed }: OrphansAnswer): string[] {
  const rest = orphans.length - LISTED;
  const found = [
    `Total faces checked: ${facesChecked}`,
    `Orphaned faces found: ${orphans.length}`,
    `Affected photos: ${affectedPhotos.length}`,
    ...orphans.slice(0, LISTED).map(({ faceId, photoId }) => `  - face ${faceId} (photo ${photoId})`),
    ...(rest > 0 ? [`  … and ${rest} more`] : []),
  ];
  if (fixed === null)
    return orphans.length === 0 ? found : [...found, "`--fix` looks for faces again in these photos."];
  return [
    ...found,
    `Photos processed: ${fixed.photosProcessed}`,
    `Errors: ${fixed.errors}`,
    `Total faces re-detected: ${fixed.facesDetected}`,
  ];
}
