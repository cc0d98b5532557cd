import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sql } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import type { PeopleDecision } from "../../core/people-decision.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../open-test-database.ts";
import { createPeopleDecisions, type PeopleDecisions } from "./people-decisions.ts";

let test: TestDatabase;
let people: PeopleDecisions;
let faces: readonly number[];
let changedPhotos: number[];

beforeEach(async () => {
  test = await openTestDatabase();
  changedPhotos = [];
  people = createPeopleDecisions({
    database: test.database,
    onPhotosChanged: async (_, photoIds) => {
      changedPhotos.push(...photoIds);
    },
  });
  faces = await addFaces(12);
});
afterEach(() => test.remove());

/** One face in each of so many photos, taken on consecutive days from 2020-01-01 on. */
async function addFaces(count: number): Promise<readonly number[]> {
  const day = 86_400_000;
  const photoIds = await test.photos.insertPhotos(
    Array.from({ length: count }, (_, i) => ({
      path: `/photos/${i}.jpg`,
      byteSize: 1,
      modifiedAtMs: Date.parse("2020-01-01") + i * day,
    })),
  );
  for (const photoId of photoIds) {
    const face = {
      normalizedBox: { x: 0.1, y: 0.1, width: 0.2, height: 0.2 },
      landmarks: [],
      score: 0.9,
      quality: 0.8,
    };
    const done = { status: "done", modelId: "m", durationMs: 1 } as const;
    await test.analyses.saveAnalysis(photoId, 1, makeAnalysis({ faces: [face] }, { faces: done }), []);
  }
  const rows = await test.database.reads.selectFrom("faces").select("id").orderBy("id").execute();
  return rows.map(({ id }) => id);
}

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const decide = (decision: PeopleDecision) => people.decide(decision, { actor: "user" });
const undo = (decisionId: number) => people.undo(decisionId, { actor: "user" });
const name = (n: number, text: string, faceIds: readonly number[]) =>
  decide({ kind: "face.assign", faceIds, personId: id(n), name: text });

/** Everything that derives from decisions. */
async function readState() {
  const { reads } = test.database;
  const persons = await reads.selectFrom("persons").selectAll().orderBy("id").execute();
  const states = await reads
    .selectFrom("faces")
    .select(["id", "personId", "assignment", "state", "isIgnored", "isRemoved", "clusterId"])
    // The row of a drawn face stays for when drawing it is brought back; without that decision nobody sees it.
    .where((eb) => eb.or([eb("origin", "!=", "drawn"), eb("isRemoved", "=", 0)]))
    .orderBy("id")
    .execute();
  return { persons, faces: states };
}
const personOf = async (faceId: number) =>
  (await readState()).faces.find((face) => face.id === faceId)?.personId ?? undefined;
const stateOf = async (faceId: number) => (await readState()).faces.find((face) => face.id === faceId)?.state;

/** What an algorithm would write. */
const match = (faceId: number, personId: string) =>
  test.database.writes
    .updateTable("faces")
    .set({ matchedPersonId: personId, matchedScore: 0.8, matchedSource: "prototype" })
    .where("id", "=", faceId)
    .execute();

