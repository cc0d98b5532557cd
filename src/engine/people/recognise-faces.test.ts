import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createPrototypeStore } from "../../database/people/prototype-store.ts";
import { createRandom } from "../../math/random.ts";
import { normalize } from "../../math/vector.ts";
import { createKnownPersons, type KnownPersons } from "./known-persons.ts";
import { createRecognition, type Recognise } from "./recognise-faces.ts";

const DIMENSIONS = 32;
let test: TestDatabase;
let recognise: Recognise;
let known: KnownPersons;
let random: () => number;

beforeEach(async () => {
  random = createRandom(3);
  test = await openTestDatabase();
  known = createKnownPersons({
    faces: test.faces,
    prototypes: createPrototypeStore({ database: test.database }),
  });
  recognise = createRecognition({ faces: test.faces, known });
});
afterEach(() => test.remove());

/** A face like that of so-and-so: the same direction, a little off. */
function face(person: number, x: number) {
  const direction = Float32Array.from({ length: DIMENSIONS }, (_, i) =>
    i === person ? 1 : (random() - 0.5) / 8,
  );
  return {
    normalizedBox: { x, y: 0.2, width: 0.1, height: 0.1 },
    landmarks: [],
    score: 0.9,
    quality: 0.7,
    embedding: normalize(direction),
  };
}

let photos = 0;
/** A photo with these people from left to right; gives the ids of their faces. */
async function addPhoto(...persons: number[]): Promise<readonly number[]> {
  const [photoId = 0] = await test.photos.insertPhotos([
    { path: `/p/${photos++}.jpg`, byteSize: 1, modifiedAtMs: 1 },
  ]);
  const faces = persons.map((person, i) => face(person, 0.1 + i * 0.2));
  await test.analyses.saveAnalysis(
    photoId,
    1,
    makeAnalysis(
      { faces, faceEmbeddingModelId: "r" },
      { faces: { status: "done", modelId: "d+r", durationMs: 1 } },
    ),
    [],
  );
  return (await test.faces.ofPhoto(photoId)).map(({ id }) => id);
}

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
async function name(person: number, faceIds: readonly number[]) {
  await test.decisions.decide(
    { kind: "face.assign", faceIds, personId: id(person), name: `Person ${person}` },
    { actor: "user" },
  );
  known.forget();
}
const personsOf = async (faceIds: readonly number[]) =>
  (await test.faces.getMany(faceIds)).map(({ personId }) => personId);

