import { createSession } from "../../src/onnx/create-session.ts";
import type { ClassPresenceSettings } from "../../src/onnx/model-settings.ts";
import { presenceProbability, weighEvidence } from "../../src/vision/object/class-presence.ts";
import { createObjectDetector } from "../../src/vision/object/object-detector.ts";
import { bundledModel } from "../../test/bundled-models.ts";
import { catalogSettings } from "../../test/catalog-settings.ts";
import { readSharedImage, sharedPath } from "../../test/shared-files.ts";
import { type PresenceSample, fitPresence } from "./fit-presence.ts";
import { LOCAL_DETECTORS, readTruth, type Scenes } from "./scenes.ts";

/** Boxes that score less say nothing about their class. */
const EVIDENCE_FROM = 0.05;
/**
 * Least chances to print; the catalogue takes the middle one for all detectors, since chances mean the same for all. It is
 * where the best detector here has a precision of .90 on photos that were left out. A choice for each detector is one of
 * noise: with 79 photos neighbouring chances differ by .03 up and down.
 */
const MIN_PROBABILITIES = [0.6, 0.68, 0.76];
const CHOSEN_PROBABILITY = 0.68;

interface Judged {
  readonly sample: PresenceSample;
  readonly chance: number;
}

interface Averages {
  readonly precision: number;
  readonly recall: number;
}

/**
 * Prints for each detector the numbers that its catalogue entry wants, and what a search by class reaches with them: on the
 * photos they were fitted to, and on each photo with numbers fitted to the others, which is what new photos can expect.
 */
export async function calibratePresence(scenes: Scenes): Promise<void> {
  for (const detector of LOCAL_DETECTORS) {
    const { samples, truth } = await collectSamples(detector, scenes);
    const weights = fitPresence(samples);
    const fitted = judge(samples, weights);
    const leftOut = leaveOneOut(samples);
    const presence = { evidenceFrom: EVIDENCE_FROM, minProbability: CHOSEN_PROBABILITY, ...weights };
    console.log(
      `presence: ${detector.id}, ${scenes.images.length} photos, ${samples.length} classes in photos`,
    );
    for (const chance of MIN_PROBABILITIES) {
      print(`chance ${chance}, fitted`, averagesAt(fitted, truth, chance));
      print(`chance ${chance}, left out`, averagesAt(leftOut, truth, chance));
    }
    console.log(
      JSON.stringify(presence, (_, value: unknown) => (typeof value === "number" ? round(value) : value)),
    );
  }
}

/**
 * Precision and recall of the search by class, each photo judged by numbers fitted to the others: what new photos can
 * expect.
 */
export async function measureLeftOut(
  detector: (typeof LOCAL_DETECTORS)[number],
  scenes: Scenes,
): Promise<Averages> {
  const { samples, truth } = await collectSamples(detector, scenes);
  return averagesAt(leaveOneOut(samples), truth, CHOSEN_PROBABILITY);
}

async function collectSamples({ id, file }: (typeof LOCAL_DETECTORS)[number], scenes: Scenes) {
  const { presence: _, ...settings } = catalogSettings(id, "object-detection");
  const path = file === undefined ? undefined : sharedPath(`models/object-detection/${file}`);
  const session = await createSession(path ?? (await bundledModel(id)).files.model!);
  const detector = createObjectDetector({
    session,
    settings: { ...settings, scoreThreshold: EVIDENCE_FROM },
  });
  const truth = new Map<string, Set<number>>();
  for (const { label, photo } of readTruth(scenes, settings.labels)) {
    truth.set(label, (truth.get(label) ?? new Set()).add(photo));
  }
  const samples: PresenceSample[] = [];
  for (const { id: photo, file_name: name } of scenes.images) {
    const objects = await detector.detect(await readSharedImage(`photos/scenes/${name}`));
    for (const [label, boxes] of Map.groupBy(objects, (object) => object.label)) {
      const evidence = weighEvidence(boxes, EVIDENCE_FROM);
      samples.push({ photo, label, evidence, isShown: truth.get(label)?.has(photo) ?? false });
    }
  }
  await session.release();
  return { samples, truth };
}

function judge(samples: readonly PresenceSample[], weights: ReturnType<typeof fitPresence>): Judged[] {
  const settings: ClassPresenceSettings = { evidenceFrom: EVIDENCE_FROM, minProbability: 0, ...weights };
  return samples.map((sample) => ({
    sample,
    chance: presenceProbability(sample.evidence, sample.label, settings),
  }));
}

function leaveOneOut(samples: readonly PresenceSample[]): Judged[] {
  return [...Map.groupBy(samples, ({ photo }) => photo)].flatMap(([photo, own]) =>
    judge(own, fitPresence(samples.filter((sample) => sample.photo !== photo))),
  );
}

/** Precision over the classes that were found anywhere, recall over those that are somewhere; all classes weigh the same. */
function averagesAt(
  judged: readonly Judged[],
  truth: ReadonlyMap<string, ReadonlySet<number>>,
  minProbability: number,
): Averages {
  const found = Map.groupBy(
    judged.filter(({ chance }) => chance >= minProbability),
    ({ sample }) => sample.label,
  );
  const rightOf = (label: string) => (found.get(label) ?? []).filter(({ sample }) => sample.isShown).length;
  return {
    precision: mean([...found].map(([label, all]) => rightOf(label) / all.length)),
    recall: mean([...truth].map(([label, photos]) => rightOf(label) / photos.size)),
  };
}

function print(what: string, { precision, recall }: Averages): void {
  console.log(`  ${what.padEnd(22)} precision ${precision.toFixed(3)} recall ${recall.toFixed(3)}`);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
