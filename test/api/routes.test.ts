import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Problem } from "../../src/api/common.ts";
import { readApiDocument, type ApiDocument, type ApiOperation, type ApiParameter } from "./api-document.ts";
import { drawPhoto, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let test: TestLibrary;
let api: ApiDocument;

beforeAll(async () => {
  test = await openTestLibrary();
  api = await readApiDocument(test.url);
});

afterAll(() => test.close());

interface Call {
  /** Below the server's address, with real values for path parameters. */
  readonly path: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly form?: FormData;
  readonly headers?: Record<string, string>;
}

interface Answer {
  readonly status: number;
  readonly mediaType: string;
  readonly text: string;
}

async function call({ path, method = "GET", body, form, headers = {} }: Call): Promise<Answer> {
  const response = await fetch(test.url + path, {
    method,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(form === undefined ? {} : { body: form }),
  });
  const mediaType = response.headers.get("content-type")?.split(";")[0] ?? "";
  if (mediaType === "text/event-stream") await response.body!.cancel();
  const text = response.bodyUsed || mediaType === "text/event-stream" ? "" : await response.text();
  return { status: response.status, mediaType, text };
}

/** A refusal must be a problem document; gives it. */
function toProblem({ status, mediaType, text }: Answer): Problem {
  expect(mediaType, text).toBe("application/problem+json");
  const problem = Problem.parse(JSON.parse(text));
  expect(problem.status).toBe(status);
  expect(problem.detail).not.toBe("");
  return problem;
}

async function toForm(colour: string, ...names: string[]): Promise<FormData> {
  const form = new FormData();
  for (const name of names.length === 0 ? ["file"] : names)
    form.append(name, new Blob([new Uint8Array(await drawPhoto(colour))]), "uploaded.jpg");
  return form;
}

/** A face drawn in a photo, of somebody of that name where one is given. */
async function drawFace(photoId: number, x: number, name?: string) {
  const box = { x, y: 0.2, width: 0.1, height: 0.2 };
  return test.library.people.drawFace(photoId, box, name === undefined ? undefined : { name }, "test");
}

/** A group of as many copies as given, of a colour of its own. */
async function makeGroup(colour: string, copies: number): Promise<{ id: number; photoIds: number[] }> {
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

/** One good call of each route about albums, categories, changes of photos, maintenance and exports. */
async function goodCuratingCalls(): Promise<Record<string, [number, Call]>> {
  const { curating } = test.library.albums;
  const album = await curating.createAlbum("One", { photoIds: [test.idOf("red.jpg")] }, "test");
  const other = await curating.createAlbum("Two", { photoIds: [] }, "test");
  const pets = await curating.createCategory("Pets", { tags: ["dog"] }, "test");
  const at = (path: string, method = "GET", body?: unknown): Call => ({
    path: `/api/v1${path}`,
    method,
    ...(body === undefined ? {} : { body }),
  });
  const red = test.idOf("red.jpg");
  return {
    "GET /api/v1/albums": [200, at("/albums")],
    "POST /api/v1/albums": [201, at("/albums", "POST", { title: "Three" })],
    "GET /api/v1/albums/{id}": [200, at(`/albums/${album.id}`)],
    "PUT /api/v1/albums/{id}": [200, at(`/albums/${album.id}`, "PUT", { title: "First" })],
    "DELETE /api/v1/albums/{id}": [200, at(`/albums/${other.id}`, "DELETE")],
    "POST /api/v1/clusters/{space}/train": [409, at("/clusters/photos/train", "POST", {})],
    "GET /api/v1/clusters/{space}/stats": [200, at("/clusters/faces/stats")],
    "GET /api/v1/categories": [200, at("/categories")],
    "POST /api/v1/categories": [201, at("/categories", "POST", { name: "Trips" })],
    "PUT /api/v1/categories/{id}": [200, at(`/categories/${pets.id}`, "PUT", { tags: ["cat"] })],
    "DELETE /api/v1/categories/{id}": [200, at(`/categories/${pets.id}`, "DELETE")],
    "POST /api/v1/categories/reindex": [202, at("/categories/reindex", "POST", {})],
    "PUT /api/v1/photos/{id}": [200, at(`/photos/${red}`, "PUT", { rating: 3 })],
    "POST /api/v1/photos/bulk": [200, at("/photos/bulk", "POST", { photoIds: [red], rating: 2 })],
    "GET /api/v1/maintenance/status": [200, at("/maintenance/status")],
    "POST /api/v1/maintenance/run": [202, at("/maintenance/run", "POST", { tasks: ["retry"] })],
    "POST /api/v1/maintenance/orphans": [200, at("/maintenance/orphans", "POST", {})],
    "POST /api/v1/maintenance/backup": [202, at("/maintenance/backup", "POST", {})],
    "GET /api/v1/maintenance/backups": [200, at("/maintenance/backups")],
    "GET /api/v1/export": [200, at("/export")],
    "POST /api/v1/import": [
      200,
      at("/import", "POST", { format: "keepsight-made", version: 1, exportedAt: new Date().toISOString() }),
    ],
  };
}

/** One good call of every operation about duplicates, with the status it answers; each has groups of its own. */
async function goodDuplicateCalls(): Promise<Readonly<Record<string, readonly [number, Call]>>> {
  const [seen, kept, none, divided] = [
    await makeGroup("#220000", 2),
    await makeGroup("#002200", 2),
    await makeGroup("#000022", 2),
    await makeGroup("#222200", 5),
  ];
  const [one, other] = [await makeGroup("#002222", 2), await makeGroup("#220022", 2)];
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

let names = 0;

/** One good call of every operation about people, with the status it answers; each has faces and persons of its own. */
async function goodPeopleCalls(): Promise<Readonly<Record<string, readonly [number, Call]>>> {
  const { people } = test.library;
  const photo = test.idOf("red.jpg");
  const drawn = [];
  for (let i = 0; i < 12; i++) drawn.push((await drawFace(photo, i * 0.08)).id);
  await test.library.runner.whenIdle();
  // Under a name of its own each time: what an earlier test left undone is in nobody's way.
  const person = async (name: string) =>
    (await people.createPerson(`${name} ${++names}`, undefined, "test")).id;
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
    "POST /api/v1/search/face": [200, post("/search/face", { faceId: drawn[0] })],
    "GET /api/v1/history": [200, get("/history?pageSize=5")],
    "POST /api/v1/history/{id}/undo": [200, { path: `/api/v1/history/${items[0]!.decision.id}/undo` }],
  };
}

type GoodCalls = Readonly<Record<string, readonly [number, Call]>>;

let made: Promise<GoodCalls> | undefined;
const goodCalls = () => (made ??= makeGoodCalls());

/** One good call of every operation, with the status it answers. */
async function makeGoodCalls(): Promise<GoodCalls> {
  const rome = test.idOf("rome.jpg");
  const filters =
    "category=food&tag=sea&object=dog:0.6&object=cat&person=Ann&personMode=any&from=2023&to=2024-06&text=exit&hasFaces=false&hasText=true&hasGps=true&near=41.9,12.5,25&camera=Box&format=jpeg&format=png&folder=/tmp&minRating=3&status=completed&status=failed";
  await call({ path: `/api/v1/photos/${rome}/reprocess`, method: "POST", body: { steps: ["hash"] } });
  await test.library.runner.whenIdle();
  const { items } = await test.library.jobs.list({ states: ["failed"] }, { limit: 1, offset: 0 });
  const failed = items[0]!.job.id;
  const [{ id: folder } = { id: 0 }] = await test.library.tending.list();
  const missing = (await test.library.models.list()).items.find(({ canDownload }) => canDownload)!;
  const concept = async (name: string) => (await test.library.concepts.create(name, [], "test")).concept.id;
  const [boat, tent, lamp] = [await concept("Boat"), await concept("Tent"), await concept("Lamp")];
  return {
    "GET /api/v1/concepts": [200, { path: "/api/v1/concepts?kind=named" }],
    "POST /api/v1/concepts": [201, { path: "/api/v1/concepts", body: { name: "Kite", exampleIds: [rome] } }],
    "GET /api/v1/concepts/{id}": [200, { path: `/api/v1/concepts/${boat}` }],
    "GET /api/v1/concepts/{id}/photos": [200, { path: `/api/v1/concepts/${boat}/photos?section=strong` }],
    "PUT /api/v1/concepts/{id}": [200, { path: `/api/v1/concepts/${tent}`, body: { name: "Big tent" } }],
    "DELETE /api/v1/concepts/{id}": [200, { path: `/api/v1/concepts/${lamp}` }],
    "POST /api/v1/concepts/{id}/examples": [
      200,
      { path: `/api/v1/concepts/${boat}/examples`, body: { photoId: rome, isExample: true } },
    ],
    "POST /api/v1/search/feedback": [
      200,
      { path: "/api/v1/search/feedback", body: { q: "sea", photoId: rome, isMatch: true } },
    ],
    "GET /api/v1/search/backgrounds": [200, { path: "/api/v1/search/backgrounds" }],
    "GET /api/v1/evaluations": [200, { path: "/api/v1/evaluations" }],
    "POST /api/v1/evaluations/own": [202, { path: "/api/v1/evaluations/own" }],
    "GET /health/live": [200, { path: "/health/live" }],
    "GET /health/ready": [200, { path: "/health/ready" }],
    "GET /metrics": [200, { path: "/metrics" }],
    "GET /api/v1/photos": [200, { path: `/api/v1/photos?page=1&pageSize=2&sort=oldest&${filters}` }],
    "GET /api/v1/timeline": [200, { path: `/api/v1/timeline?${filters}` }],
    "GET /api/v1/timeline/shapes": [200, { path: "/api/v1/timeline/shapes" }],
    "GET /api/v1/timeline/{month}": [200, { path: "/api/v1/timeline/2024-02" }],
    "GET /api/v1/photos/{id}": [200, { path: `/api/v1/photos/${rome}` }],
    "DELETE /api/v1/photos/{id}": [200, { path: `/api/v1/photos/${test.idOf("green.jpg")}` }],
    "POST /api/v1/photos/{id}/reprocess": [202, { path: `/api/v1/photos/${rome}/reprocess` }],
    "GET /api/v1/photos/{id}/thumbnail": [200, { path: `/api/v1/photos/${rome}/thumbnail?v=1` }],
    "GET /api/v1/photos/{id}/preview": [200, { path: `/api/v1/photos/${rome}/preview` }],
    "GET /api/v1/photos/{id}/original": [200, { path: `/api/v1/photos/${rome}/original` }],
    "GET /api/v1/search": [200, { path: "/api/v1/search?q=exit&mode=hybrid&pageSize=5" }],
    "GET /api/v1/search/export": [200, { path: "/api/v1/search/export?q=exit&as=json" }],
    "POST /api/v1/search/similar": [200, { path: "/api/v1/search/similar", body: { photoId: rome } }],
    "GET /api/v1/search/parse": [200, { path: "/api/v1/search/parse?q=exit%20before%3A2024" }],
    "GET /api/v1/search/facets": [200, { path: "/api/v1/search/facets?q=exit" }],
    "GET /api/v1/search/text": [200, { path: "/api/v1/search/text?q=exit&k=3" }],
    "POST /api/v1/search/hybrid": [
      200,
      { path: "/api/v1/search/hybrid", body: { textQuery: "exit", dateRange: { from: "2020" } } },
    ],
    "POST /api/v1/search/objects": [200, { path: "/api/v1/search/objects", body: { query: "dog" } }],
    "POST /api/v1/search/ocr": [200, { path: "/api/v1/search/ocr", body: { query: "exit" } }],
    "GET /api/v1/albums": [200, { path: "/api/v1/albums?pageSize=3" }],
    "GET /api/v1/maintenance/status": [200, { path: "/api/v1/maintenance/status" }],
    "GET /api/v1/searches": [200, { path: "/api/v1/searches" }],
    "GET /api/v1/search/suggest": [200, { path: "/api/v1/search/suggest?q=ex&kind=word&kind=tag" }],
    "POST /api/v1/ingest": [202, { path: "/api/v1/ingest", form: await toForm("#123456") }],
    "POST /api/v1/ingest/batch": [200, { path: "/api/v1/ingest/batch", form: await toForm("#654321") }],
    "POST /api/v1/ingest/directory": [202, { path: "/api/v1/ingest/directory", body: { path: test.folder } }],
    "GET /api/v1/photos/removed": [200, { path: "/api/v1/photos/removed?pageSize=3" }],
    "GET /api/v1/folders": [200, { path: "/api/v1/folders?pageSize=3" }],
    "GET /api/v1/folders/{id}": [200, { path: `/api/v1/folders/${folder}` }],
    "POST /api/v1/folders/{id}/pause": [200, { path: `/api/v1/folders/${folder}/pause` }],
    "POST /api/v1/folders/{id}/resume": [202, { path: `/api/v1/folders/${folder}/resume` }],
    "POST /api/v1/folders/{id}/scan": [202, { path: `/api/v1/folders/${folder}/scan` }],
    "DELETE /api/v1/folders/{id}": [200, { path: `/api/v1/folders/${folder}` }],
    "POST /api/v1/ocr/predict": [200, { path: "/api/v1/ocr/predict", form: await toForm("#221111") }],
    "POST /api/v1/ocr/predict_batch": [
      200,
      { path: "/api/v1/ocr/predict_batch", form: await toForm("#221122") },
    ],
    "GET /api/v1/ocr/{photoId}": [200, { path: `/api/v1/ocr/${test.idOf("exit.png")}` }],
    "GET /api/v1/jobs": [200, { path: "/api/v1/jobs?state=failed&kind=analyse" }],
    "GET /api/v1/jobs/{id}": [200, { path: `/api/v1/jobs/${failed}` }],
    "POST /api/v1/jobs/{id}/retry": [200, { path: `/api/v1/jobs/${failed}/retry` }],
    "POST /api/v1/jobs/{id}/cancel": [409, { path: `/api/v1/jobs/1/cancel` }],
    "POST /api/v1/queues/{kind}/retry-failed": [200, { path: "/api/v1/queues/analyse/retry-failed" }],
    "POST /api/v1/queues/{kind}/pause": [204, { path: "/api/v1/queues/pull-model/pause" }],
    "POST /api/v1/queues/{kind}/resume": [204, { path: "/api/v1/queues/pull-model/resume" }],
    "GET /api/v1/stats": [200, { path: "/api/v1/stats" }],
    ...(await goodCuratingCalls()),
    "GET /api/v1/models": [200, { path: "/api/v1/models" }],
    "POST /api/v1/models/{id}/pull": [202, { path: `/api/v1/models/${encodeURIComponent(missing.id)}/pull` }],
    "GET /api/v1/events": [200, { path: "/api/v1/events" }],
    ...(await goodPeopleCalls()),
    ...(await goodDuplicateCalls()),
  };
}

describe("/openapi.json", () => {
  it("is an OpenAPI 3.1 document in which every reference leads somewhere", () => {
    expect(api.openapi).toMatch(/^3\.1\./);
    expect(api.info).toMatchObject({ title: "Keepsight", version: "0.0.0-test" });
    const { components } = JSON.parse(api.text) as { components: { schemas: Record<string, unknown> } };
    for (const [, name] of api.text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(Object.keys(components.schemas)).toContain(name);
    expect(api.text).not.toMatch(/"\$ref":"(?!#\/components\/schemas\/)/);
  });

  it("describes every operation: summary, tag, each parameter, each answer", () => {
    for (const { method, path, summary, tags, parameters, responses } of api.operations) {
      const name = `${method} ${path}`;
      expect(summary, name).toBeTruthy();
      expect(tags, name).toHaveLength(1);
      for (const parameter of parameters)
        // A schema of its own describes itself.
        expect(
          parameter.description ?? JSON.stringify(parameter.schema).includes("$ref"),
          `${name}: ${parameter.name}`,
        ).toBeTruthy();
      const declared = parameters.filter((parameter) => parameter.in === "path");
      expect(declared.map(({ name: own, required }) => required && own)).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, own]) => own),
      );
      expect(Object.keys(responses), name).toEqual(expect.arrayContaining(["4XX", "5XX"]));
      for (const response of Object.values(responses)) expect(response.description, name).toBeTruthy();
    }
  });

  it("describes the form of an upload", () => {
    const upload = api.operations.find(({ path }) => path === "/api/v1/ingest")!;
    const schema = upload.requestBody!.content!["multipart/form-data"]!.schema as {
      properties: Record<string, { description?: string }>;
      required: string[];
    };
    expect(schema.required).toEqual(["file"]);
    for (const property of Object.values(schema.properties)) expect(property.description).toBeTruthy();
  });

  it("can be browsed at /docs", async () => {
    const page = await call({ path: "/docs/" });
    expect(page).toMatchObject({ status: 200, mediaType: "text/html" });
    for (const [, file] of page.text.matchAll(/(?:src|href)="\.\/([^"]+)"/g))
      expect((await call({ path: `/docs/${file}` })).status, file).toBe(200);
  });
});

