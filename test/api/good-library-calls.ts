/** Good calls of every route about photos, search, albums, folders and the library itself. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Readable } from "node:stream";
import { DATABASE_FILE } from "../../src/database/database.ts";
import { type Call, type GoodCalls, toForm } from "./good-call.ts";
import { drawPhoto, type TestLibrary } from "./open-test-library.ts";

/** One good call of each route about albums, categories, changes of photos, maintenance and exports. */
export async function goodCuratingCalls(test: TestLibrary): Promise<GoodCalls> {
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

/** A photo that is kept without a look of the models at it. */
async function addPlain(test: TestLibrary, fileName: string, photo: Buffer): Promise<number> {
  const { photoId } = await test.library.uploads.add(Readable.from([photo]), {
    fileName,
    tags: [],
    skipDuplicates: false,
    withoutSteps: ["objects", "embeddings", "tags", "ocr", "faces"],
  });
  return photoId;
}

/** An evaluation that suggests another threshold, as a night's work would leave it; gives its id. */
function addAdvice({ dataDirectory }: TestLibrary): number {
  const shares = { currentPrecision: 1, currentRecall: 0.5, suggestedPrecision: 1, suggestedRecall: 0.9 };
  const advice = { setting: "faces.matchSimilarity", modelId: "none", current: 0.5, suggested: 0.4 };
  const result = { grades: [], advice: [{ ...advice, ...shares, reason: "More are found." }] };
  const database = new DatabaseSync(join(dataDirectory, DATABASE_FILE), { timeout: 5000 });
  const { lastInsertRowid } = database
    .prepare("insert into evaluations (evaluated_at, duration_ms, result) values (?, ?, ?)")
    .run(Date.now(), 1, JSON.stringify(result));
  database.close();
  return Number(lastInsertRowid);
}

/** A search that is kept; gives its id. */
async function keepSearch(test: TestLibrary, name: string): Promise<number> {
  return (await test.library.savedSearches.create({ name, query: "q=sea" }, "test")).search.id;
}

/** Good calls of everything else about photos, search, folders, jobs and models. */
export async function goodLibraryCalls(test: TestLibrary): Promise<GoodCalls> {
  const rome = await addPlain(
    test,
    "rome.jpg",
    await drawPhoto("blue", { takenAt: "2024:02:20 12:00:00", place: { latitude: 41.9, longitude: 12.5 } }),
  );
  const green = await addPlain(test, "green.jpg", await drawPhoto("green"));
  const filters =
    "category=food&tag=sea&object=dog:0.6&object=cat&person=Ann&personMode=any&from=2023&to=2024-06&text=exit&hasFaces=false&hasText=true&hasGps=true&near=41.9,12.5,25&camera=Box&format=jpeg&format=png&folder=/tmp&minRating=3&status=completed&status=failed";
  await test.library.runner.whenIdle();
  const { items } = await test.library.jobs.list({ states: ["failed"] }, { limit: 1, offset: 0 });
  const failed = items[0]!.job.id;
  const [{ id: folder } = { id: 0 }] = await test.library.tending.list();
  const missing = (await test.library.models.list()).items.find(({ canDownload }) => canDownload)!;
  const concept = async (name: string) => (await test.library.concepts.create(name, [], "test")).concept.id;
  const [boat, tent, lamp] = [await concept("Boat"), await concept("Tent"), await concept("Lamp")];
  const [kept, changed, removed] = [
    await keepSearch(test, "Kept"),
    await keepSearch(test, "Changed"),
    await keepSearch(test, "Removed"),
  ];
  const download = await test.library.photos.downloads.prepare([rome]);
  return {
    "POST /api/v1/downloads": [201, { path: "/api/v1/downloads", body: { photoIds: [rome, green] } }],
    "GET /api/v1/downloads/{id}": [200, { path: `/api/v1/downloads/${download.id}` }],
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
    "POST /api/v1/evaluations/{id}/apply": [
      200,
      { path: `/api/v1/evaluations/${addAdvice(test)}/apply`, body: { setting: "faces.matchSimilarity" } },
    ],
    "POST /api/v1/evaluations/own": [202, { path: "/api/v1/evaluations/own" }],
    "GET /health/live": [200, { path: "/health/live" }],
    "GET /health/ready": [200, { path: "/health/ready" }],
    "GET /metrics": [200, { path: "/metrics" }],
    "GET /api/v1/photos": [200, { path: `/api/v1/photos?page=1&pageSize=2&sort=oldest&${filters}` }],
    "GET /api/v1/timeline": [200, { path: `/api/v1/timeline?${filters}` }],
    "GET /api/v1/timeline/shapes": [200, { path: "/api/v1/timeline/shapes" }],
    "GET /api/v1/timeline/{month}": [200, { path: "/api/v1/timeline/2024-02" }],
    "GET /api/v1/photos/{id}": [200, { path: `/api/v1/photos/${rome}` }],
    "DELETE /api/v1/photos/{id}": [200, { path: `/api/v1/photos/${green}` }],
    "POST /api/v1/photos/{id}/reprocess": [
      202,
      { path: `/api/v1/photos/${rome}/reprocess`, body: { steps: ["hash"] } },
    ],
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
    "GET /api/v1/searches": [200, { path: "/api/v1/searches?pageSize=3" }],
    "POST /api/v1/searches": [
      201,
      { path: "/api/v1/searches", body: { name: "New", query: "q=dog&from=2023" } },
    ],
    "GET /api/v1/searches/{id}": [200, { path: `/api/v1/searches/${kept}` }],
    "PUT /api/v1/searches/{id}": [200, { path: `/api/v1/searches/${changed}`, body: { name: "Else" } }],
    "DELETE /api/v1/searches/{id}": [200, { path: `/api/v1/searches/${removed}` }],
    "GET /api/v1/map": [
      200,
      { path: "/api/v1/map?west=5&south=35&east=20&north=50&zoom=4&hasGps=true&place=Rome" },
    ],
    "GET /api/v1/search/suggest": [200, { path: "/api/v1/search/suggest?q=ex&kind=word&kind=tag" }],
    "POST /api/v1/ingest": [202, { path: "/api/v1/ingest", form: await toForm("#123456") }],
    "POST /api/v1/ingest/batch": [200, { path: "/api/v1/ingest/batch", form: await toForm("#654321") }],
    "POST /api/v1/ingest/directory": [202, { path: "/api/v1/ingest/directory", body: { path: test.folder } }],
    "GET /api/v1/photos/removed": [200, { path: "/api/v1/photos/removed?pageSize=3" }],
    "GET /api/v1/folders": [200, { path: "/api/v1/folders?pageSize=3" }],
    "GET /api/v1/machine": [200, { path: "/api/v1/machine" }],
    "GET /api/v1/machine/speed": [
      200,
      { path: `/api/v1/machine/speed?path=${encodeURIComponent(test.folder)}` },
    ],
    "GET /api/v1/machine/folders": [
      200,
      { path: `/api/v1/machine/folders?path=${encodeURIComponent(test.folder)}` },
    ],
    "GET /api/v1/machine/photos": [
      200,
      { path: `/api/v1/machine/photos?path=${encodeURIComponent(test.folder)}` },
    ],
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
    "GET /api/v1/models": [200, { path: "/api/v1/models" }],
    "POST /api/v1/models/{id}/pull": [202, { path: `/api/v1/models/${encodeURIComponent(missing.id)}/pull` }],
    "GET /api/v1/events": [200, { path: "/api/v1/events" }],
  };
}
