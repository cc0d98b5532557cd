/** Good calls of every route about people and duplicates; each has faces, persons and groups of its own. */
import { Readable } from "node:stream";
import { type GoodCalls, toForm } from "./good-call.ts";
import { drawPhoto, type TestLibrary } from "./open-test-library.ts";

/** A face drawn in a photo, of somebody of that name where one is given. */
async function drawFace(test: TestLibrary, photoId: number, x: number, name?: string) {
  const box = { x, y: 0.2, width: 0.1, height: 0.2 };
  return test.library.people.drawFace(photoId, box, name === undefined ? undefined : { name }, "test");
}

/** A group of as many copies as given, of a colour of its own. */
async function makeGroup(
  test: TestLibrary,
  colour: string,
  copies: number,
): Promise<{ id: number; photoIds: number[] }> {
  const photoIds: number[] = [];
  for (let i = 0; i < copies; i++) {
    const added = await test.library.uploads.add(Readable.from([await drawPhoto(colour)]), {
      fileName: `${colour}.jpg`,
      tags: [],
      skipDuplicates: false,
      withoutSteps: ["objects", "embeddings", "tags", "ocr", "faces"],
    });
    photoIds.push(added.photoId);
  }
  await test.library.runner.whenIdle();
  const { groups } = test.library.duplicates;
  return { id: (await groups.groupsOf(photoIds)).get(photoIds[0]!)!, photoIds };
}

/** One good call of every operation about duplicates, with the status it answers; each has groups of its own. */
export async function goodDuplicateCalls(test: TestLibrary): Promise<GoodCalls> {
  const [seen, kept, none, divided] = [
    await makeGroup(test, "#220000", 2),
    await makeGroup(test, "#002200", 2),
    await makeGroup(test, "#000022", 2),
    await makeGroup(test, "#222200", 5),
  ];
  const [one, other] = [await makeGroup(test, "#002222", 2), await makeGroup(test, "#220022", 2)];
  const path = "/api/v1/duplicates";
  const group = `${path}/group/${divided.id}`;
  const [first, second, third] = divided.photoIds;
  return {
    "GET /api/v1/duplicates/groups": [
      200,
      { path: `${path}/groups?state=open&kind=exact&sort=newest&page=1` },
    ],
    "GET /api/v1/duplicates/group/{id}": [200, { path: `${path}/group/${seen.id}` }],
    "DELETE /api/v1/duplicates/group/{id}/member/{photoId}": [200, { path: `${group}/member/${first}` }],
    "POST /api/v1/duplicates/group/{id}/split": [
      200,
      { path: `${group}/split`, body: { photoIds: [second, third] } },
    ],
    "POST /api/v1/duplicates/group/{id}/dismiss": [200, { path: `${path}/group/${none.id}/dismiss` }],
    "POST /api/v1/duplicates/group/{id}/resolve": [
      200,
      { path: `${path}/group/${kept.id}/resolve`, body: { keeperId: kept.photoIds[1] } },
    ],
    "POST /api/v1/duplicates/groups/merge": [
      200,
      { path: `${path}/groups/merge`, body: { groupIds: [one.id, other.id] } },
    ],
    "POST /api/v1/duplicates/resolve": [200, { path: `${path}/resolve`, body: { kinds: ["exact"] } }],
    "POST /api/v1/duplicates/find": [200, { path: `${path}/find`, body: { photoId: seen.photoIds[0] } }],
    "POST /api/v1/duplicates/find_by_image": [
      200,
      { path: `${path}/find_by_image`, form: await toForm("#220000") },
    ],
    "POST /api/v1/duplicates/scan": [202, { path: `${path}/scan`, body: { all: true } }],
    "GET /api/v1/duplicates/stats": [200, { path: `${path}/stats` }],
    "GET /api/v1/duplicates/settings": [200, { path: `${path}/settings` }],
    "PATCH /api/v1/duplicates/settings": [200, { path: `${path}/settings`, body: { copyDistance: 31 } }],
  };
}