describe("every route", () => {
  it("answers a good request with what it declares", async () => {
    const calls = await goodCalls();
    const known = api.operations.map(({ method, path }) => `${method} ${path}`);
    expect(known).toEqual(expect.arrayContaining(Object.keys(calls)));
    const isKnown = ({ method, path }: ApiOperation) => `${method} ${path}` in calls;
    // What removes something comes later, and last those without a call of their own: nobody knows what they change.
    const turnOf = (one: ApiOperation) => (isKnown(one) ? (one.method === "DELETE" ? 1 : 0) : 2);
    for (const operation of api.operations.toSorted((a, b) => turnOf(a) - turnOf(b))) {
      const name = `${operation.method} ${operation.path}`;
      const [status, request] = calls[name] ?? [undefined, toPlainCall(operation)];
      const answer = await call({ ...request, method: operation.method });
      // Whoever has no call of its own here is asked for what may not be there: it says so, or does it.
      if (status === undefined) expect(answer.status, `${name}: ${answer.text}`).toBeLessThan(500);
      else expect(answer.status, `${name}: ${answer.text}`).toBe(status);
      if (!answer.mediaType.endsWith("json")) continue;
      const schema = api.answerSchema(operation, answer.status, answer.mediaType);
      expect(schema, name).toBeDefined();
      const checked = schema!.safeParse(JSON.parse(answer.text));
      expect(checked.error, name).toBeUndefined();
    }
  });

  it("names the parameter that is wrong", async () => {
    for (const operation of api.operations) {
      for (const parameter of operation.parameters) {
        for (const value of badValues(parameter)) {
          const name = `${operation.method} ${operation.path} ${parameter.name}=${JSON.stringify(value).slice(0, 40)}`;
          const answer = await call({ path: fill(operation, parameter, value), method: operation.method });
          const problem = toProblem(answer);
          expect(problem, name).toMatchObject({ status: 400, code: "bad_request" });
          expect(
            problem.errors!.map(({ field }) => field.split(".")[0]),
            name,
          ).toContain(parameter.name);
        }
      }
    }
  });

  it("names a parameter or a field that it does not know", async () => {
    const calls = await goodCalls();
    for (const operation of api.operations) {
      const name = `${operation.method} ${operation.path}`;
      const body = calls[name]?.[1].body;
      if (operation.parameters.some(({ in: place }) => place === "query")) {
        const path = `${fill(operation, undefined, "")}?nonsense=1`;
        const problem = toProblem(await call({ path, method: operation.method, body }));
        expect(problem, name).toMatchObject({ status: 400, code: "bad_request" });
        expect(
          problem.errors!.map(({ field }) => field),
          name,
        ).toContain("nonsense");
      }
      if (operation.requestBody?.content?.["application/json"] === undefined) continue;
      const path = fill(operation, undefined, "");
      const answer = await call({
        path,
        method: operation.method,
        body: { ...(body as object), nonsense: 1 },
      });
      const problem = toProblem(answer);
      expect(problem, name).toMatchObject({ status: 400, code: "bad_request" });
      expect(
        problem.errors!.map(({ field }) => field),
        name,
      ).toContain("nonsense");
    }
  });

  it("names a field of a form that it does not know", async () => {
    const forms = api.operations.filter(({ requestBody }) => requestBody?.content?.["multipart/form-data"]);
    expect(forms.length).toBeGreaterThan(6);
    const calls = await goodCalls();
    for (const operation of forms) {
      const name = `${operation.method} ${operation.path}`;
      const request = calls[name]?.[1];
      // Fields apply to what comes after them.
      const form = new FormData();
      form.append("nonsense", "1");
      if (request?.form === undefined)
        form.append("file", new Blob([new Uint8Array(await drawPhoto("navy"))]), "a.jpg");
      for (const [field, value] of request?.form ?? []) form.append(field, value);
      const answer = await call({ path: fill(operation, undefined, ""), method: operation.method, form });
      // A batch has begun to answer by then.
      if (answer.mediaType === "application/x-ndjson") expect(answer.text, name).toContain("nonsense");
      else
        expect(
          toProblem(answer).errors!.map(({ field }) => field),
          name,
        ).toContain("nonsense");
    }
  });

  it("gives every list in pages of bounded size", async () => {
    const lists = api.operations.filter(({ parameters }) => parameters.some(({ name }) => name === "page"));
    expect(lists.length).toBeGreaterThan(8);
    for (const operation of lists) {
      for (const wrong of ["page=0", "pageSize=0", "pageSize=101", "page=1000001"]) {
        const path = `${fill(operation, undefined, "")}?${wrong}`;
        const problem = toProblem(await call({ path, method: operation.method }));
        expect(problem, path).toMatchObject({ status: 400 });
        expect(
          problem.errors!.map(({ field }) => field),
          path,
        ).toContain(wrong.split("=")[0]);
      }
    }
  });

  it("says so when an id or a kind is unknown", async () => {
    const calls = await goodCalls();
    for (const operation of api.operations) {
      const [parameter] = operation.parameters.filter(({ in: place }) => place === "path");
      if (parameter === undefined || parameter.name === "month" || parameter.schema.enum !== undefined)
        continue;
      const body = calls[`${operation.method} ${operation.path}`]?.[1].body;
      const answer = await call({
        path: fill(operation, parameter, unknownValue(parameter)),
        method: operation.method,
        body,
      });
      // Where nobody here knows what its body needs, that may be what is wrong.
      const codes = body === undefined && operation.requestBody !== undefined ? ["bad_request"] : [];
      expect(["not_found", ...codes], `${operation.method} ${operation.path}`).toContain(
        toProblem(answer).code,
      );
    }
  });

  it("refuses bodies that are not what it reads", async () => {
    const withBody = api.operations.filter(({ requestBody }) => requestBody?.content?.["application/json"]);
    expect(withBody.length).toBeGreaterThan(20);
    for (const operation of withBody) {
      const path = fill(operation, undefined, "");
      const { method } = operation;
      const post = async (body: unknown, contentType = "application/json") =>
        toProblem(await call({ path, method, body, headers: { "content-type": contentType } }));
      expect(await post("{", "application/json")).toMatchObject({ status: 400, code: "bad_request" });
      expect(await post("a=b", "application/x-www-form-urlencoded")).toMatchObject({
        status: 415,
        code: "unsupported_media",
      });
      // What was exported comes back in one body, which is larger.
      if (operation.path !== "/api/v1/import")
        expect(await post(`"${"x".repeat(2_000_000)}"`)).toMatchObject({ status: 413, code: "too_large" });
      for (const body of ["[]", "7", '"text"', wrongEverywhere(7), wrongEverywhere({})])
        expect((await post(body)).errors, `${path} ${body}`).not.toHaveLength(0);
    }
  });

  it("answers 404 as a problem where there is nothing, and a page where the web app may be", async () => {
    for (const path of ["/api/v1/nothing", "/api/v2/photos", "/api", "/nothing.js", "/health/other"])
      expect(toProblem(await call({ path })).code, path).toBe("not_found");
    expect(toProblem(await call({ path: "/api/v1/photos", method: "PUT" })).code).toBe("not_found");
    expect(toProblem(await call({ path: "/%zz" })).status).toBe(400);
    const page = await call({ path: "/photos/7" });
    expect(page.status === 200 ? page.mediaType : toProblem(page).detail).toMatch(
      /^text\/html|not been built/,
    );
  });
});