describe("deciding about people", () => {
  it("names faces, and says which photos changed", async () => {
    const { decision } = await name(1, "  Zoë \n Ng ", faces.slice(0, 3));
    const { persons } = await readState();
    expect(persons).toMatchObject([{ id: id(1), name: "Zoë Ng", status: "active" }]);
    expect(await personOf(faces[2]!)).toBe(id(1));
    expect(await stateOf(faces[2]!)).toBe("confirmed");
    expect(changedPhotos).toHaveLength(3);
    expect(decision).toMatchObject({ kind: "face.assign", payload: { name: "Zoë Ng" } });
  });

  it("merges, and the faces follow through a chain of mergers", async () => {
    await name(1, "Anna", [faces[0]!]);
    await name(2, "Anne", [faces[1]!]);
    await name(3, "Ann", [faces[2]!]);
    const first = await decide({ kind: "person.merge", sourceIds: [id(1)], targetId: id(2) });
    await decide({ kind: "person.merge", sourceIds: [id(2)], targetId: id(3) });
    expect(await personOf(faces[0]!)).toBe(id(3));
    expect(await personOf(faces[1]!)).toBe(id(3));
    await undo(first.decision.id);
    expect(await personOf(faces[0]!)).toBe(id(1));
    expect(await personOf(faces[1]!)).toBe(id(3));
  });

  it("hands the birth date on in a merger where there was none", async () => {
    await name(1, "Anna", [faces[0]!]);
    await name(2, "Anne", [faces[1]!]);
    await decide({ kind: "person.update", personId: id(1), changes: { birthDate: "1990-05-01" } });
    const merger = await decide({ kind: "person.merge", sourceIds: [id(1)], targetId: id(2) });
    expect((await readState()).persons[1]).toMatchObject({ birthDate: "1990-05-01", status: "active" });
    await undo(merger.decision.id);
    expect((await readState()).persons[1]).toMatchObject({ birthDate: null });
  });

  it("lets a human outrank an algorithm, and keeps the algorithm's word for when the human takes it back", async () => {
    await name(1, "Anna", [faces[0]!]);
    await name(2, "Ben", [faces[1]!]);
    await match(faces[5]!, id(1));
    const rejection = await decide({ kind: "face.reject", faceIds: [faces[5]!], personId: id(1) });
    expect(await stateOf(faces[5]!)).toBe("rejected");
    const assignment = await decide({ kind: "face.assign", faceIds: [faces[5]!], personId: id(2) });
    expect(await personOf(faces[5]!)).toBe(id(2));
    await undo(assignment.decision.id);
    expect(await personOf(faces[5]!)).toBeUndefined();
    await undo(rejection.decision.id);
    expect(await personOf(faces[5]!)).toBe(id(1));
    expect(await stateOf(faces[5]!)).toBe("suggested");
  });

  it("lets an algorithm see nobody before birth", async () => {
    await name(1, "Anna", [faces[0]!]);
    await match(faces[3]!, id(1));
    await match(faces[8]!, id(1));
    await decide({ kind: "person.update", personId: id(1), changes: { birthDate: "2020-01-06" } });
    expect(await personOf(faces[3]!)).toBeUndefined();
    expect(await personOf(faces[8]!)).toBe(id(1));
    expect(await personOf(faces[0]!)).toBe(id(1));
  });

  it("frees the faces of somebody deleted, until that is undone", async () => {
    await name(1, "Anna", faces.slice(0, 2));
    await match(faces[4]!, id(1));
    const { decision } = await decide({ kind: "person.delete", personId: id(1) });
    expect(await personOf(faces[0]!)).toBeUndefined();
    expect(await personOf(faces[4]!)).toBeUndefined();
    await undo(decision.id);
    expect(await personOf(faces[0]!)).toBe(id(1));
    expect(await personOf(faces[4]!)).toBe(id(1));
  });

  it("splits faces off as another person, and back again", async () => {
    await name(1, "Anna", faces.slice(0, 4));
    const { decision } = await decide({
      kind: "person.split",
      personId: id(1),
      newPersonId: id(2),
      name: "Bea",
      faceIds: faces.slice(2, 4),
    });
    expect(await personOf(faces[3]!)).toBe(id(2));
    await undo(decision.id);
    expect(await personOf(faces[3]!)).toBe(id(1));
    expect((await readState()).persons).toHaveLength(1);
  });

  it("shows a face that a human drew only with the decision that says so", async () => {
    const normalizedBox = { x: 0.6, y: 0.6, width: 0.1, height: 0.1 };
    const [photoId] = (await test.photos.list({}, { sort: "oldest", limit: 1, offset: 0 })).map(
      (photo) => photo.id,
    );
    const drawn = { normalizedBox, landmarks: [], score: 1, quality: 0 };
    const faceId = await test.faces.insertDrawn(photoId!, drawn, "human");
    // A crash at this moment leaves nothing behind that anybody sees.
    expect(await test.faces.get(faceId)).toBeUndefined();
    const { decision } = await decide({ kind: "face.draw", faceId, photoId: photoId!, normalizedBox });
    expect(await test.faces.get(faceId)).toMatchObject({ origin: "drawn" });
    await undo(decision.id);
    expect(await test.faces.get(faceId)).toBeUndefined();
  });

  it("ignores strangers, removes what is no face, and restores both", async () => {
    await match(faces[0]!, id(1));
    await name(1, "Anna", [faces[5]!]);
    await decide({ kind: "face.ignore", faceIds: [faces[0]!] });
    await decide({ kind: "face.remove", faceIds: [faces[1]!] });
    expect((await readState()).faces.slice(0, 2)).toMatchObject([
      { isIgnored: 1, personId: null },
      { isRemoved: 1, personId: null },
    ]);
    await decide({ kind: "face.restore", faceIds: faces.slice(0, 2) });
    expect((await readState()).faces.slice(0, 2)).toMatchObject([
      { isIgnored: 0, personId: id(1) },
      { isRemoved: 0 },
    ]);
  });
});

