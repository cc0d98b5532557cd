import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createJobStore } from "../database/jobs/job-store.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../database/open-test-database.ts";
import { createAnalysisQueue } from "./import/analysis-queue.ts";
import { createLiveStatus } from "./import/live-status.ts";
import { createLibraryEvents, type LibraryEvent } from "./library-events.ts";
import { createPhotoLibrary, type PhotoLibrary } from "./photo-library.ts";

let test: TestDatabase;
let library: PhotoLibrary;
const liveStatus = createLiveStatus();
const told: LibraryEvent[] = [];
const jobsOf = (photoId: number) =>
  createJobStore({ database: test.database }).list({ photoId }, { limit: 10, offset: 0 });

beforeAll(async () => {
  test = await openTestDatabase();
  const events = createLibraryEvents();
  events.subscribe((event) => told.push(event));
  const { photos, analyses, database } = test;
  const queue = createAnalysisQueue(createJobStore({ database }), () => {});
  library = createPhotoLibrary({ dataDirectory: "/data", photos, analyses, queue, liveStatus, events });
});
afterAll(() => test.remove());

let added = 0;
async function add(takenAtLocal = "2024-05-06T07:08:09"): Promise<number> {
  added++;
  const [id] = await test.photos.insertPhotos([{ path: `/p/${added}.jpg`, byteSize: 1, modifiedAtMs: 1 }]);
  const metadata = { takenAtLocal, keywords: [], faceRegions: [] };
  const preprocessing = { status: "done", modelId: "m", durationMs: 0 } as const;
  await test.analyses.saveAnalysis(id!, 1, makeAnalysis({ metadata }, { preprocessing }), []);
  return id!;
}

describe("createPhotoLibrary", () => {
  it("shows the step that runs over the stored status, everywhere", async () => {
    const id = await add();
    liveStatus.set(id, "ocr");
    expect((await library.get(id)).status).toBe("processing_ocr");
    expect((await library.getDetails(id)).photo.status).toBe("processing_ocr");
    const { items } = await library.list({ ids: [id] }, { sort: "newest", limit: 1, offset: 0 });
    expect(items[0]!.status).toBe("processing_ocr");
    liveStatus.set(id, "hash");
    expect((await library.get(id)).status).toBe("processing_hash");
    liveStatus.clear(id);
    expect((await library.get(id)).status).toBe("completed");
  });

  it("knows nothing of photos that are unknown or were removed", async () => {
    const id = await add();
    await library.hide(id, "test");
    expect(told).toContainEqual({ type: "library", reason: "photos-removed" });
    for (const photoId of [id, 999_999]) {
      const refusals = [
        library.get(photoId),
        library.getDetails(photoId),
        library.hide(photoId, "test"),
        library.reprocess(photoId, undefined),
      ];
      for (const refusal of refusals) await expect(refusal).rejects.toMatchObject({ code: "not_found" });
    }
  });

  it("counts photos by month and lists those of one, newest first", async () => {
    const first = await add("2021-02-01T00:00:00");
    const last = await add("2021-02-28T23:59:59");
    await add("2021-03-01T00:00:00");
    const months = await library.listMonths({ takenTo: "2021-12-31" });
    expect(months.slice(0, 2)).toEqual([
      { month: "2021-03", count: 1 },
      { month: "2021-02", count: 2 },
    ]);
    const inMonth = async (filter = {}) => {
      const pages = await Array.fromAsync(library.listMonth("2021-02", filter));
      return pages.flat().map(({ id }) => id);
    };
    expect(await inMonth()).toEqual([last, first]);
    expect(await inMonth({ takenFrom: "2021-02-02" })).toEqual([last]);
    expect(await inMonth({ takenTo: "2021-02-02" })).toEqual([first]);
    expect(await inMonth({ takenFrom: "2021-03-01" })).toEqual([]);
  });

  it("gives every version of a photo derivatives of its own", async () => {
    const id = await add();
    const before = library.derivativePaths(await library.get(id));
    await test.photos.markChanged(id, { byteSize: 2, modifiedAtMs: 2 });
    const after = library.derivativePaths(await library.get(id));
    const paths = [...Object.values(before), ...Object.values(after)];
    expect(new Set(paths).size).toBe(6);
    for (const path of paths) expect(path.startsWith("/data/derivatives/")).toBe(true);
  });

  it("queues all steps again, or those that are named, before a backfill", async () => {
    const id = await add();
    await library.reprocess(id, undefined);
    await library.reprocess(id, ["ocr"]);
    expect(await jobsOf(id)).toMatchObject([
      { priority: 20, payload: { steps: ["ocr"] } },
      {
        priority: 20,
        payload: { steps: ["preprocessing", "objects", "embeddings", "tags", "ocr", "faces", "hash"] },
      },
    ]);
  });
});