/** A call with what its path needs and an empty body. */
function toPlainCall(operation: ApiOperation): Call {
  const path = fill(operation, undefined, "");
  return operation.requestBody?.content?.["application/json"] === undefined ? { path } : { path, body: {} };
}

/** A value that looks like an id of its kind and is none. */
function unknownValue({ name, schema }: ApiParameter): string {
  if (schema.type === "integer") return "987654321";
  if (schema.format === "uuid") return "00000000-0000-4000-8000-000000000000";
  return name === "clusterId" ? "clu_000000000000" : "no\u0000such/thing";
}

/** A body in which no field has the type that any route wants of it. */
function wrongEverywhere(value: unknown): string {
  const texts = [
    "path",
    "name",
    "intoPersonId",
    "targetPersonId",
    "otherPersonId",
    "personId",
    "unknownMethod",
  ];
  const numbers = ["photoId", "faceId", "epochs", "limit", "minClusterSize", "maxFaces", "minConfidence"];
  const others = [
    "steps",
    "faceIds",
    "box",
    "queue",
    "isHidden",
    "all",
    "dryRun",
    "groupIds",
    "detectBursts",
  ];
  return JSON.stringify({
    ...Object.fromEntries([...texts, ...others].map((field) => [field, value])),
    ...Object.fromEntries(numbers.map((field) => [field, "no number"])),
    ...(value === 7 ? {} : { faceIds: [], steps: ["no"], path: "" }),
  });
}

