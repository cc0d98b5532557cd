import { computePrototypes } from "../../src/engine/people/compute-prototypes.ts";
import { matchThreshold } from "../../src/engine/people/match-threshold.ts";
import { matchPersons } from "../../src/cluster/match-persons.ts";
import { createRandom, shuffle } from "../../src/math/random.ts";
import { type SimilarityCalibration, similarityAt } from "../../src/math/similarity-calibration.ts";
import { catalogSettings } from "../../test/catalog-settings.ts";
import { hasShared } from "../../test/shared-files.ts";
import { LABELLED_FACES, type LabelledFaces, readLabelledFaces } from "../measure/labelled-faces.ts";
import { nameTenIdentities } from "../measure/name-ten-identities.ts";
import { run as evaluateClustering } from "./clustering.ts";

/** Photos of each person that are labelled, and random choices of them. */
const LABELLED = 3;
const ROUNDS = 10;

/** Galleries: the threshold grows with them, so that strangers stay as rare. */
const GALLERIES = [10, 20, 40, 79];
const STRENGTHS = [1.2, 1.25, 1.3, 1.35, 1.4, 1.45, 1.5];

const RECOGNIZERS = [
  {
    id: "mobilefacenet",
    file: "mobilefacenet",
    reference: "similarity .50: right .975, strangers .003; .455: right .985, strangers .010",
  },
  { id: "dlib-face-resnet", file: "dlib", reference: undefined },
];

/** Shares of faces of known people that are named right and wrong, and of strangers who are taken for somebody. */
interface Recognition {
  readonly right: number;
  readonly wrong: number;
  readonly strangers: number;
}

/**
 * Prints how people are recognised from three labelled photos each, and what importing, clustering, naming and assigning
 * the photos of ten people comes to with the real server. `recognition`, `photos` or `clustering` asks for one part.
 */
export async function run([part]: readonly string[]): Promise<void> {
  if (part === undefined || part === "recognition") evaluateRecognition();
  if (part === undefined || part === "clustering") await evaluateClustering();
  if (part === undefined || part === "photos") await evaluatePhotos();
}

function evaluateRecognition(): void {
  if (!hasShared("recognition of people", LABELLED_FACES)) return;
  for (const { id, file, reference } of RECOGNIZERS) {
    const faces = readLabelledFaces(file);
    const { calibration } = catalogSettings(id, "face-recognition");
    const everybody = [...faces.people.keys()];
    console.log(`recognition from ${LABELLED} labelled photos a person: ${id}, mean of ${ROUNDS} choices`);
    if (reference !== undefined) console.log(`  reference: ${reference}`);
    print("default", recognise(faces, everybody, ownThreshold(calibration, everybody.length)));
    for (const strength of STRENGTHS) {
      print(`strength ${strength}`, recognise(faces, everybody, similarityAt(calibration, strength)));
    }
    printHalves(faces, calibration);
    for (const size of GALLERIES) {
      const threshold = ownThreshold(calibration, size);
      print(`default, ${size} persons known`, recognise(faces, everybody, threshold, size));
    }
  }
}

const ownThreshold = (calibration: SimilarityCalibration, persons: number) =>
  matchThreshold(calibration, persons);

/** The least strength that suits one half of the people and strangers, on the other half. */
function printHalves(faces: LabelledFaces, calibration: SimilarityCalibration): void {
  const halves = [0, 1].map((parity) => ({
    ...faces,
    strangers: faces.strangers.filter((_, i) => i % 2 === parity),
  }));
  const people = [0, 1].map((parity) => [...faces.people.keys()].filter((person) => person % 2 === parity));
  for (const tuned of [0, 1]) {
    const other = 1 - tuned;
    const at = (half: number, strength: number) =>
      recognise(halves[half]!, people[half]!, similarityAt(calibration, strength));
    const strength = STRENGTHS.find((candidate) => at(tuned, candidate).strangers <= 0.005) ?? 1.5;
    print(`strength ${strength} from half ${tuned + 1}, on half ${other + 1}`, at(other, strength));
  }
}

/** The mean over random choices of the labelled photos, and of the persons where `known` is fewer than all. */
function recognise(
  faces: LabelledFaces,
  persons: readonly number[],
  threshold: number,
  known = persons.length,
): Recognition {
  const sum = { right: 0, wrong: 0, strangers: 0 };
  for (let round = 1; round <= ROUNDS; round++) {
    const random = createRandom(round);
    const chosen = shuffle([...persons], random).slice(0, known);
    const result = recogniseOnce(faces, chosen, threshold, random);
    sum.right += result.right / ROUNDS;
    sum.wrong += result.wrong / ROUNDS;
    sum.strangers += result.strangers / ROUNDS;
  }
  return sum;
}

function recogniseOnce(
  { people, strangers, dimensions, select }: LabelledFaces,
  persons: readonly number[],
  threshold: number,
  random: () => number,
): Recognition {
  const personIds: string[] = [];
  const prototypes: number[] = [];
  const probes: number[] = [];
  const truth: string[] = [];
  for (const person of persons) {
    const rows = shuffle([...people.get(person)!], random);
    const labelled = rows.slice(0, LABELLED);
    const known = computePrototypes({
      faceIds: labelled,
      photoIds: labelled,
      qualities: new Float32Array(LABELLED).fill(1),
      embeddings: select(labelled),
      dimensions,
    });
    for (const { embedding } of known) {
      personIds.push(String(person));
      prototypes.push(...embedding);
    }
    probes.push(...rows.slice(LABELLED));
    truth.push(...rows.slice(LABELLED).map(() => String(person)));
  }
  const gallery = { personIds, embeddings: Float32Array.from(prototypes), dimensions };
  const best = matchPersons(select([...probes, ...strangers]), gallery, threshold).map(
    ([match]) => match?.personId,
  );
  const named = best.slice(0, probes.length);
  return {
    right: named.filter((person, i) => person === truth[i]).length / probes.length,
    wrong: named.filter((person, i) => person !== undefined && person !== truth[i]).length / probes.length,
    strangers: best.slice(probes.length).filter((person) => person !== undefined).length / strangers.length,
  };
}

function print(name: string, { right, wrong, strangers }: Recognition): void {
  console.log(
    `  ${name.padEnd(44)} right ${right.toFixed(4)}, wrong ${wrong.toFixed(4)}, strangers ${strangers.toFixed(4)}`,
  );
}

async function evaluatePhotos(): Promise<void> {
  if (!hasShared("people from photos", "photos/people/ten-identities", "models/face-recognition")) return;
  console.log("ten people × 10 photos through the server: B-cubed F over the main face of each photo");
  for (const { tier, goal } of [
    { tier: "local", goal: 0.98 },
    { tier: "npm", goal: 0.95 },
  ] as const) {
    const { model, faces, mainFaces, clustered, named, misses } = await nameTenIdentities(tier);
    console.log(
      `  ${model.padEnd(18)} ${faces} faces in ${mainFaces} of 100 photos; clusters ${clustered.toFixed(4)}; named and assigned ${named.toFixed(4)} (goal ≥ ${goal})`,
    );
    for (const miss of misses) console.log(`    ${miss}`);
  }
}
