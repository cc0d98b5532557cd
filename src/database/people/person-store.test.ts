import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../open-test-database.ts";

let test: TestDatabase;
const ids = { anna: "00000000-0000-4000-8000-000000000001", jose: "00000000-0000-4000-8000-000000000002" };
const done = { status: "done", modelId: "m", durationMs: 1 } as const;

/** Six photos with two faces each: Anna is the left one of four, José the right one of two; three lie in a cluster. */
beforeAll(async () => {
  test = await openTestDatabase();
  const photoIds = await test.photos.insertPhotos(
    Array.from({ length: 6 }, (_, i) => ({
      path: `/p/${i}.jpg`,
      byteSize: 1,
      modifiedAtMs: Date.parse("2021-05-30T12:00:00Z") + i * 86_400_000,
    })),
  );
  for (const [i, id] of photoIds.entries()) {
    const faces = [0.1, 0.6].map((x) => ({
      normalizedBox: { x, y: 0.2, width: 0.2, height: 0.2 },
      landmarks: [{ x, y: 0.2 }],
      score: 0.9,
      quality: 0.5 + i / 20,
      embedding: Float32Array.from([1, x]),
    }));
    await test.analyses.saveAnalysis(
      id,
      1,
      makeAnalysis({ faces, faceEmbeddingModelId: "arcface" }, { faces: done }),
      [],
    );
  }
  const name = (personId: string, text: string, faceIds: readonly number[]) =>
    test.decisions.decide({ kind: "face.assign", faceIds, personId, name: text }, { actor: "user" });
  await name(ids.anna, "Anna Berg", [1, 3, 5, 7]);
  await name(ids.jose, "José", [2, 4]);
  await test.faces.saveClusters([
    { faceId: 9, clusterId: "clu_00000000000a", score: 0.9 },
    { faceId: 11, clusterId: "clu_00000000000a", score: 0.8 },
    { faceId: 1, clusterId: "clu_00000000000b", score: 1 },
  ]);
});
afterAll(() => test.remove());

describe("createPersonStore", () => {
  it("lists persons with what they have, those on most photos first", async () => {
    const { items, total } = await test.persons.list({
      statuses: ["active"],
      sort: "photos",
      limit: 9,
      offset: 0,
    });
    expect(total).toBe(2);
    expect(items).toMatchObject([
      { id: ids.anna, name: "Anna Berg", faceCount: 4, photoCount: 4, confirmedCount: 4, coverFaceId: 7 },
      { id: ids.jose, faceCount: 2, coverFaceId: 4 },
    ]);
  });

  it("finds by any word of the name, without case and diacritics, and pages", async () => {
    const find = async (search: string) =>
      (
        await test.persons.list({ statuses: ["active"], search, sort: "name", limit: 9, offset: 0 })
      ).items.map(({ name }) => name);
    expect(await find("BER")).toEqual(["Anna Berg"]);
    expect(await find("jose")).toEqual(["José"]);
    expect(await find("erg")).toEqual([]);
    expect(await test.persons.suggest("jo", 5)).toEqual([{ name: "José", photos: 2 }]);
    const page = await test.persons.list({ statuses: ["active"], sort: "name", limit: 1, offset: 1 });
    expect(page).toMatchObject({ total: 2, items: [{ name: "José" }] });
    expect(await test.persons.findByName("  anna  BERG ")).toMatchObject({ id: ids.anna });
  });

  it("follows mergers, shows the chosen face and counts by status", async () => {
    const { decision } = await test.decisions.decide(
      { kind: "person.merge", sourceIds: [ids.jose], targetId: ids.anna },
      { actor: "user" },
    );
    expect(await test.persons.resolve(ids.jose)).toBe(ids.anna);
    expect(await test.persons.get(ids.anna)).toMatchObject({ faceCount: 6, photoCount: 4 });
    expect(await test.persons.counts()).toEqual({ active: 1, hidden: 0, merged: 1, deleted: 0 });
    await test.decisions.undo(decision.id, { actor: "user" });
    await test.decisions.decide(
      { kind: "person.update", personId: ids.anna, changes: { representativeFaceId: 3 } },
      { actor: "user" },
    );
    expect(await test.persons.get(ids.anna)).toMatchObject({ coverFaceId: 3 });
  });
});