describe("recognising faces", () => {
  it("finds known people in new photos and leaves strangers alone", async () => {
    await name(1, [...(await addPhoto(1)), ...(await addPhoto(1))]);
    await name(2, await addPhoto(2));
    const faces = await addPhoto(2, 1, 9);
    const result = await recognise({ modelId: "r" }, 0.6);
    expect(result).toMatchObject({ processed: 3, assigned: 2, personsMatched: 2 });
    expect(await personsOf(faces)).toEqual([id(2), id(1), undefined]);
    expect(await recognise({ modelId: "r" }, 0.6)).toMatchObject({ processed: 3, photoIds: [] });
  });

  it("sees nobody twice in one photo, whoever said the first", async () => {
    await name(1, await addPhoto(1));
    const twins = await addPhoto(1, 1);
    await recognise({ modelId: "r" }, 0.6);
    expect((await personsOf(twins)).filter((person) => person === id(1))).toHaveLength(1);
    const [left, right] = await addPhoto(1, 1);
    await test.decisions.decide(
      { kind: "face.assign", faceIds: [left!], personId: id(1) },
      { actor: "user" },
    );
    await recognise({ modelId: "r" }, 0.6);
    expect(await personsOf([right!])).toEqual([undefined]);
  });

  it("never proposes again who was ruled out, but may propose somebody else", async () => {
    await name(1, await addPhoto(1));
    const [only] = await addPhoto(1);
    await recognise({ modelId: "r" }, 0.6);
    await test.decisions.decide(
      { kind: "face.reject", faceIds: [only!], personId: id(1) },
      { actor: "user" },
    );
    await recognise({ modelId: "r" }, 0.6);
    expect(await personsOf([only!])).toEqual([undefined]);
  });

  it("takes a face for the next best where the best was not born yet", async () => {
    await name(1, await addPhoto(1));
    await name(2, await addPhoto(2));
    const sibling = { ...face(1, 0.1) };
    // Like both, and more like the younger one.
    sibling.embedding = normalize(sibling.embedding.map((_, i) => (i === 1 ? 1 : i === 2 ? 1.1 : 0)));
    const [photoId = 0] = await test.photos.insertPhotos([
      { path: "/p/childhood.jpg", byteSize: 1, modifiedAtMs: Date.parse("1990-06-01") },
    ]);
    await test.analyses.saveAnalysis(
      photoId,
      1,
      makeAnalysis(
        { faces: [sibling], faceEmbeddingModelId: "r" },
        { faces: { status: "done", modelId: "d+r", durationMs: 1 } },
      ),
      [],
    );
    const faceIds = (await test.faces.ofPhoto(photoId)).map((found) => found.id);
    await recognise({ modelId: "r" }, 0.6);
    expect(await personsOf(faceIds)).toEqual([id(2)]);
    await test.decisions.decide(
      { kind: "person.update", personId: id(2), changes: { birthDate: "1995-01-01" } },
      { actor: "user" },
    );
    known.forget();
    await recognise({ modelId: "r" }, 0.6);
    expect(await personsOf(faceIds)).toEqual([id(1)]);
  });

  it("leaves what a cluster was taken for where it looks at some photos only, but nobody is twice in one", async () => {
    await name(1, await addPhoto(1));
    const [weak, other] = await addPhoto(5, 6);
    const match = { personId: id(1), score: 0.7, source: "cluster" } as const;
    await test.faces.saveGuesses([{ faceId: weak!, match }]);
    const { photoId } = (await test.faces.get(weak!))!;
    await recognise({ modelId: "r", photoIds: [photoId] }, 0.6);
    expect(await personsOf([weak!, other!])).toEqual([id(1), undefined]);
    await test.decisions.decide(
      { kind: "face.assign", faceIds: [other!], personId: id(1) },
      { actor: "user" },
    );
    known.forget();
    await recognise({ modelId: "r", photoIds: [photoId] }, 0.99);
    expect(await personsOf([weak!, other!])).toEqual([undefined, id(1)]);
    await test.faces.saveGuesses([{ faceId: weak!, match: { ...match, personId: id(1) } }]);
    await recognise({ modelId: "r" }, 0.99);
    expect(await personsOf([weak!])).toEqual([undefined]);
  });

  it("lets go of a guess that no longer holds, and works through many photos in pages", async () => {
    await name(1, await addPhoto(1));
    for (let i = 0; i < 130; i++) await addPhoto(1, 5);
    expect(await recognise({ modelId: "r" }, 0.6)).toMatchObject({ processed: 260, assigned: 130 });
    expect(await recognise({ modelId: "r" }, 0.6, 20)).toMatchObject({ processed: 20 });
    expect(await recognise({ modelId: "r" }, 0.9999)).toMatchObject({ assigned: 0 });
    expect((await test.faces.counts()).assigned).toBe(1);
  }, 60_000);

  it("makes prototypes anew when a human adds to a person, at once and never stale", async () => {
    const first = await addPhoto(1);
    await name(1, first);
    expect((await known.prototypes("r")).personIds).toEqual([id(1)]);
    await test.decisions.decide(
      { kind: "face.assign", faceIds: await addPhoto(3), personId: id(1) },
      { actor: "user" },
    );
    known.forget();
    const prototypes = await known.prototypes("r");
    expect(prototypes.personIds).toEqual([id(1), id(1), id(1)]);
    await test.decisions.decide({ kind: "person.delete", personId: id(1) }, { actor: "user" });
    known.forget();
    expect((await known.prototypes("r")).personIds).toEqual([]);
  });
});
