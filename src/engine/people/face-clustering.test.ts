import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createPrototypeStore } from "../../database/people/prototype-store.ts";
import { createRandom } from "../../math/random.ts";
import { normalize } from "../../math/vector.ts";
import { createFaceClustering, type FaceClustering } from "./face-clustering.ts";
import { groupFaces } from "./group-faces.ts";
import { createKnownPersons, type KnownPersons } from "./known-persons.ts";
import { createRecognition } from "./recognise-faces.ts";

const DIMENSIONS = 24;
let test: TestDatabase;
let known: KnownPersons;
let told: string[];
let clustering: FaceClustering;
let random: () => number;
/** Called while faces are being grouped. */
let meanwhile: () => Promise<unknown>;

beforeEach(async () => {
  random = createRandom(2);
  told = [];
  meanwhile = async () => {};
  test = await openTestDatabase();
  known = createKnownPersons({
    faces: test.faces,
    prototypes: createPrototypeStore({ database: test.database }),
  });
  clustering = createFaceClustering({
    ...test,
    known,
    recognise: createRecognition({ faces: test.faces, known }),
    recogniser: async () => ({
      modelId: "r",
      calibration: { strangerSimilarity: 0, matchSimilarity: 0.4 },
      matchThreshold: 0.6,
    }),
    onSplit: ({ kind }) => void told.push(kind),
    group: async (faces) => {
      await meanwhile();
      return groupFaces(faces);
    },
  });
});
afterEach(() => test.remove());

let photos = 0;
/** A photo of so-and-so, from left to right; `noise` says how unlike themselves they look. */
async function addPhoto(persons: readonly number[], noise = 0.1): Promise<readonly number[]> {
  const [photoId = 0] = await test.photos.insertPhotos([
    { path: `/p/${photos++}.jpg`, byteSize: 1, modifiedAtMs: 1 },
  ]);
  const faces = persons.map((person, i) => ({
    normalizedBox: { x: 0.1 + i * 0.2, y: 0.2, width: 0.1, height: 0.1 },
    landmarks: [],
    score: 0.9,
    quality: 0.7,
    embedding: normalize(
      Float32Array.from({ length: DIMENSIONS }, (_, k) => (k === person ? 1 : (random() - 0.5) * 2 * noise)),
    ),
  }));
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

describe("createFaceClustering", () => {
  it("finds who belongs together, and keeps the ids of clusters when it runs again", async () => {
    for (let i = 0; i < 4; i++) await addPhoto([1, 2]);
    expect(await clustering.cluster({})).toMatchObject({ totalFaces: 8, clustersFound: 2, noiseCount: 0 });
    const before = (await test.faces.clusters({ includeLabeled: false, limit: 9, offset: 0 })).items;
    await addPhoto([2]);
    await clustering.cluster({});
    const after = (await test.faces.clusters({ includeLabeled: false, limit: 9, offset: 0 })).items;
    expect(after.map(({ clusterId }) => clusterId).toSorted()).toEqual(
      before.map(({ clusterId }) => clusterId).toSorted(),
    );
    expect(after[0]!.faceCount).toBe(5);
  });

  it("tells of a cluster that was divided, and says nothing where nothing was", async () => {
    const [one, two] = [1, 2];
    const faceIds = (await Promise.all([one, one, one, two, two, two].map((who) => addPhoto([who])))).flat();
    await test.faces.saveClusters(faceIds.map((faceId) => ({ faceId, clusterId: "clu_a", score: 1 })));
    const { clusterIds } = await clustering.splitCluster("clu_a", 2, "user");
    expect(clusterIds).toHaveLength(2);
    expect(told).toEqual(["cluster.split"]);
    await clustering.splitCluster(clusterIds[0]!, 2, "user");
    expect(told).toHaveLength(1);
  });

  it("takes back nothing that a human decided while it ran", async () => {
    const faceIds: number[] = [];
    for (let i = 0; i < 4; i++) faceIds.push(...(await addPhoto([1])));
    meanwhile = () => name(1, faceIds);
    await clustering.cluster({});
    const faces = await test.faces.getMany(faceIds);
    expect(faces.map(({ personId, state }) => [personId, state])).toEqual(
      faceIds.map(() => [id(1), "confirmed"]),
    );
  });

  it("bears that a photo goes while it runs", async () => {
    const gone = await addPhoto([1]);
    for (let i = 0; i < 3; i++) await addPhoto([1]);
    const { photoId } = (await test.faces.get(gone[0]!))!;
    meanwhile = () => test.database.writes.deleteFrom("photos").where("id", "=", photoId).execute();
    expect(await clustering.cluster({})).toMatchObject({ clustersFound: 1 });
    const [cluster] = (await test.faces.clusters({ includeLabeled: false, limit: 9, offset: 0 })).items;
    expect(cluster).toMatchObject({ faceCount: 3 });
  });

  it("takes a whole cluster for a person, but not in a photo in which that person is", async () => {
    await name(1, [...(await addPhoto([1], 0)), ...(await addPhoto([1], 0))]);
    const unsure: number[] = [];
    for (let i = 0; i < 5; i++) unsure.push(...(await addPhoto([1], 0.8)));
    const [named, twin] = await addPhoto([1, 1], 0.05);
    await test.decisions.decide(
      { kind: "face.assign", faceIds: [named!], personId: id(1) },
      { actor: "user" },
    );
    known.forget();
    const all = [...unsure, twin!];
    await test.faces.saveClusters(all.map((faceId) => ({ faceId, clusterId: "clu_a", score: 1 })));
    expect(await clustering.recogniseClusters()).toBe(5);
    const faces = await test.faces.getMany(all);
    expect(faces.map(({ personId }) => personId)).toEqual([...unsure.map(() => id(1)), undefined]);
    expect(faces[0]).toMatchObject({ assignment: "cluster", state: "suggested" });
  });
});