describe("createFaceStore", () => {
  it("lists the faces of a person and of nobody, best first", async () => {
    const anna = await test.faces.list({ personId: ids.anna, limit: 2, offset: 1 });
    expect(anna.total).toBe(4);
    expect(anna.items.map(({ id }) => id)).toEqual([5, 3]);
    const nobody = await test.faces.list({ limit: 9, offset: 0 });
    expect(nobody.items.map(({ id }) => id)).toEqual([11, 12, 9, 10, 8, 6]);
    expect(anna.items[0]).toMatchObject({
      personName: "Anna Berg",
      assignment: "human",
      state: "confirmed",
    });
  });

  it("shows clusters, those with a name only when asked", async () => {
    const open = await test.faces.clusters({ includeLabeled: false, limit: 9, offset: 0 });
    expect(open).toMatchObject({
      total: 1,
      items: [{ clusterId: "clu_00000000000a", faceCount: 2, sampleFaceIds: [11, 9] }],
    });
    expect(open.items[0]!.avgQuality).toBeCloseTo(0.725);
    const all = await test.faces.clusters({ includeLabeled: true, limit: 9, offset: 0 });
    expect(all.items[1]).toMatchObject({ personId: ids.anna, personName: "Anna Berg" });
  });

  it("gives algorithms the embeddings of the faces they may work on", async () => {
    const unassigned = await test.faces.embedded({ modelId: "arcface", isUnassigned: true });
    expect(unassigned.faceIds).toEqual([6, 8, 9, 10, 11, 12]);
    expect(unassigned.dimensions).toBe(2);
    expect(Array.from(unassigned.embeddings.subarray(0, 2))).toEqual([1, Math.fround(0.6)]);
    const of = async (selection: object) =>
      (await test.faces.embedded({ modelId: "arcface", ...selection })).faceIds;
    expect(await of({ confirmedOf: ids.jose })).toEqual([2, 4]);
    expect(await of({ timeBucket: "2021-05" })).toEqual([1, 2, 3, 4]);
    expect(await of({ minQuality: 0.74 })).toEqual([11, 12]);
    expect(await of({ modelId: "other" })).toEqual([]);
    await expect(of({ timeBucket: "2021-13" })).rejects.toMatchObject({ code: "bad_request" });
  });

  it("writes an algorithm's word, which counts where no human spoke", async () => {
    const match = { personId: ids.anna, score: 0.7, source: "prototype" } as const;
    const { faceIds } = await test.faces.saveGuesses([
      { faceId: 6, match },
      { faceId: 2, match },
    ]);
    expect(faceIds).toEqual([6]);
    expect(await test.faces.get(6)).toMatchObject({
      personId: ids.anna,
      state: "suggested",
      matchedScore: 0.7,
    });
    expect(await test.faces.get(2)).toMatchObject({ personId: ids.jose });
    await test.faces.saveGuesses([{ faceId: 6 }]);
    expect((await test.faces.get(6))?.personId).toBeUndefined();
  });

  it("takes a drawn face, its embedding later, and knows which wait for one", async () => {
    const face = {
      normalizedBox: { x: 0.4, y: 0.5, width: 0.1, height: 0.1 },
      landmarks: [],
      score: 1,
      quality: 0,
    };
    const faceId = await test.faces.insertDrawn(1, face, "human");
    await test.decisions.decide(
      { kind: "face.draw", faceId, photoId: 1, normalizedBox: face.normalizedBox },
      { actor: "user" },
    );
    expect(await test.faces.withoutEmbedding("arcface", { limit: 9 })).toMatchObject([
      { faceId, photoId: 1 },
    ]);
    await test.faces.saveEmbedding(
      faceId,
      { ...face, quality: 0.6 },
      { modelId: "arcface", embedding: Float32Array.from([0, 1]) },
    );
    expect(await test.faces.withoutEmbedding("arcface", { limit: 9 })).toEqual([]);
    expect(await test.faces.get(faceId)).toMatchObject({ quality: 0.6, origin: "drawn" });
    await expect(test.faces.insertDrawn(99, face, "human")).rejects.toMatchObject({ code: "not_found" });
  });
});
