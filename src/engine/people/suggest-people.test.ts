import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { matchPersons } from "../../cluster/match-persons.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createPrototypeStore } from "../../database/people/prototype-store.ts";
import { createRandom } from "../../math/random.ts";
import { normalize } from "../../math/vector.ts";
import { createKnownPersons, type KnownPersons } from "./known-persons.ts";
import { createPeopleSuggestions, type Suggestion } from "./suggest-people.ts";

const DIMENSIONS = 32;
let test: TestDatabase;
let known: KnownPersons;
let suggest: (limit: number, personId?: string) => Promise<readonly Suggestion[]>;
let random: () => number;
let photos = 0;

beforeEach(async () => {
  random = createRandom(5);
  test = await openTestDatabase();
  const prototypes = createPrototypeStore({ database: test.database });
  known = createKnownPersons({ faces: test.faces, prototypes });
  suggest = begin(known);
});
afterEach(() => test.remove());

function begin(knownPersons: KnownPersons) {
  const calibration = { strangerSimilarity: 0, matchSimilarity: 0.4 };
  return createPeopleSuggestions({
    ...test,
    known: knownPersons,
    recogniser: async () => ({ modelId: "r", calibration, matchThreshold: 0.6 }),
    compare: matchPersons,
  });
}

/** Faces of so-and-so, each in a photo of its own. */
async function addFaces(person: number, count: number): Promise<readonly number[]> {
  const ids: number[] = [];
  for (let i = 0; i < count; i++) {
    const [photoId = 0] = await test.photos.insertPhotos([
      { path: `/p/${photos++}.jpg`, byteSize: 1, modifiedAtMs: 1 },
    ]);
    const face = {
      normalizedBox: { x: 0.1, y: 0.2, width: 0.1, height: 0.1 },
      landmarks: [],
      score: 0.9,
      quality: 0.7,
      embedding: normalize(
        Float32Array.from({ length: DIMENSIONS }, (_, k) => (k === person ? 1 : (random() - 0.5) / 8)),
      ),
    };
    await test.analyses.saveAnalysis(
      photoId,
      1,
      makeAnalysis(
        { faces: [face], faceEmbeddingModelId: "r" },
        { faces: { status: "done", modelId: "d+r", durationMs: 1 } },
      ),
      [],
    );
    ids.push(...(await test.faces.ofPhoto(photoId)).map(({ id }) => id));
  }
  return ids;
}

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const decide: TestDatabase["decisions"]["decide"] = async (...decision) => {
  const done = await test.decisions.decide(...decision);
  known.forget();
  return done;
};
const name = (person: number, faceIds: readonly number[]) =>
  decide({ kind: "face.assign", faceIds, personId: id(person), name: `Person ${person}` }, { actor: "user" });
const lastDecision = async () =>
  (
    await test.database.reads
      .selectFrom("decisions")
      .select((eb) => eb.fn.max("id").as("id"))
      .executeTakeFirstOrThrow()
  ).id;
const kinds = async (personId?: string) => (await suggest(9, personId)).map(({ kind }) => kind);

