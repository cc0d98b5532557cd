import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createPeopleActions, type PeopleActions } from "./decide-people.ts";

let test: TestDatabase;
let actions: PeopleActions;
let photoId: number;

beforeEach(async () => {
  test = await openTestDatabase();
  actions = createPeopleActions({ ...test, onDecided: () => {} });
  [photoId = 0] = await test.photos.insertPhotos([{ path: "/p/a.jpg", byteSize: 1, modifiedAtMs: 1 }]);
  const face = {
    normalizedBox: { x: 0.1, y: 0.1, width: 0.2, height: 0.2 },
    landmarks: [],
    score: 1,
    quality: 1,
  };
  const done = { status: "done", modelId: "m", durationMs: 1 } as const;
  await test.analyses.saveAnalysis(photoId, 1, makeAnalysis({ faces: [face] }, { faces: done }), []);
});
afterEach(() => test.remove());

const BOX = { x: 0.6, y: 0.6, width: 0.2, height: 0.2 };

describe("createPeopleActions", () => {
  it("draws no face where the name that comes with it cannot be given", async () => {
    const tooLong = { name: "é".repeat(300) };
    await expect(actions.drawFace(photoId, BOX, tooLong, "user")).rejects.toMatchObject({
      code: "bad_request",
    });
    expect(await test.faces.ofPhoto(photoId)).toHaveLength(1);
    const drawn = await actions.drawFace(photoId, BOX, { name: "Anna" }, "user");
    expect(drawn).toMatchObject({ personName: "Anna", origin: "drawn" });
  });

  it("adds nobody whose birth date cannot be", async () => {
    await expect(actions.createPerson("Anna", "2999-01-01", "user")).rejects.toMatchObject({
      code: "bad_request",
    });
    expect(await test.persons.findByName("Anna")).toBeUndefined();
    expect(await actions.createPerson("Anna", "1999-01-01", "user")).toMatchObject({ name: "Anna" });
  });

  it("answers once what follows a decision is under way", async () => {
    let isUnderWay = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = createPeopleActions({
      ...test,
      onDecided: () => promise.then(() => void (isUnderWay = true)),
    });
    const created = slow.createPerson("Anna", undefined, "user").then(() => isUnderWay);
    // Decisions take turns: this one comes after that.
    await actions.createPerson("Bo", undefined, "user");
    resolve();
    expect(await created).toBe(true);
  });

  it("gives one person to two who name somebody new at the same moment", async () => {
    const [face] = await test.faces.ofPhoto(photoId);
    const drawn = await actions.drawFace(photoId, BOX, undefined, "user");
    const [a, b] = await Promise.all([
      actions.assignFaces([face!.id], { name: "Anna" }, "user"),
      actions.assignFaces([drawn.id], { name: "anna" }, "user"),
    ]);
    expect(a.personId).toBe(b.personId);
    expect(await test.persons.counts()).toMatchObject({ active: 1 });
  });
});