describe("taking decisions back", () => {
  it("brings a decision into force again when its undo is undone", async () => {
    const { decision } = await name(1, "Anna", [faces[0]!]);
    const first = await undo(decision.id);
    expect(await personOf(faces[0]!)).toBeUndefined();
    expect((await readState()).persons).toEqual([]);
    await undo(first.decision.id);
    expect(await personOf(faces[0]!)).toBe(id(1));
    await expect(undo(decision.id)).rejects.toMatchObject({ code: "conflict" });
  });

  it("refuses to take back what later decisions build on, and says which", async () => {
    const naming = await name(1, "Anna", [faces[0]!]);
    const later = await decide({ kind: "face.assign", faceIds: [faces[1]!], personId: id(1) });
    const before = await readState();
    await expect(undo(naming.decision.id)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`decision ${later.decision.id}`) as string,
    });
    expect(await readState()).toEqual(before);
    await undo(later.decision.id);
    await undo(naming.decision.id);
    expect((await readState()).persons).toEqual([]);
  });

  it("refuses to bring a name back that somebody else has by now", async () => {
    await name(1, "Anna", [faces[0]!]);
    const { decision } = await decide({
      kind: "person.update",
      personId: id(1),
      changes: { name: "Hannah" },
    });
    await name(2, "ANNA", [faces[1]!]);
    await expect(undo(decision.id)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining('"ANNA"') as string,
    });
  });

  it("puts the parts of a cluster together in the order in which they came apart, and says so", async () => {
    const [a, b, c] = faces as [number, number, number];
    await test.faces.saveClusters([a, b, c].map((faceId) => ({ faceId, clusterId: "whole", score: 1 })));
    const divide = async (clusterId: string, parts: readonly (readonly [number, string])[]) =>
      (await people.splitCluster({ clusterId, parts }, { actor: "user" })).id;
    const first = await divide("whole", [
      [a, "left"],
      [b, "left"],
      [c, "right"],
    ]);
    const second = await divide("left", [
      [a, "top"],
      [b, "bottom"],
    ]);
    await expect(undo(first)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`decision ${second}`) as string,
    });
    await undo(second);
    const { decision } = await undo(first);
    const clusters = await test.faces.clustersOf([a, b, c]);
    expect([...clusters.values()]).toEqual(["whole", "whole", "whole"]);
    await divide("whole", [
      [a, "x"],
      [b, "y"],
    ]);
    await expect(undo(decision.id)).rejects.toMatchObject({ code: "conflict" });
  });

  it("never merges in a circle", async () => {
    await name(1, "Anna", [faces[0]!]);
    await name(2, "Bea", [faces[1]!]);
    const forth = await decide({ kind: "person.merge", sourceIds: [id(1)], targetId: id(2) });
    const back = await undo(forth.decision.id);
    await decide({ kind: "person.merge", sourceIds: [id(2)], targetId: id(1) });
    await expect(undo(back.decision.id)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("circle") as string,
    });
  });

  it("knows nothing of decisions that are not there or not about people", async () => {
    await expect(undo(99)).rejects.toMatchObject({ code: "not_found" });
    await test.photos.hide(1, "user");
    await expect(undo(1)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("replaying", () => {
  it("keeps a name that a face got by a decision about something else", async () => {
    await name(1, "Anna", [faces[0]!]);
    const { id: decisionId } = await test.database.writes
      .insertInto("decisions")
      .values({ kind: "duplicate.resolve", actor: "user", payload: "{}", inverse: "{}", decidedAt: 1 })
      .returning("id")
      .executeTakeFirstOrThrow();
    await test.database.writes
      .insertInto("faceFacts")
      .values({ decisionId, faceId: faces[4]!, field: "person", value: id(1), source: "human" })
      .execute();
    await people.replay();
    expect(await personOf(faces[4]!)).toBe(id(1));
    expect(await stateOf(faces[4]!)).toBe("confirmed");
  });
});

describe("what cannot be decided", () => {
  const cases: readonly [string, PeopleDecision, string][] = [
    ["an unknown person", { kind: "person.delete", personId: id(9) }, "not_found"],
    ["an unknown face", { kind: "face.assign", faceIds: [1, 999], personId: id(1) }, "not_found"],
    ["no faces", { kind: "face.assign", faceIds: [], personId: id(1) }, "bad_request"],
    ["a name taken in another case", { kind: "person.create", personId: id(9), name: "aNNa" }, "conflict"],
    ["an empty name", { kind: "person.create", personId: id(9), name: " \u200e \n" }, "bad_request"],
    [
      "a name of 300 characters",
      { kind: "person.create", personId: id(9), name: "é".repeat(300) },
      "bad_request",
    ],
    ["a merger into itself", { kind: "person.merge", sourceIds: [id(1)], targetId: id(1) }, "bad_request"],
    [
      "a split of foreign faces",
      { kind: "person.split", personId: id(1), newPersonId: id(9), name: "New", faceIds: [3] },
      "conflict",
    ],
    [
      "a split of all faces",
      { kind: "person.split", personId: id(1), newPersonId: id(9), name: "New", faceIds: [1] },
      "conflict",
    ],
    [
      "a birth date that is none",
      { kind: "person.update", personId: id(1), changes: { birthDate: "2001-02-30" } },
      "bad_request",
    ],
    ["no change", { kind: "person.update", personId: id(1), changes: {} }, "bad_request"],
    [
      "a foreign face as the picture",
      { kind: "person.update", personId: id(1), changes: { representativeFaceId: 3 } },
      "conflict",
    ],
  ];
  it.each(cases)("%s", async (_, decision, code) => {
    await name(1, "Anna", [faces[0]!]);
    const before = await readState();
    await expect(decide(decision)).rejects.toMatchObject({ code });
    expect(await readState()).toEqual(before);
  });

  it("takes names in any script", async () => {
    for (const [i, text] of ["王小明", "محمد", "Ælfgifu O’Neill", "नेहा", "👩‍🚀", "ß"].entries()) {
      await decide({ kind: "person.create", personId: id(i), name: text });
    }
    expect((await readState()).persons).toHaveLength(6);
  });
});

/** A small generator of pseudo-random numbers (mulberry32), so that a failure can be repeated. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("a thousand random actions", () => {
  /** Carries out so many actions of every kind and gives the ids of all decisions; refused ones change nothing. */
  async function act(count: number, random: () => number): Promise<number[]> {
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
    const some = () => faces.filter(() => random() < 0.2);
    let persons = 0;
    const person = () => id(Math.max(0, persons - 1 - Math.floor(random() * 8)));
    const newPerson = () => id(persons++);
    let nextName = 0;
    const fromMetadata = (decision: PeopleDecision) =>
      people.decide(decision, { actor: "metadata", source: "metadata" });
    const actions: Record<string, () => Promise<{ readonly decision: { readonly id: number } }>> = {
      create: () => decide({ kind: "person.create", personId: newPerson(), name: `P${nextName++}` }),
      name: () =>
        decide({ kind: "face.assign", faceIds: some(), personId: newPerson(), name: `P${nextName++}` }),
      assign: () => decide({ kind: "face.assign", faceIds: some(), personId: person() }),
      metadata: () => fromMetadata({ kind: "face.assign", faceIds: some(), personId: person() }),
      newFromMetadata: () =>
        fromMetadata({ kind: "face.assign", faceIds: some(), personId: newPerson(), name: `P${nextName++}` }),
      reject: () => decide({ kind: "face.reject", faceIds: some(), personId: person() }),
      merge: () => decide({ kind: "person.merge", sourceIds: [person()], targetId: person() }),
      mergeSeveral: () =>
        decide({ kind: "person.merge", sourceIds: [person(), person()], targetId: person() }),
      mergeMerged: () => mergeMerged(pick, person()),
      split: () => split(pick, newPerson(), `P${nextName++}`),
      delete: () => decide({ kind: "person.delete", personId: person() }),
      rename: () =>
        decide({ kind: "person.update", personId: person(), changes: { name: `P${nextName % 5}` } }),
      birthDate: () =>
        decide({ kind: "person.update", personId: person(), changes: { birthDate: "2020-01-05" } }),
      hide: () =>
        decide({ kind: "person.update", personId: person(), changes: { isHidden: random() < 0.5 } }),
      distinguish: () => decide({ kind: "person.distinguish", personIds: [person(), person()] }),
      ignore: () => decide({ kind: "face.ignore", faceIds: some() }),
      remove: () => decide({ kind: "face.remove", faceIds: some() }),
      restore: () => decide({ kind: "face.restore", faceIds: some() }),
      draw: () => draw(random),
      drawAgain: () => decide({ kind: "face.assign", faceIds: [pick(drawn)], personId: person() }),
      divide: () => divide(pick, random),
      undoAny: () => undo(1 + Math.floor(random() * (decisions.length + 1))),
      undoLast: () => undo(decisions.at(-1) ?? 1),
    };
    const kinds = new Set<string>();
    const decisions: number[] = [];
    for (let i = 0; i < count; i++) {
      const [kind, carryOut] = pick(Object.entries(actions));
      const done = await carryOut().catch((error: unknown) => {
        // Refused is well; broken is not.
        if (error instanceof KeepsightError && error.code !== "internal") return undefined;
        throw error;
      });
      if (done === undefined) continue;
      decisions.push(done.decision.id);
      kinds.add(kind);
    }
    expect([...kinds].toSorted()).toEqual(Object.keys(actions).toSorted());
    return decisions;
  }

  /** Somebody into whom others were merged becomes part of a third. */
  async function mergeMerged(pick: <T>(values: readonly T[]) => T, targetId: string) {
    const { rows } = await sql<{ id: string }>`
      select distinct merged_into_id as id from persons where status = 'merged'
    `.execute(test.database.reads);
    return decide({ kind: "person.merge", sourceIds: [pick(rows)?.id ?? id(0)], targetId });
  }

  async function split(pick: <T>(values: readonly T[]) => T, newPersonId: string, text: string) {
    const named = Map.groupBy(
      (await readState()).faces.filter(({ personId }) => personId !== null),
      ({ personId }) => personId!,
    );
    const [personId, own] = pick([...named, [id(0), []] as const]);
    const faceIds = own.slice(1).map((face) => face.id);
    return decide({ kind: "person.split", personId, newPersonId, name: text, faceIds });
  }

  const drawn: number[] = [];
  async function draw(random: () => number) {
    const normalizedBox = { x: random() / 2, y: 0.6, width: 0.1, height: 0.1 };
    const photoId = 1 + Math.floor(random() * 12);
    const face = { normalizedBox, landmarks: [], score: 1, quality: 0 };
    const faceId = await test.faces.insertDrawn(photoId, face, "human");
    drawn.push(faceId);
    return decide({ kind: "face.draw", faceId, photoId, normalizedBox });
  }

  let divisions = 0;
  async function divide(pick: <T>(values: readonly T[]) => T, random: () => number) {
    const clusterId = pick([...(await test.faces.clustersOf(faces)).values()]);
    const members = await test.faces.facesOfCluster(clusterId);
    const division = divisions++;
    const parts = members.map((id) => [id, `part ${division} ${Math.floor(random() * 3)}`] as const);
    return { decision: await people.splitCluster({ clusterId, parts }, { actor: "user" }) };
  }

  it("leave nothing when all are undone, and replay to the same state", { timeout: 120_000 }, async () => {
    // What it is about is not what the disk does: see test/people-kill.test.ts for that.
    await sql`pragma synchronous = off`.execute(test.database.writes);
    await match(faces[3]!, id(2));
    await match(faces[7]!, id(5));
    await test.faces.saveClusters(faces.map((faceId) => ({ faceId, clusterId: "whole", score: 1 })));
    const untouched = await readState();
    const decisions = await act(1000, createRandom(7));
    expect(decisions.length).toBeGreaterThan(300);
    const reached = await readState();
    await people.replay();
    expect(await readState()).toEqual(reached);
    const tips = decisions.toReversed();
    for (const decisionId of tips) {
      const { kind } = await test.database.reads
        .selectFrom("decisions")
        .select("kind")
        .where("id", "=", decisionId)
        .executeTakeFirstOrThrow();
      if (kind !== "undo") await undoIfInForce(decisionId);
    }
    expect(await readState()).toEqual(untouched);
    await people.replay();
    expect(await readState()).toEqual(untouched);
  });

  /** Takes a decision back where it counts. */
  async function undoIfInForce(decisionId: number): Promise<void> {
    let tip = decisionId;
    for (let undos = 0; ; undos++) {
      const later = await test.database.reads
        .selectFrom("decisions")
        .select("id")
        .where("undoes", "=", tip)
        .executeTakeFirst();
      if (later === undefined) {
        if (undos % 2 === 0) await undo(tip);
        return;
      }
      tip = later.id;
    }
  }
});
