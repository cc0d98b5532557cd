import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Face, HistoryPage, Person, PersonPage } from "../../src/api/people.ts";
import type { Problem } from "../../src/api/common.ts";
import type { SearchResult } from "../../src/api/search.ts";
import type { SimilarResult } from "../../src/api/similar.ts";
import { DATABASE_FILE } from "../../src/database/database.ts";
import { hasShared, sharedPath } from "../shared-files.ts";
import { openTestLibrary, type TestLibrary } from "./open-test-library.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const NO_FACE = 987_654_321;

let test: TestLibrary;

beforeAll(async () => {
  test = await openTestLibrary();
});

afterAll(() => test.close());

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

async function call<T = Problem>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
  const response = await fetch(`${test.url}/api/v1${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: JSON.parse(await response.text()) as T };
}
const get = async <T>(path: string) => (await call<T>("GET", path)).body;
const post = <T = Problem>(path: string, body?: unknown) => call<T>("POST", path, body ?? {});

async function drawFaces(count: number, photo = "red.jpg"): Promise<number[]> {
  const ids: number[] = [];
  for (let i = 0; i < count; i++) {
    const box = { x: (i % 9) * 0.1, y: Math.floor(i / 9) * 0.2, width: 0.09, height: 0.19 };
    const { body } = await post<Face>(`/faces/photos/${test.idOf(photo)}`, { box });
    ids.push(body.id);
  }
  return ids;
}

/** Those of these faces that can be compared. */
async function embeddedOf(faceIds: readonly number[]): Promise<readonly number[]> {
  const { modelId } = await get<{ modelId: string }>("/faces/stats");
  return (await test.library.people.faces.embedded({ modelId, faceIds })).faceIds;
}

/** As though a disk had lost it. */
function forgetEmbedding(faceId: number): void {
  const database = new DatabaseSync(join(test.dataDirectory, DATABASE_FILE), { timeout: 5000 });
  database.exec(`delete from embeddings where owner_kind = 'face' and owner_id = ${faceId}`);
  database.close();
}

/** What is left paused would stop every test after it. */
async function whilePaused<T>(kind: string, work: () => Promise<T>): Promise<T> {
  const turn = (way: string) => fetch(`${test.url}/api/v1/queues/${kind}/${way}`, { method: "POST" });
  await turn("pause");
  try {
    return await work();
  } finally {
    await turn("resume");
  }
}

let names = 0;
/** A person with faces of its own, and a name that nobody had. */
async function addPerson(faceCount = 3): Promise<{ id: string; name: string; faces: number[] }> {
  const name = `Somebody ${++names}`;
  const faces = await drawFaces(faceCount);
  const { body } = await post<{ personId: string }>("/faces/assign", { faceIds: faces, name });
  return { id: body.personId, name, faces };
}

/** Everything that a user can see of people, without the times at which it was seen. */
async function readState() {
  const persons = await get<PersonPage>(
    "/persons?pageSize=100&status=active&status=hidden&status=merged&status=deleted",
  );
  const { items } = await test.library.people.faces.list({ isLost: false, limit: 1000, offset: 0 });
  const faces = await get<{ items: Face[] }>(`/faces/photos/${test.idOf("red.jpg")}`);
  const history = await get<HistoryPage>("/history?pageSize=1");
  // What changes without anybody having decided something does not count.
  const toSeen = (person: Person) => ({ ...person, createdAt: "", updatedAt: "", prototypeCount: 0 });
  return {
    persons: persons.items.map(toSeen).toSorted((a, b) => (String(a["id"]) < String(b["id"]) ? -1 : 1)),
    faces: [...faces.items, ...items]
      .map(({ id, personId, state }) => [id, personId, state])
      .toSorted(([a], [b]) => Number(a) - Number(b)),
    decisions: history.total,
  };
}

describe("what cannot be done with people", () => {
  let ann: Awaited<ReturnType<typeof addPerson>>;
  let bo: Awaited<ReturnType<typeof addPerson>>;
  let free: number[];
  beforeAll(async () => {
    ann = await addPerson();
    bo = await addPerson();
    free = await drawFaces(2);
    await test.library.people.faces.saveClusters([
      ...ann.faces.map((faceId) => ({ faceId, clusterId: "clu_aaaaaaaaaaaa", score: 1 })),
      ...free.map((faceId) => ({ faceId, clusterId: "clu_bbbbbbbbbbbb", score: 1 })),
    ]);
    await test.library.runner.whenIdle();
  });

  type Case = readonly [what: string, status: number, request: () => Promise<Answer<Problem>>, text: RegExp];
  const cases: readonly Case[] = [
    ["a person nobody knows", 404, () => call("GET", `/persons/${NOBODY}`), /no person/i],
    ["an id that is none", 400, () => call("GET", "/persons/7"), /UUID/i],
    ["changing nobody", 404, () => call("PUT", `/persons/${NOBODY}`, { name: "X" }), /no person/i],
    ["deleting nobody", 404, () => call("DELETE", `/persons/${NOBODY}`), /no person/i],
    ["photos of nobody", 404, () => call("GET", `/persons/${NOBODY}/photos`), /no person/i],
    ["a face nobody knows", 404, () => post(`/faces/${NO_FACE}/assign`, { name: "X" }), /no (?:such )?face/i],
    ["rejecting such a face", 404, () => post(`/faces/${NO_FACE}/reject`), /no (?:such )?face/i],
    ["a face for nobody", 404, () => post(`/faces/${free[0]}/assign`, { personId: NOBODY }), /no person/i],
    [
      "a face for two",
      400,
      () => post(`/faces/${free[0]}/assign`, { personId: ann.id, name: "X" }),
      /either personId or name/,
    ],
    ["a face for nobody at all", 400, () => post(`/faces/${free[0]}/assign`), /either personId or name/],
    ["rejecting a face of nobody", 409, () => post(`/faces/${free[0]}/reject`), /personId/],
    [
      "rejecting faces of two at once",
      409,
      () => post("/faces/reject", { faceIds: [ann.faces[0], bo.faces[0]] }),
      /personId/,
    ],
    ["no faces", 400, () => post("/faces/assign", { faceIds: [], name: "X" }), /faceIds/],
    [
      "a list of faces that is too long",
      400,
      () => post("/faces/assign", { faceIds: Array.from({ length: 50_001 }, (_, i) => i + 1), name: "X" }),
      /faceIds/,
    ],
    [
      "one unknown face among many",
      404,
      () => post("/faces/assign", { faceIds: [...free, NO_FACE], name: "X" }),
      /face/i,
    ],
    ["merging into itself", 400, () => post(`/persons/${ann.id}/merge`, { intoPersonId: ann.id }), /itself/],
    ["merging into nobody", 404, () => post(`/persons/${ann.id}/merge`, { intoPersonId: NOBODY }), /person/],
    ["merging nobody", 404, () => post(`/persons/${NOBODY}/merge`, { intoPersonId: ann.id }), /person/],
    [
      "merging several with the target among them",
      400,
      () => post("/persons/merge", { sourcePersonIds: [bo.id, ann.id], targetPersonId: ann.id }),
      /itself/,
    ],
    [
      "splitting off faces of somebody else",
      409,
      () => post(`/persons/${ann.id}/split`, { faceIds: [bo.faces[0]], name: "X" }),
      /face/i,
    ],
    [
      "splitting off all faces",
      409,
      () => post(`/persons/${ann.id}/split`, { faceIds: ann.faces, name: "X" }),
      /every face/i,
    ],
    [
      "splitting off under the person's own name",
      409,
      () => post(`/persons/${ann.id}/split`, { faceIds: [ann.faces[0]], name: ann.name }),
      /name/i,
    ],
    ["a name of 300 characters", 400, () => post("/persons", { name: "x".repeat(300) }), /255/],
    ["renaming so", 400, () => call("PUT", `/persons/${ann.id}`, { name: "я".repeat(300) }), /255/],
    [
      "naming a cluster so",
      400,
      () => post("/faces/clusters/clu_bbbbbbbbbbbb/label", { name: "z".repeat(300) }),
      /255/,
    ],
    ["an endless name", 400, () => post("/persons", { name: "x".repeat(5000) }), /name/],
    ["a name of nothing", 400, () => post("/persons", { name: " \u200b\u0007 " }), /visible/],
    [
      "a name taken but for its case",
      409,
      () => post("/persons", { name: ann.name.toUpperCase() }),
      /already|taken|exists/i,
    ],
    [
      "renaming to such a name",
      409,
      () => call("PUT", `/persons/${bo.id}`, { name: ann.name.toLowerCase() }),
      /already|taken|exists/i,
    ],
    ["a name that is a number", 400, () => post("/persons", { name: 7 }), /name/],
    [
      "a birth date that is none",
      400,
      () => call("PUT", `/persons/${ann.id}`, { birthDate: "1990-02-30" }),
      /birthDate/,
    ],
    [
      "a field that persons do not have",
      400,
      () => call("PUT", `/persons/${ann.id}`, { colour: "red" }),
      /colour/,
    ],
    ["no change at all", 400, () => call("PUT", `/persons/${ann.id}`, {}), /chang/i],
    [
      "somebody else's face as the picture",
      409,
      () => post(`/persons/${ann.id}/thumbnail`, { faceId: bo.faces[0] }),
      /face/i,
    ],
    [
      "telling somebody from himself",
      400,
      () => post(`/persons/${ann.id}/distinguish`, { otherPersonId: ann.id }),
      /two|itself|same/i,
    ],
    [
      "a cluster nobody knows",
      404,
      () => post("/faces/clusters/clu_000000000000/label", { name: "X" }),
      /cluster/,
    ],
    ["looking at it", 404, () => call("GET", "/faces/clusters/clu_000000000000"), /cluster/],
    ["splitting it", 404, () => post("/faces/clusters/clu_000000000000/split"), /cluster/],
    [
      "a cluster labelled twice",
      409,
      () => post("/faces/clusters/clu_aaaaaaaaaaaa/label", { name: "X" }),
      /named already/,
    ],
    [
      "a face outside the photo",
      400,
      () => post(`/faces/photos/${test.idOf("red.jpg")}`, { box: { x: 0.9, y: 0, width: 0.5, height: 0.1 } }),
      /box/,
    ],
    [
      "a face without size",
      400,
      () => post(`/faces/photos/${test.idOf("red.jpg")}`, { box: { x: 0.1, y: 0, width: 0, height: 0.1 } }),
      /width/,
    ],
    [
      "a face in a photo nobody knows",
      404,
      () => post("/faces/photos/987654321", { box: { x: 0, y: 0, width: 1, height: 1 } }),
      /photo/,
    ],
    ["undoing what was never decided", 404, () => post("/history/987654321/undo"), /decision/],
    ["looking for faces in a photo nobody knows", 404, () => post("/faces/detect/987654321"), /photo/],
    ["clustering by a method there is not", 400, () => post("/faces/cluster", { method: "magic" }), /method/],
    [
      "clustering a month that is none",
      400,
      () => post("/faces/cluster", { timeBucket: "2024-13" }),
      /month/,
    ],
    ["training with a margin below zero", 400, () => post("/faces/train", { margin: -1 }), /margin/],
    ["searching by a face nobody knows", 404, () => post("/search/face", { faceId: NO_FACE }), /face/],
    ["searching by nothing", 400, () => post("/search/face"), /faceId/],
  ];

  it.each(cases)("says what is wrong with %s, and changes nothing", async (_what, status, request, text) => {
    const before = await readState();
    const { status: answered, body } = await request();
    expect(answered, JSON.stringify(body)).toBe(status);
    expect(body).toMatchObject({ status, code: expect.any(String), detail: expect.stringMatching(text) });
    expect(await readState()).toEqual(before);
  });
});

describe("people over HTTP", () => {
  it("takes names in any script, finds them again in any case, and keeps them as they were written", async () => {
    for (const name of ["Ærøskøbing Æ", "Дарья", "花子", "محمد", "दीपा", "José\u0301", "O'Brien 👩‍👧"]) {
      const { status, body } = await post<Person>("/persons", { name });
      expect(status, name).toBe(201);
      expect(body.name).toBe(name.normalize("NFC"));
      expect((await post("/persons", { name: name.toLowerCase() })).status, name).toBe(409);
    }
  });

  it("names a cluster, gives its faces, and takes the name back", async () => {
    const faces = await drawFaces(3);
    await test.library.people.faces.saveClusters(
      faces.map((faceId) => ({ faceId, clusterId: "clu_cccccccccccc", score: 1 })),
    );
    const before = await readState();
    const { body } = await post<{ personId: string; facesLabeled: number; decisionId: number }>(
      "/faces/clusters/clu_cccccccccccc/label",
      { name: "Named by cluster" },
    );
    expect(body).toMatchObject({ facesLabeled: 3, personName: "Named by cluster" });
    expect((await get<{ total: number }>(`/persons/${body.personId}/faces`)).total).toBe(3);
    expect((await post(`/history/${body.decisionId}/undo`)).status).toBe(200);
    expect({ ...(await readState()), decisions: 0 }).toEqual({ ...before, decisions: 0 });
    expect((await post(`/history/${body.decisionId}/undo`)).body).toMatchObject({ code: "conflict" });
  });

  it("lists strangers that were ignored, and brings them back", async () => {
    const [stranger, other] = await drawFaces(2, "rome.jpg");
    const ignored = async () =>
      (
        await get<{ items: Face[]; total: number }>("/faces/unassigned?isIgnored=true&pageSize=100")
      ).items.map(({ id }) => id);
    expect(await ignored()).not.toContain(stranger);
    await post("/faces/ignore", { faceIds: [stranger] });
    expect(await ignored()).toContain(stranger);
    expect(await ignored()).not.toContain(other);
    const open = await get<{ items: Face[] }>("/faces/unassigned?pageSize=100");
    expect(open.items.map(({ id }) => id)).not.toContain(stranger);
    await post("/faces/restore", { faceIds: [stranger] });
    expect(await ignored()).not.toContain(stranger);
  });

  it("hides several persons by one decision, all of them or nobody, and brings them back", async () => {
    const [one, two] = [await addPerson(), await addPerson()];
    const before = await readState();
    expect((await post("/persons/hide", { personIds: [one.id, NOBODY] })).status).toBe(404);
    expect(await readState()).toEqual(before);
    const { body } = await post<{ decisionId: number }>("/persons/hide", {
      personIds: [one.id, two.id, one.id],
    });
    const hidden = await get<PersonPage>("/persons?status=hidden&pageSize=100");
    expect(hidden.items.map(({ id }) => id).toSorted()).toEqual([one.id, two.id].toSorted());
    const { items } = await get<HistoryPage>("/history?pageSize=1");
    expect(items[0]).toMatchObject({ id: body.decisionId, summary: `Hid ${one.name}, ${two.name}` });
    await post("/persons/hide", { personIds: [one.id], isHidden: false });
    expect(await get(`/persons/${one.id}`)).toMatchObject({ status: "active" });
    expect(await get(`/persons/${two.id}`)).toMatchObject({ status: "hidden" });
    const newest = await get<HistoryPage>("/history?pageSize=1");
    for (const id of [newest.items[0]!.id, body.decisionId]) await post(`/history/${id}/undo`);
    expect({ ...(await readState()), decisions: 0 }).toEqual({ ...before, decisions: 0 });
  });

  it("merges and splits, and undoes both in the order of doing them", async () => {
    const [one, two] = [await addPerson(), await addPerson()];
    await call("PUT", `/persons/${two.id}`, { birthDate: "2001-02-03" });
    const before = await readState();
    const merged = await post<{ facesMoved: number; decisionId: number }>(`/persons/${two.id}/merge`, {
      intoPersonId: one.id,
    });
    expect(merged.body.facesMoved).toBe(3);
    expect(await get(`/persons/${one.id}`)).toMatchObject({ faceCount: 6, birthDate: "2001-02-03" });
    expect(await get(`/persons/${two.id}`)).toMatchObject({ status: "merged", mergedIntoId: one.id });
    const split = await post<{ person: Person }>(`/persons/${one.id}/split`, {
      faceIds: [one.faces[0]],
      name: "Split off over HTTP",
    });
    expect(split.body.person.faceCount).toBe(1);
    const { items } = await get<HistoryPage>("/history?pageSize=1");
    await post(`/history/${merged.body.decisionId}/undo`);
    await post(`/history/${items[0]!.id}/undo`);
    expect({ ...(await readState()), decisions: 0 }).toEqual({ ...before, decisions: 0 });
  });

  it("describes drawn faces in the background, so that they can be compared", async () => {
    const [face] = await drawFaces(1, "rome.jpg");
    await test.library.runner.whenIdle();
    expect(await embeddedOf([face!])).toEqual([face]);
    const found = await post<{ items: { face: Face }[] }>("/search/face", {
      faceId: face,
      minSimilarity: -1,
    });
    expect(found.status).toBe(200);
    expect(found.body.items.map((item) => item.face.id)).not.toContain(face);
  });

  it("says why training changes nothing while too few people are named", async () => {
    const { body } = await post<{ isUsed: boolean; reason: string }>("/faces/train", { epochs: 1 });
    expect(body).toMatchObject({ isUsed: false, modelCheckpoint: null, finalTrainLoss: null });
    expect(body.reason).toMatch(/10 persons with 5 confirmed faces/);
  });

  it("describes each of many faces drawn at once, though the first are being described already", async () => {
    const faceIds = await drawFaces(12, "green.jpg");
    await test.library.runner.whenIdle();
    expect(await embeddedOf(faceIds)).toEqual(faceIds);
    await post("/faces/remove", { faceIds });
  });

  it("does not wait for looking that a person has paused, and does it once that is resumed", async () => {
    const [face] = await drawFaces(1, "green.jpg");
    await test.library.runner.whenIdle();
    forgetEmbedding(face!);
    const { status, body } = await whilePaused("analyse", () => post("/faces/find-orphans", { fix: true }));
    expect(status, JSON.stringify(body)).toBe(409);
    expect(body.detail).toMatch(/paused/);
    await test.library.runner.whenIdle();
    expect(await embeddedOf([face!])).toEqual([face]);
  });

  it("needs no body where every field has a default", async () => {
    for (const path of ["/faces/cluster", "/faces/cluster/dual", "/faces/centroids", "/faces/find-orphans"]) {
      const { status, body } = await call("POST", path);
      expect(status, `${path}: ${JSON.stringify(body)}`).toBe(200);
    }
  });

  it("tells when a round ran and why the next was skipped", async () => {
    await test.library.people.upkeep.runRound();
    await test.library.people.upkeep.runRound();
    expect(await get("/faces/stats")).toMatchObject({
      lastRun: { at: expect.stringMatching(/^\d{4}-/) },
      lastSkip: { reason: "No new face since the last run." },
    });
    const { items } = await get<{ items: { kind: string; state: string }[] }>(
      "/jobs?kind=maintenance.nightly",
    );
    expect(items).toMatchObject([{ state: "queued" }]);
  });
});

const PHOTOS = "photos/people/ten-identities/images";
describe.skipIf(!hasShared("faces of sent pictures", PHOTOS))("faces of sent pictures", () => {
  let pictures: { one: Blob; same: Blob; other: Blob };
  beforeEach(async () => {
    const people = (await readdir(sharedPath(PHOTOS), { withFileTypes: true })).filter((entry) =>
      entry.isDirectory(),
    );
    const files = await Promise.all(
      people
        .slice(0, 2)
        .map(async ({ name }) =>
          (await readdir(sharedPath(`${PHOTOS}/${name}`))).map((file) =>
            sharedPath(`${PHOTOS}/${name}/${file}`),
          ),
        ),
    );
    const read = async (path: string) => new Blob([new Uint8Array(await readFile(path))]);
    pictures = {
      one: await read(files[0]![0]!),
      same: await read(files[0]![1]!),
      other: await read(files[1]![0]!),
    };
  });

  async function send<T>(path: string, parts: Readonly<Record<string, Blob | string>>): Promise<Answer<T>> {
    const form = new FormData();
    for (const [name, part] of Object.entries(parts)) {
      if (typeof part === "string") form.append(name, part);
      else form.append(name, part, `${name}.jpg`);
    }
    const response = await fetch(`${test.url}/api/v1${path}`, { method: "POST", body: form });
    return { status: response.status, body: (await response.json()) as T };
  }
  interface Seen {
    readonly faces: readonly {
      bbox: { width: number };
      embedding?: number[];
      candidates?: { personName: string; isMatch: boolean }[];
    }[];
  }

  it("are found, with embeddings only where they are wanted", async () => {
    const plain = await send<Seen>("/faces/detect", { file: pictures.one });
    expect(plain.body.faces[0]!.bbox.width).toBeGreaterThan(20);
    expect(plain.body.faces[0]!.embedding).toBeUndefined();
    const full = await send<Seen>("/faces/full", { file: pictures.one });
    expect(full.body.faces[0]!.embedding!.length).toBeGreaterThanOrEqual(128);
    const none = await send<Seen>("/faces/detect", { file: pictures.one, minFaceSize: "5000" });
    expect(none.body.faces).toEqual([]);
    expect(await readdir(`${test.dataDirectory}/uploads/incoming`)).toEqual([]);
  });

  it("are compared with each other, and say when there is none", async () => {
    const same = await send("/faces/verify", { file1: pictures.one, file2: pictures.same });
    expect(same.body).toMatchObject({ isMatch: true, notice: null });
    const different = await send("/faces/verify", { file1: pictures.one, file2: pictures.other });
    expect(different.body).toMatchObject({ isMatch: false });
    const blank = new Blob([new Uint8Array(await readFile(`${test.folder}/red.jpg`))]);
    const none = await send("/faces/verify", { file1: pictures.one, file2: blank });
    expect(none.body).toMatchObject({
      isMatch: false,
      similarity: null,
      notice: expect.stringContaining("file2.jpg"),
    });
  });

  it("are taken in, found again, and recognised once they are named", async () => {
    const added = await send<{ photoId: number; faces: Face[] }>("/faces/ingest", { file: pictures.one });
    expect(added.status).toBe(200);
    expect(added.body.faces.length).toBeGreaterThan(0);
    const [face] = added.body.faces;
    const again = await post<{ faceIds: number[] }>(`/faces/detect/${added.body.photoId}`);
    expect(again.body.faceIds).toEqual(added.body.faces.map(({ id }) => id).toSorted((a, b) => a - b));
    const found = await send<{ items: { face: Face; similarity: number }[] }>("/search/face", {
      file: pictures.same,
    });
    expect(found.body.items.map((item) => item.face.id)).toContain(face!.id);
    await post(`/faces/${face!.id}/assign`, { name: "Recognised from a picture" });
    const seen = await send<Seen>("/faces/recognize", { file: pictures.same });
    expect(seen.body.faces[0]!.candidates![0]).toMatchObject({
      personName: "Recognised from a picture",
      isMatch: true,
    });
  });

  it.each([
    ["no picture", "/faces/detect", {}, 400, /file/],
    ["what is no picture", "/faces/full", { file: new Blob(["no picture"]) }, 415, /file\.jpg/],
  ] as const)("refuse %s", async (_what, path, parts, status, text) => {
    const { status: answered, body } = await send<Problem>(path, parts as Record<string, Blob | string>);
    expect(answered, JSON.stringify(body)).toBe(status);
    expect(body.detail).toMatch(text);
  });

  it("that lost their embedding are found, and described anew", async () => {
    const { body } = await send<{ faces: Face[] }>("/faces/ingest", { file: pictures.other });
    const faceId = body.faces[0]!.id;
    forgetEmbedding(faceId);
    type Found = { orphans: { faceId: number }[]; fixed: { photosProcessed: number; errors: number } | null };
    const found = await post<Found>("/faces/find-orphans");
    expect(found.body).toMatchObject({ orphans: [{ faceId, photoId: body.faces[0]!.photoId }], fixed: null });
    const fixed = await post<Found>("/faces/find-orphans", { fix: true });
    expect(fixed.body.fixed).toMatchObject({ photosProcessed: 1, errors: 0 });
    expect((await post<Found>("/faces/find-orphans")).body.orphans).toEqual([]);
  });

  it("are searched for together, each where it is, and by name with the boxes of that person's faces", async () => {
    const taken = async (parts: Readonly<Record<string, Blob>>) =>
      (await send<{ photoId: number; faces: Face[] }>("/faces/ingest", parts)).body;
    const halves = await Promise.all(
      [pictures.same, pictures.other].map(async (picture) =>
        sharp(Buffer.from(await picture.arrayBuffer()))
          .resize({ width: 250, height: 250, fit: "cover" })
          .toBuffer(),
      ),
    );
    const beside = await sharp({ create: { width: 500, height: 250, channels: 3, background: "grey" } })
      .composite(halves.map((input, i) => ({ input, left: i * 250, top: 0 })))
      .jpeg({ quality: 95 })
      .toBuffer();
    const together = await taken({ file: new Blob([new Uint8Array(beside)]) });
    const alone = await taken({ file: pictures.one });
    const other = await taken({ file: pictures.other });
    // Both portraits may show somebody in the background.
    const largest = ({ faces }: { faces: Face[] }) => faces.toSorted((a, b) => b.box.width - a.box.width)[0]!;
    const faceIds = [largest(alone).id, largest(other).id];
    const search = async (body: object) => (await post<SimilarResult>("/search/faces", body)).body;
    const photosOf = ({ items }: SimilarResult) => items.map(({ photo }) => photo.id);

    const all = await search({ faceIds });
    expect(photosOf(all)).toEqual([together.photoId]);
    expect(all).toMatchObject({ total: 1, method: "faces", verdict: "strong" });
    const [left, right] = all.items[0]!.boxes.toSorted((a, b) => a.x - b.x);
    expect(all.items[0]!.boxes).toHaveLength(2);
    expect(left!.x + left!.width).toBeLessThan(0.5);
    expect(right!.x).toBeGreaterThan(0.5);
    const any = photosOf(await search({ faceIds, mode: "any" }));
    for (const { photoId } of [together, alone, other]) expect(any).toContain(photoId);
    expect(photosOf(await search({ faceIds: [faceIds[0]], mode: "all" }))).not.toContain(other.photoId);
    expect(await search({ faceIds, filter: { camera: "nobody has this" } })).toMatchObject({
      items: [],
      verdict: "nothing",
    });

    const seen = together.faces.filter(({ box: { x, width } }) => x + width > 0.5);
    await post("/faces/assign", { faceIds: [largest({ faces: seen }).id], name: "Ottilie Rechts" });
    await test.library.runner.whenIdle();
    const named = await get<SearchResult>('/search?q="ottilie"&mode=keyword');
    expect(named.items.map(({ photo }) => photo.id)).toContain(together.photoId);
    const hit = named.items.find(({ photo }) => photo.id === together.photoId)!;
    const { boxes } = hit.reasons.find(({ channel }) => channel === "people")!;
    expect(boxes).toEqual([largest({ faces: seen }).box]);
  });

  it("refuse a confidence that is none, and one picture where two are needed", async () => {
    const wrong = await send<Problem>("/faces/detect", { file: pictures.one, minConfidence: "high" });
    expect(wrong.body).toMatchObject({ status: 400, errors: [{ field: "minConfidence" }] });
    const { status, body } = await send<Problem>("/faces/verify", { file1: pictures.one });
    expect(status).toBe(400);
    expect(body.detail).toMatch(/file1.*file2/);
  });
});

describe("a picture that is too large", () => {
  it("is refused with its limit, and nothing of it stays", async () => {
    const small = await openTestLibrary({ settings: { KEEPSIGHT_MAX_UPLOAD_MB: "0.01" }, files: {} });
    try {
      const form = new FormData();
      form.append("file", new Blob([new Uint8Array(100_000)]), "large.jpg");
      const response = await fetch(`${small.url}/api/v1/faces/detect`, { method: "POST", body: form });
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ code: "too_large" });
      expect(await readdir(join(small.dataDirectory, "uploads", "incoming"))).toEqual([]);
    } finally {
      await small.close();
    }
  });
});