/** One good call of every operation about people, with the status it answers; each has faces and persons of its own. */
export async function goodPeopleCalls(test: TestLibrary): Promise<GoodCalls> {
  const { people } = test.library;
  const photo = test.idOf("red.jpg");
  const drawn = [];
  for (let i = 0; i < 12; i++) drawn.push((await drawFace(test, photo, i * 0.08)).id);
  await test.library.runner.whenIdle();
  const person = async (name: string) => (await people.createPerson(name, undefined, "test")).id;
  const ann = (await people.assignFaces(drawn.slice(0, 4), { name: "Ann" }, "test")).personId;
  const bo = (await people.assignFaces(drawn.slice(4, 6), { name: "Bo" }, "test")).personId;
  await people.faces.saveClusters([
    { faceId: drawn[8]!, clusterId: "clu_0123456789ab", score: 1 },
    { faceId: drawn[9]!, clusterId: "clu_ba9876543210", score: 1 },
  ]);
  await person("Kim");
  const { items } = await people.history.list({ limit: 1, offset: 0 });
  const post = (path: string, body: unknown) => ({ path: `/api/v1${path}`, body });
  const get = (path: string) => ({ path: `/api/v1${path}` });
  return {
    "GET /api/v1/persons": [200, get("/persons?status=active&status=hidden&q=an&sort=name")],
    "POST /api/v1/persons": [201, post("/persons", { name: "Cleo", birthDate: "1990-02-03" })],
    "GET /api/v1/persons/suggestions": [200, get("/persons/suggestions?limit=5")],
    "GET /api/v1/persons/{id}": [200, get(`/persons/${ann}`)],
    "PUT /api/v1/persons/{id}": [200, post(`/persons/${ann}`, { isFavourite: true })],
    "DELETE /api/v1/persons/{id}": [200, get(`/persons/${await person("Dee")}`)],
    "POST /api/v1/persons/hide": [200, post("/persons/hide", { personIds: [await person("Hidden")] })],
    "POST /api/v1/persons/merge": [
      200,
      post("/persons/merge", { sourcePersonIds: [await person("Eve")], targetPersonId: ann }),
    ],
    "POST /api/v1/persons/{id}/merge": [
      200,
      post(`/persons/${await person("Flo")}/merge`, { intoPersonId: ann }),
    ],
    "POST /api/v1/persons/{id}/split": [
      200,
      post(`/persons/${ann}/split`, { faceIds: [drawn[3]], name: "Gus" }),
    ],
    "POST /api/v1/persons/{id}/thumbnail": [200, post(`/persons/${ann}/thumbnail`, { faceId: drawn[0] })],
    "POST /api/v1/persons/{id}/distinguish": [
      200,
      post(`/persons/${ann}/distinguish`, { otherPersonId: bo }),
    ],
    "GET /api/v1/persons/{id}/photos": [200, get(`/persons/${ann}/photos?camera=Box&pageSize=3`)],
    "GET /api/v1/persons/{id}/faces": [200, get(`/persons/${ann}/faces?state=confirmed`)],
    "GET /api/v1/persons/{id}/suggestions": [200, get(`/persons/${ann}/suggestions`)],
    "GET /api/v1/faces/photos/{photoId}": [200, get(`/faces/photos/${photo}`)],
    "POST /api/v1/faces/photos/{photoId}": [
      201,
      post(`/faces/photos/${photo}`, { box: { x: 0.5, y: 0.5, width: 0.2, height: 0.2 }, name: "Hal" }),
    ],
    "GET /api/v1/faces/unassigned": [200, get("/faces/unassigned?pageSize=3")],
    "GET /api/v1/faces/lost": [200, get("/faces/lost")],
    "GET /api/v1/faces/stats": [200, get("/faces/stats")],
    "GET /api/v1/faces/{id}": [200, get(`/faces/${drawn[0]}`)],
    "GET /api/v1/faces/{id}/thumbnail": [200, get(`/faces/${drawn[0]}/thumbnail`)],
    "POST /api/v1/faces/{id}/assign": [200, post(`/faces/${drawn[6]}/assign`, { name: "Ida" })],
    "POST /api/v1/faces/assign": [200, post("/faces/assign", { faceIds: [drawn[7]], personId: bo })],
    "POST /api/v1/faces/{id}/reject": [200, post(`/faces/${drawn[4]}/reject`, {})],
    "POST /api/v1/faces/reject": [200, post("/faces/reject", { faceIds: [drawn[5]], personId: bo })],
    "POST /api/v1/faces/ignore": [200, post("/faces/ignore", { faceIds: [drawn[10]] })],
    "POST /api/v1/faces/remove": [200, post("/faces/remove", { faceIds: [drawn[11]] })],
    "POST /api/v1/faces/restore": [200, post("/faces/restore", { faceIds: [drawn[10]] })],
    "GET /api/v1/faces/clusters": [200, get("/faces/clusters?includeLabeled=true")],
    "GET /api/v1/faces/clusters/{clusterId}": [200, get("/faces/clusters/clu_0123456789ab")],
    "POST /api/v1/faces/clusters/{clusterId}/label": [
      200,
      post("/faces/clusters/clu_0123456789ab/label", { name: "Joy" }),
    ],
    "POST /api/v1/faces/clusters/{clusterId}/split": [
      200,
      post("/faces/clusters/clu_ba9876543210/split", { minClusterSize: 2 }),
    ],
    "POST /api/v1/faces/cluster": [200, post("/faces/cluster", { method: "hdbscan" })],
    "POST /api/v1/faces/auto-cluster": [202, post("/faces/auto-cluster", { queue: true })],
    "POST /api/v1/faces/cluster/dual": [200, post("/faces/cluster/dual", { unknownMethod: "dbscan" })],
    "POST /api/v1/faces/assign-matches": [200, post("/faces/assign-matches", { since: "2020-01-01" })],
    "POST /api/v1/faces/centroids": [200, post("/faces/centroids", {})],
    "POST /api/v1/faces/train": [200, post("/faces/train", { epochs: 1 })],
    "POST /api/v1/faces/backfill": [200, post("/faces/backfill", { limit: 10 })],
    "POST /api/v1/faces/find-orphans": [200, post("/faces/find-orphans", { fix: true })],
    "POST /api/v1/faces/detect": [200, { path: "/api/v1/faces/detect", form: await toForm("#111111") }],
    "POST /api/v1/faces/recognize": [200, { path: "/api/v1/faces/recognize", form: await toForm("#111122") }],
    "POST /api/v1/faces/full": [200, { path: "/api/v1/faces/full", form: await toForm("#111133") }],
    "POST /api/v1/faces/verify": [
      200,
      { path: "/api/v1/faces/verify", form: await toForm("#111144", "file1", "file2") },
    ],
    "POST /api/v1/faces/ingest": [200, { path: "/api/v1/faces/ingest", form: await toForm("#111155") }],
    "POST /api/v1/faces/detect/{photoId}": [200, post(`/faces/detect/${photo}`, { minConfidence: 0.6 })],
    "POST /api/v1/search/faces": [200, post("/search/faces", { faceIds: [drawn[0], drawn[1]], mode: "any" })],
    "POST /api/v1/search/face": [200, post("/search/face", { faceId: drawn[0] })],
    "GET /api/v1/history": [200, get("/history?pageSize=5")],
    "POST /api/v1/history/{id}/undo": [200, { path: `/api/v1/history/${items[0]!.decision.id}/undo` }],
  };
}
