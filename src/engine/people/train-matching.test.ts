import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFaceLikePoints } from "../../../test/face-like-points.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createPrototypeStore } from "../../database/people/prototype-store.ts";
import { createRandom } from "../../math/random.ts";
import { normalizeInPlace } from "../../math/vector.ts";
import { matchPersons } from "../../cluster/match-persons.ts";
import { createKnownPersons } from "./known-persons.ts";
import { createMatchRefinement } from "./refine-matches.ts";
import { createMatchingTrainer, type TrainMatching } from "./train-matching.ts";
import { createTrainedHeads, type TrainedHeads } from "./trained-heads.ts";

const SIZE = 16;
const MODEL = "recogniser";
const CALIBRATION = { strangerSimilarity: 0, matchSimilarity: 0.5 };
const OPTIONS = { epochs: 25, margin: 0.2, batchSize: 32, learningRate: 2e-3, minFacesPerPerson: 5 };

let test: TestDatabase;
let directory: string;
let heads: TrainedHeads;
let train: TrainMatching;

/** Named faces of which half the dimensions tell nothing about the person: something to learn. */
beforeAll(async () => {
  test = await openTestDatabase();
  directory = await mkdtemp(join(tmpdir(), "keepsight-heads-"));
  const { embeddings, people } = createFaceLikePoints(500, { dimensions: SIZE, largest: 30, seed: 8 });
  const random = createRandom(9);
  for (let i = 0; i < embeddings.length; i += SIZE) {
    const face = embeddings.subarray(i, i + SIZE);
    for (let k = SIZE / 2; k < SIZE; k++) face[k] = (random() - 0.5) * 1.5;
    normalizeInPlace(face);
  }
  const rows = Array.from(people, (_, i) => i);
  for (const [person, own] of Map.groupBy(rows, (i) => people[i]!)) await addPerson(person, own, embeddings);
  heads = createTrainedHeads(directory);
  train = trainerOf(heads);
}, 120_000);

afterAll(async () => {
  await test.remove();
  await rm(directory, { recursive: true, force: true });
});

function trainerOf(own: TrainedHeads): TrainMatching {
  const recogniser = async () => ({ modelId: MODEL, calibration: CALIBRATION, matchThreshold: 0.6 });
  return createMatchingTrainer({ faces: test.faces, persons: test.persons, heads: own, recogniser });
}

async function addPerson(person: number, rows: readonly number[], embeddings: Float32Array): Promise<void> {
  const [photoId = 0] = await test.photos.insertPhotos([
    { path: `/p/${person}.jpg`, byteSize: 1, modifiedAtMs: 1 },
  ]);
  const faces = rows.map((row, i) => ({
    normalizedBox: { x: (i % 10) * 0.1, y: Math.floor(i / 10) * 0.1, width: 0.09, height: 0.09 },
    landmarks: [],
    score: 0.9,
    quality: 0.7,
    embedding: embeddings.slice(row * SIZE, (row + 1) * SIZE),
  }));
  const step = { status: "done", modelId: "d", durationMs: 1 } as const;
  const analysis = makeAnalysis({ faces, faceEmbeddingModelId: MODEL }, { faces: step });
  await test.analyses.saveAnalysis(photoId, 1, analysis, []);
  const faceIds = (await test.faces.ofPhoto(photoId)).map(({ id }) => id);
  const personId = `00000000-0000-4000-8000-${String(person).padStart(12, "0")}`;
  await test.decisions.decide(
    { kind: "face.assign", faceIds, personId, name: `Person ${person}` },
    { actor: "user" },
  );
}

describe("createMatchingTrainer", () => {
  it("uses a head that beats the plain embeddings, for whom it was trained on and this recogniser alone", async () => {
    const done = await train(OPTIONS);
    expect(done.verdict.reason).toMatch(/instead of/);
    expect(done.losses).toHaveLength(25);
    expect(done.trainingFaces + done.validationFaces).toBe(done.totalFaces);
    const head = await heads.current(MODEL);
    expect(head!.personIds.length).toBeGreaterThan(5);
    expect(head!.personIds.length).toBeLessThan(done.personsUsed);
    const again = createTrainedHeads(directory);
    expect((await again.current(MODEL))!.personIds).toEqual(head!.personIds);
    expect(await again.current("another recogniser")).toBeUndefined();
    expect(await createTrainedHeads(directory).current(MODEL)).toBeUndefined();
  }, 120_000);

  it("goes on where it stopped, to the same end", async () => {
    const own = await mkdtemp(join(tmpdir(), "keepsight-heads-"));
    const trainer = trainerOf(createTrainedHeads(own));
    const abort = new AbortController();
    const onEpoch = (epochs: number) => epochs === 3 && abort.abort();
    await expect(trainer(OPTIONS, { signal: abort.signal, onEpoch })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect((await readdir(own)).filter((name) => name.endsWith(".checkpoint"))).toHaveLength(1);
    const epochs: number[] = [];
    const resumed = await trainer(OPTIONS, { onEpoch: (epoch) => epochs.push(epoch) });
    expect(epochs[0]).toBeGreaterThan(3);
    const straight = await train(OPTIONS);
    expect(resumed.losses).toEqual(straight.losses);
    expect(resumed.verdict).toEqual(straight.verdict);
    await rm(own, { recursive: true });
  }, 120_000);

  it("says why a head that does not help is not used, and leaves what was", async () => {
    const own = await mkdtemp(join(tmpdir(), "keepsight-heads-"));
    const others = createTrainedHeads(own);
    const { verdict } = await trainerOf(others)({ ...OPTIONS, epochs: 2, learningRate: 5 });
    expect(verdict).toMatchObject({
      isAccepted: false,
      reason: expect.stringMatching(/plain embeddings.*%/),
    });
    expect(await others.current(MODEL)).toBeUndefined();
    const few = await trainerOf(others)({ ...OPTIONS, minFacesPerPerson: 500 });
    expect(few).toMatchObject({ personsUsed: 0, losses: [], verdict: { isAccepted: false } });
    await rm(own, { recursive: true });
  }, 120_000);

  it("counts half a file as no head", async () => {
    const own = await mkdtemp(join(tmpdir(), "keepsight-heads-"));
    await writeFile(join(own, "accepted.json"), '{"modelId":');
    expect(await createTrainedHeads(own).current(MODEL)).toBeUndefined();
    await rm(own, { recursive: true });
  });
});

describe("createMatchRefinement", () => {
  it("judges persons it knows by the head, and leaves all others as they were", async () => {
    await train(OPTIONS);
    const head = (await heads.current(MODEL))!;
    const prototypeStore = createPrototypeStore({ database: test.database });
    const known = createKnownPersons({ faces: test.faces, prototypes: prototypeStore });
    const prototypes = await known.prototypes(MODEL);
    const faces = await test.faces.embedded({ modelId: MODEL });
    const plain = matchPersons(faces.embeddings, prototypes, 0.5);
    const refined = await createMatchRefinement(head, CALIBRATION).refine(faces, prototypes, plain);
    const isKnown = new Set(head.personIds);
    let changed = 0;
    plain.forEach((matches, i) => {
      const after = new Map(refined[i]!.map(({ personId, score }) => [personId, score]));
      expect([...after.keys()].toSorted()).toEqual(matches.map(({ personId }) => personId).toSorted());
      for (const { personId, score } of matches) {
        if (isKnown.has(personId)) changed += Number(after.get(personId) !== score);
        else expect(after.get(personId)).toBe(score);
      }
    });
    expect(changed).toBeGreaterThan(100);
  }, 120_000);
});