/** Values that a parameter of this schema must not take. */
function badValues({ schema, name, in: place }: ApiParameter): string[] {
  if (schema.enum !== undefined) return ["nonsense", "", "\u0000"];
  if (schema.type === "integer") {
    const small = schema.minimum === undefined || schema.minimum < 0 ? [] : ["-1"];
    return ["abc", "NaN", "Infinity", "1.5", "1e99", "9".repeat(40), "1\u0000", "ä", ...small];
  }
  if (schema.format === "uuid") return ["1", "abc", "\u0000", "00000000-0000-4000-8000-00000000000"];
  if (name === "clusterId") return ["a b", "\u0000", "x".repeat(201)];
  if (schema.pattern !== undefined) return ["yesterday", "2024-13", "2024-1", "\n2024-01", "99999"];
  if (name === "near")
    return ["", "1,2", "1,2,3,4", "91,0,5", "0,181,5", "0,0,-1", "0,0,1e9", "NaN,0,1", ",,5"];
  if (name === "object") return ["", ":0.5", "dog:7", "dog:..", "x".repeat(201)];
  return [
    ...(schema.maxLength === undefined ? [] : ["x".repeat(schema.maxLength + 1)]),
    ...(schema.minLength === undefined || place === "path" ? [] : [""]),
  ];
}

/** The operation's path with a value for one parameter, and values that exist for the others. */
function fill(
  { path, parameters }: ApiOperation,
  parameter: ApiParameter | undefined,
  value: string,
): string {
  const photoId = String(test.idOf("red.jpg"));
  const fallback: Record<string, string> = {
    clusterId: "clu_000000000000",
    kind: "analyse",
    month: "2024-02",
    space: "photos",
  };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    if (name === parameter?.name) return encodeURIComponent(value);
    const isUuid = parameters.find((own) => own.name === name)?.schema.format === "uuid";
    return isUuid ? "00000000-0000-4000-8000-000000000000" : (fallback[name] ?? photoId);
  });
  return parameter?.in === "query" ? `${filled}?${parameter.name}=${encodeURIComponent(value)}` : filled;
}