describe("createPeopleSuggestions", () => {
  it("asks whether a cluster is somebody, until a human says no", async () => {
    await name(1, await addFaces(1, 2));
    const open = await addFaces(1, 3);
    await test.faces.saveClusters(open.map((faceId) => ({ faceId, clusterId: "clu_a", score: 1 })));
    const [question] = await suggest(9);
    expect(question).toMatchObject({ kind: "cluster-is-person", clusterId: "clu_a", personId: id(1) });
    expect(question).toMatchObject({ faceCount: 3 });
    await decide({ kind: "face.reject", faceIds: open, personId: id(1) }, { actor: "user" });
    expect(await kinds()).toEqual([]);
  });

  it("sees a cluster with other eyes when its faces are others", async () => {
    await name(1, await addFaces(1, 2));
    await name(2, await addFaces(2, 2));
    const [first, second] = [await addFaces(1, 2), await addFaces(2, 2)];
    const put = (faceIds: readonly number[], clusterId: string | null) =>
      test.faces.saveClusters(faceIds.map((faceId) => ({ faceId, clusterId, score: 1 })));
    await put(first, "clu_a");
    expect(await suggest(9)).toMatchObject([{ clusterId: "clu_a", personId: id(1) }]);
    await put(first, null);
    await put(second, "clu_a");
    expect(await suggest(9)).toMatchObject([{ clusterId: "clu_a", personId: id(2) }]);
  });

  it("asks whether two are one, until a human tells them apart", async () => {
    await name(1, await addFaces(7, 2));
    await name(2, await addFaces(7, 3));
    await name(3, await addFaces(9, 1));
    expect(await suggest(9)).toMatchObject([
      { kind: "same-person", personIds: [id(1), id(2)], personNames: ["Person 1", "Person 2"], faceCount: 2 },
    ]);
    expect(await kinds(id(3))).toEqual([]);
    await decide({ kind: "person.distinguish", personIds: [id(2), id(1)] }, { actor: "user" });
    expect(await kinds()).toEqual([]);
  });

  it("asks to confirm what an algorithm guessed, the least sure faces first", async () => {
    await name(1, await addFaces(1, 1));
    const [a, b] = await addFaces(1, 2);
    await test.faces.saveGuesses([
      { faceId: a!, match: { personId: id(1), score: 0.9, source: "prototype" } },
      { faceId: b!, match: { personId: id(1), score: 0.7, source: "prototype" } },
    ]);
    const questions = await suggest(9, id(1));
    expect(questions).toMatchObject([{ kind: "confirm-faces", faceCount: 2, sampleFaceIds: [b, a] }]);
    expect(questions[0]!.score).toBeCloseTo(0.8);
  });

  it("asks the same after any decisions as one who begins anew", async () => {
    for (const person of [1, 2, 3, 4]) await name(person, await addFaces(person < 3 ? 1 : person, 2));
    const open = await addFaces(1, 3);
    const others = await addFaces(3, 2);
    await test.faces.saveClusters([
      ...open.map((faceId) => ({ faceId, clusterId: "clu_a", score: 1 })),
      ...others.map((faceId) => ({ faceId, clusterId: "clu_b", score: 1 })),
    ]);
    const actor = { actor: "user" };
    const steps: readonly (() => Promise<unknown>)[] = [
      () => decide({ kind: "person.update", personId: id(1), changes: { name: "Anna" } }, actor),
      () => decide({ kind: "face.reject", faceIds: [open[0]!], personId: id(1) }, actor),
      () => decide({ kind: "person.update", personId: id(2), changes: { isHidden: true } }, actor),
      () => decide({ kind: "face.assign", faceIds: others, personId: id(4) }, actor),
      () => decide({ kind: "person.update", personId: id(2), changes: { isHidden: false } }, actor),
      () => decide({ kind: "face.ignore", faceIds: [open[1]!] }, actor),
      () => decide({ kind: "person.merge", sourceIds: [id(2)], targetId: id(1) }, actor),
      () => decide({ kind: "person.delete", personId: id(3) }, actor),
      async () => {
        known.forget();
        await test.decisions.undo((await lastDecision()) - 1, actor);
      },
      () => decide({ kind: "person.distinguish", personIds: [id(1), id(2)] }, actor),
      () =>
        test.faces.saveGuesses([
          { faceId: open[2]!, match: { personId: id(1), score: 0.9, source: "prototype" } },
        ]),
    ];
    const seen = new Set<string>();
    for (const step of [async () => {}, ...steps]) {
      await step();
      const questions = await suggest(9);
      const anew = createKnownPersons({
        faces: test.faces,
        prototypes: createPrototypeStore({ database: test.database }),
      });
      expect(questions).toEqual(await begin(anew)(9));
      seen.add(JSON.stringify(questions));
    }
    // Or else it would show nothing.
    expect(seen.size).toBeGreaterThan(6);
  });
});
