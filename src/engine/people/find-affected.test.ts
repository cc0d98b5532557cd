import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PeopleDecision } from "../../core/people-decision.ts";
import { createEmbeddingStore } from "../../database/embedding-store.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createPrototypeStore } from "../../database/people/prototype-store.ts";
import { createMemoryVectorIndex } from "../../database/vector-index/memory-vector-index.ts";
import { createRandom } from "../../math/random.ts";
import { normalize } from "../../math/vector.ts";
import { createFaceVectors, type FaceVectors } from "./face-vectors.ts";
import { createAffectedPhotos, type FindAffected } from "./find-affected.ts";
import { createKnownPersons, type KnownPersons } from "./known-persons.ts";
import { createRecognition, type Recognise } from "./recognise-faces.ts";

const DIMENSIONS = 24;
const PEOPLE = 6;
const THRESHOLD = 0.6;

let test: TestDatabase;
let known: KnownPersons;
let recognise: Recognise;
let vectors: FaceVectors;
let findAffected: FindAffected;
let random: () => number;
let faceIds: readonly number[];

beforeEach(async () => {
  random = createRandom(17);
  test = await openTestDatabase();
  const prototypes = createPrototypeStore({ database: test.database });
  known = createKnownPersons({ faces: test.faces, prototypes });
  recognise = createRecognition({ faces: test.faces, known });
  vectors = createFaceVectors({
    embeddings: createEmbeddingStore({ database: test.database }),
    faces: test.faces,
    createIndex: (modelId, dimensions) => createMemoryVectorIndex({ modelId, dimensions, precision: "f32" }),
  });
  findAffected = createAffectedPhotos({ faces: test.faces, known, vectors });
  faceIds = await addPhotos(60);
});
afterEach(async () => {
  await vectors.close();
  await test.remove();
});

/** Photos of one to three of few people, some hard to tell from others. */
async function addPhotos(count: number): Promise<readonly number[]> {
  const photoIds = await test.photos.insertPhotos(
    Array.from({ length: count }, (_, i) => ({ path: `/p/${i}.jpg`, byteSize: 1, modifiedAtMs: i })),
  );
  const toFace = (x: number) => {
    const [person, other] = [random(), random()].map((value) => Math.floor(value * PEOPLE));
    const noise = Float32Array.from({ length: DIMENSIONS }, () => (random() - 0.5) / 3);
    noise[person!]! += 1;
    noise[other!]! += random() / 2;
    return {
      normalizedBox: { x, y: 0.2, width: 0.1, height: 0.1 },
      landmarks: [],
      score: 0.9,
      quality: random(),
      embedding: normalize(noise),
    };
  };
  for (const photoId of photoIds) {
    const faces = [0.1, 0.4, 0.7].slice(0, 1 + Math.floor(random() * 3)).map(toFace);
    await test.analyses.saveAnalysis(
      photoId,
      1,
      makeAnalysis(
        { faces, faceEmbeddingModelId: "r" },
        { faces: { status: "done", modelId: "d+r", durationMs: 1 } },
      ),
      [],
    );
  }
  return (await test.database.reads.selectFrom("faces").select("id").orderBy("id").execute()).map(
    ({ id }) => id,
  );
}

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

async function readPersons() {
  const faces = await test.faces.getMany(faceIds);
  return faces.map((face) => `${face.id} ${face.photoId} ${face.personId ?? "nobody"} ${face.state}`);
}

describe("createAffectedPhotos", () => {
  it("leads to the same as a look at every face, whatever is decided", { timeout: 60_000 }, async () => {
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
    const some = () => [pick(faceIds), pick(faceIds)];
    let persons = 0;
    const person = () => id(Math.floor(random() * Math.max(1, persons)));
    const drawDecision = (): PeopleDecision =>
      pick<() => PeopleDecision>([
        () => ({ kind: "face.assign", faceIds: some(), personId: id(persons), name: `P${persons++}` }),
        () => ({ kind: "face.assign", faceIds: some(), personId: person() }),
        () => ({ kind: "face.reject", faceIds: some(), personId: person() }),
        () => ({ kind: "person.merge", sourceIds: [person()], targetId: person() }),
        () => ({ kind: "person.delete", personId: person() }),
        () => ({ kind: "face.ignore", faceIds: some() }),
        () => ({ kind: "face.restore", faceIds: some() }),
      ])();
    const decisions: number[] = [];
    let partial = 0;
    for (let round = 0; round < 50; round++) {
      const done = await (
        random() < 0.2 && decisions.length > 0
          ? test.decisions.undo(pick(decisions), { actor: "user" })
          : test.decisions.decide(drawDecision(), { actor: "user" })
      ).catch(() => undefined);
      if (done === undefined) continue;
      decisions.push(done.decision.id);
      known.forget();
      const photoIds = await findAffected("r", done, THRESHOLD);
      if (photoIds.length < 60) partial++;
      await recognise({ modelId: "r", photoIds }, THRESHOLD);
      const reached = await readPersons();
      await recognise({ modelId: "r" }, THRESHOLD);
      expect(reached).toEqual(await readPersons());
    }
    expect(decisions.length).toBeGreaterThan(20);
    expect(partial).toBeGreaterThan(10);
    expect((await readPersons()).filter((line) => line.endsWith("suggested")).length).toBeGreaterThan(10);
  });

  it("sees nobody twice in a photo nor before birth, as a plain statement of the rules says", async () => {
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
    for (let n = 0; n < PEOPLE; n++) {
      const own = [pick(faceIds), pick(faceIds), pick(faceIds)];
      await test.decisions.decide(
        { kind: "face.assign", faceIds: own, personId: id(n), name: `P${n}` },
        { actor: "user" },
      );
    }
    known.forget();
    await test.database.writes
      .updateTable("photos")
      .set((eb) => ({ takenDay: eb("id", "*", 100) }))
      .execute();
    const births = new Map([1, 3].map((n) => [id(n), 3000 + n * 500]));
    await recognise({ modelId: "r" }, THRESHOLD);
    for (const [personId, day] of births) {
      const birthDate = new Date(day * 86_400_000).toISOString().slice(0, 10);
      await test.decisions.decide(
        { kind: "person.update", personId, changes: { birthDate } },
        { actor: "user" },
      );
    }
    known.forget();
    await recognise({ modelId: "r" }, 0.2);
    const faces = await test.faces.getMany(faceIds);
    for (const inPhoto of Map.groupBy(faces, ({ photoId }) => photoId).values()) {
      const named = new Set(inPhoto.flatMap((f) => (f.state === "confirmed" ? [f.personId] : [])));
      const guessed = inPhoto.flatMap(({ state, personId }) => (state === "suggested" ? [personId] : []));
      expect(new Set(guessed).size).toBe(guessed.length);
      for (const personId of guessed) expect(named.has(personId)).toBe(false);
    }
    for (const { state, personId, photoId } of faces) {
      if (state === "suggested") expect(photoId * 100).toBeGreaterThanOrEqual(births.get(personId!) ?? 0);
    }
    expect(faces.filter(({ state }) => state === "suggested").length).toBeGreaterThan(30);
  });
});
