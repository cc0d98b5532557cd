import { utimesSync } from "node:fs";
import { appendFile, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { drawPhoto, drawWord } from "../../../test/api/open-test-library.ts";
import { BUNDLED_MODEL_DIRECTORY } from "../../../test/bundled-models.ts";
import { IMAGE_FORMATS, NOT_WANTED, type Step } from "../../core/photo-analysis.ts";
import { DEFAULT_DECODE_LIMITS } from "../../image/decode-limits.ts";
import { loadCatalog } from "../../onnx/catalog.ts";
import { createModelStore } from "../../onnx/model-store.ts";
import type { AnalyserSettings } from "../analyser/analyser-protocol.ts";
import { createAnalyserPool, type AnalyserPool } from "../analyser/analyser-pool.ts";
import { createJobRunner, type JobRunner } from "../jobs/job-runner.ts";
import { createModelLibrary } from "../model-library.ts";
import { createPhotoLibrary, type PhotoLibrary } from "../photo-library.ts";
import { createAnalysePhotoHandler } from "./analyse-photo-job.ts";
import { ANALYSE_JOB, type AnalysisPayload } from "./analysis-queue.ts";
import { createBackfill } from "./backfill.ts";
import { createLiveStatus } from "./live-status.ts";
import { openTestImport, type TestImport } from "./open-test-import.ts";

const ENTRY = new URL("../analyser/analyser-process.ts", import.meta.url);
const SCRIPTED = new URL("../analyser/test-processes/scripted-analyser.ts", import.meta.url);

let test: TestImport;
/** Analysers without models, and with those that come along. */
let plain: AnalyserPool;
let reading: AnalyserPool;
let stepModels: Partial<Record<Step, string>>;
const liveStatus = createLiveStatus();

beforeAll(async () => {
  test = await openTestImport();
  const settings: AnalyserSettings = {
    models: {},
    threads: 1,
    niceness: 0,
    limits: DEFAULT_DECODE_LIMITS,
    formats: IMAGE_FORMATS,
    thumbnailSize: 400,
    previewSize: 1344,
  };
  const store = createModelStore({
    catalog: loadCatalog(),
    modelDirectory: BUNDLED_MODEL_DIRECTORY,
    localDirectories: [],
    offline: true,
    fetch,
  });
  const { jobs, events, logger } = test;
  const models = createModelLibrary({ store, jobs, events, notify() {}, onChanged: async () => {} });
  stepModels = await models.stepModels();
  const processes = { entry: ENTRY, timeoutMs: 60_000, maxMemoryBytes: 4e9, logger };
  plain = createAnalyserPool(1, { ...processes, settings });
  const { models: installed } = await models.chosen();
  reading = createAnalyserPool(1, { ...processes, settings: { ...settings, models: installed } });
});
afterAll(async () => {
  await Promise.all([plain.close(), reading.close()]);
  await test.remove();
});

let runner: JobRunner;
let library: PhotoLibrary;
let analyses: string[];
beforeEach(() => {
  analyses = [];
});
afterEach(async () => {
  await runner.stop(0);
  await test.clear();
});

const ALGORITHMS = { preprocessing: "preview-1", hash: "imohash+pdq-1" };

/** Runs jobs from now on with these analysers and models. */
async function start(pool: AnalyserPool, wanted: Partial<Record<Step, string>> = ALGORITHMS): Promise<void> {
  const { photos, dataDirectory, queue, events, logger, jobs } = test;
  library = createPhotoLibrary({ dataDirectory, photos, analyses: test.analyses, queue, liveStatus, events });
  const handler = createAnalysePhotoHandler({
    photos,
    analyses: test.analyses,
    sidecars: test.sidecars,
    pool,
    liveStatus,
    events,
    logger,
    wantedSteps: async () => wanted,
    derivativePaths: library.derivativePaths,
    onStored: async (photo, { steps }) => void analyses.push(`${photo.id}: ${Object.keys(steps).join()}`),
  });
  runner = createJobRunner({ jobs, handlers: { [ANALYSE_JOB]: handler }, logger });
  await runner.start();
}

/** Writes a photo, takes it in, and gives its id. */
async function takeIn(name: string, bytes: Uint8Array, payload?: AnalysisPayload): Promise<number> {
  await test.write(name, "");
  const path = join(test.root, name);
  await writeFile(path, bytes);
  const { size, mtimeMs } = await stat(path);
  const [id] = await test.photos.insertPhotos([{ path, byteSize: size, modifiedAtMs: Math.trunc(mtimeMs) }]);
  await test.queue.add([id!], "upload", payload);
  return id!;
}

/** Waits for the jobs that are due; gives the photo's steps by name and its status. */
async function settle(photoId: number) {
  runner.notify();
  await runner.whenIdle();
  const { photo, steps, derivatives, textLines } = (await test.analyses.getDetails(photoId))!;
  return { photo, derivatives, textLines, steps: Object.fromEntries(steps.map((step) => [step.step, step])) };
}

const jobOf = async (photoId: number) => (await test.jobs.list({ photoId }, { limit: 1, offset: 0 }))[0]!;

const dueNow = () => test.database.writes.updateTable("jobs").set({ runAfter: 0 }).execute();

describe("createAnalysePhotoHandler", () => {
  it("completes a photo though no model is there, saying of each step why it was skipped", async () => {
    await start(plain);
    const id = await takeIn("a.jpg", await drawPhoto("red", { takenAt: "2023:05:06 07:08:09" }));
    const { photo, steps } = await settle(id);
    expect(photo).toMatchObject({ status: "completed", takenAtLocal: "2023-05-06T07:08:09", width: 320 });
    expect(steps).toMatchObject({ preprocessing: { status: "done" }, hash: { status: "done" } });
    for (const step of ["objects", "embeddings", "ocr", "faces"]) {
      expect(steps[step]).toMatchObject({ status: "skipped", reason: expect.stringContaining("No ") });
    }
    expect(liveStatus.get(id)).toBeUndefined();
  });

  it("looks for objects again whenever it makes embeddings, which are theirs too, unless nobody wanted them", async () => {
    await start(reading, { ...stepModels, embeddings: "towers" });
    const bytes = await drawPhoto("red");
    const asked = [await takeIn("a.jpg", bytes), await takeIn("b.jpg", bytes, { withoutSteps: ["objects"] })];
    for (const id of asked) await settle(id);
    analyses = [];
    await test.queue.add(asked, "request", { steps: ["embeddings"] });
    for (const id of asked) await settle(id);
    expect(analyses).toEqual([`${asked[0]}: objects,embeddings,tags`, `${asked[1]}: embeddings,tags`]);
  });

  it("tells each step as it begins, and how the photo ended", async () => {
    await start(plain);
    const id = await takeIn("a.jpg", await drawPhoto("red"));
    await settle(id);
    const told = test.told.flatMap((event) => (event.type === "photo" ? [event.status] : []));
    expect(told[0]).toBe("preprocessing");
    expect(told).toContain("processing_hash");
    expect(told.at(-1)).toBe("completed");
  });

  it("writes derivatives that are what the table says", async () => {
    await start(plain);
    const id = await takeIn("a.jpg", await drawPhoto("red"));
    const { photo, derivatives } = await settle(id);
    expect(derivatives).toHaveLength(2);
    for (const { kind, width, height, byteSize } of derivatives) {
      const bytes = await readFile(library.pathOfDerivative(photo, kind as "preview" | "thumbnail"));
      expect(bytes.length).toBe(byteSize);
      expect(await sharp(bytes).metadata()).toMatchObject({ width, height, format: "jpeg" });
    }
  });

  it("reads text with the models that come along", async () => {
    await start(reading, stepModels);
    const id = await takeIn("exit.png", await drawWord("EXIT"));
    const { photo, steps, textLines } = await settle(id);
    expect(photo.status).toBe("completed");
    expect(steps["ocr"]).toMatchObject({ status: "done", modelId: stepModels.ocr });
    expect(textLines.map(({ text }) => text)).toEqual(["EXIT"]);
  });

  it("changes nothing the second time", async () => {
    await start(plain);
    const id = await takeIn("a.jpg", await drawPhoto("red"));
    await settle(id);
    const before = await test.analyses.getDetails(id);
    await test.queue.add([id], "request");
    await settle(id);
    expect(await test.analyses.getDetails(id)).toEqual(before);
    expect(analyses).toHaveLength(1);
  });

  it("fails a photo that cannot be decoded at once, with a reason, and tries it again only when asked", async () => {
    await start(plain);
    const id = await takeIn("broken.jpg", (await drawPhoto("red")).subarray(0, 300));
    const { photo } = await settle(id);
    expect(photo).toMatchObject({ status: "failed", failureReason: expect.stringContaining("broken.jpg") });
    expect(await jobOf(id)).toMatchObject({ state: "failed", attempts: 1, errorCode: "undecodable" });
    const { analyses: store, queue } = test;
    const backfill = createBackfill({ analyses: store, queue, wantedSteps: async () => ALGORITHMS });
    expect(await backfill()).toBe(0);
  });

  it("keeps what the other steps found when one fails, and runs the failed one again by itself", async () => {
    await start(plain);
    const id = await takeIn("a.jpg", await drawPhoto("red"));
    const photo = (await test.photos.get(id))!;
    const path = library.pathOfDerivative(photo, "preview");
    // A folder in the way of the preview's file.
    await test.write(path.slice(test.root.length + 1) + "/x", "in the way");
    const failed = await settle(id);
    expect(failed.steps).toMatchObject({ preprocessing: { status: "failed" }, hash: { status: "done" } });
    expect(await jobOf(id)).toMatchObject({ state: "queued", errorCode: "internal" });
    await rm(path, { recursive: true });
    await dueNow();
    const mended = await settle(id);
    expect(mended.photo.status).toBe("completed");
    expect(analyses).toEqual([
      `${id}: preprocessing,objects,embeddings,tags,ocr,faces,hash`,
      `${id}: preprocessing,objects,embeddings,tags,ocr,faces`,
    ]);
    expect(await jobOf(id)).toMatchObject({ state: "succeeded", attempts: 2 });
  });

  it("reads a photo again that changed since it was taken in", async () => {
    await start(plain);
    await runner.stop(0);
    const id = await takeIn("a.jpg", await drawPhoto("red"));
    const replaced = await sharp(await drawPhoto("blue"))
      .resize(100)
      .jpeg()
      .toBuffer();
    await writeFile(join(test.root, "a.jpg"), replaced);
    await start(plain);
    const { photo, derivatives } = await settle(id);
    expect(photo).toMatchObject({
      status: "completed",
      contentVersion: 2,
      width: 100,
      byteSize: replaced.length,
    });
    expect(derivatives.map(({ contentVersion }) => contentVersion)).toEqual([2, 2]);
  });

  it("tries a file later that changes every time it is read", async () => {
    await start(plain);
    const path = join(test.root, "busy.jpg");
    let writes = 0;
    const unsubscribe = test.events.subscribe((event) => {
      if (event.type !== "photo" || event.step !== "preprocessing") return;
      writes++;
      utimesSync(path, writes, writes);
    });
    const id = await takeIn("busy.jpg", await drawPhoto("red"));
    await settle(id);
    unsubscribe();
    expect(await jobOf(id)).toMatchObject({ state: "queued", errorCode: "file_unreadable" });
    await dueNow();
    expect((await settle(id)).photo.status).toBe("completed");
  });

  it("does nothing for a photo that is missing or removed", async () => {
    await start(plain);
    await runner.stop(0);
    const missing = await takeIn("a.jpg", await drawPhoto("red"));
    const hidden = await takeIn("b.jpg", await drawPhoto("red"));
    await test.photos.markMissing([missing]);
    await test.photos.hide(hidden, "test");
    await start(plain);
    await settle(missing);
    expect(analyses).toEqual([]);
    expect(await test.jobs.count({ states: ["succeeded"] })).toBe(2);
  });

  it("marks a photo missing whose file went away before it was read", async () => {
    await start(plain);
    await runner.stop(0);
    const gone = await takeIn("a.jpg", await drawPhoto("red"));
    await rm(join(test.root, "a.jpg"));
    await start(plain);
    const { photo } = await settle(gone);
    expect(photo.missingSince).toBeTypeOf("number");
    expect((await jobOf(gone)).state).toBe("succeeded");
  });

  it("leaves a photo failed, with the reason, that ends its analyser every time", async () => {
    const settings = {} as AnalyserSettings;
    const options = {
      entry: SCRIPTED,
      settings,
      timeoutMs: 60_000,
      maxMemoryBytes: 4e9,
      logger: test.logger,
    };
    const crashing = createAnalyserPool(1, options);
    try {
      await start(crashing);
      const [id] = await test.photos.insertPhotos([{ path: "/exit", byteSize: 0, modifiedAtMs: 0 }]);
      await test.queue.add([id!], "scan");
      await settle(id!);
      await test.database.writes.updateTable("jobs").set({ runAfter: 0, maxAttempts: 2 }).execute();
      const { photo } = await settle(id!);
      expect(photo).toMatchObject({
        status: "failed",
        failureReason: expect.stringContaining("exit code 7"),
      });
      expect(await jobOf(id!)).toMatchObject({ state: "failed", attempts: 2, errorCode: "analyser_crashed" });
    } finally {
      await crashing.close();
    }
  });
});

describe("steps that are not wanted", () => {
  const UNWANTED = { status: "skipped", errorCode: NOT_WANTED, reason: "Not wanted for this photo." };
  const runBackfill = () =>
    createBackfill({ analyses: test.analyses, queue: test.queue, wantedSteps: async () => stepModels })();

  it("are stored as skipped and stay so, whatever else is done again", async () => {
    await start(reading, stepModels);
    const id = await takeIn("exit.png", await drawWord("EXIT"), { withoutSteps: ["ocr", "duplicates"] });
    const first = await settle(id);
    expect(first.photo.status).toBe("completed");
    expect(first.steps).toMatchObject({ ocr: UNWANTED, duplicates: UNWANTED, hash: { status: "done" } });
    expect(test.told.some((event) => event.type === "photo" && event.step === "ocr")).toBe(false);
    expect(await runBackfill()).toBe(0);
    await library.reprocess(id, undefined);
    expect((await settle(id)).steps["ocr"]).toMatchObject(UNWANTED);
    await appendFile(join(test.root, "exit.png"), "!");
    await test.photos.markChanged(id, await fileAt("exit.png"));
    await runBackfill();
    const changed = await settle(id);
    expect(changed.photo).toMatchObject({ status: "completed", contentVersion: 2 });
    expect(changed.steps["ocr"]).toMatchObject(UNWANTED);
    expect(changed.textLines).toEqual([]);
  });

  it("run when they are asked for by name", async () => {
    await start(reading, stepModels);
    const id = await takeIn("exit.png", await drawWord("EXIT"), { withoutSteps: ["ocr"] });
    await settle(id);
    await library.reprocess(id, ["ocr"]);
    const { steps, textLines } = await settle(id);
    expect(steps["ocr"]).toMatchObject({ status: "done" });
    expect(steps["ocr"]?.errorCode).toBeUndefined();
    expect(textLines.map(({ text }) => text)).toEqual(["EXIT"]);
    expect(await runBackfill()).toBe(0);
  });

  async function fileAt(name: string) {
    const { size, mtimeMs } = await stat(join(test.root, name));
    return { byteSize: size, modifiedAtMs: Math.trunc(mtimeMs) };
  }
});

describe("createBackfill", () => {
  it("queues photos whose job was lost, and those that a new model can say more of", async () => {
    await start(plain);
    const id = await takeIn("exit.png", await drawWord("EXIT"));
    await test.database.writes.deleteFrom("jobs").execute();
    const { analyses: store, queue } = test;
    const backfill = createBackfill({ analyses: store, queue, wantedSteps: async () => ALGORITHMS });
    expect(await backfill()).toBe(1);
    expect((await settle(id)).photo.status).toBe("completed");
    expect(await backfill()).toBe(0);
    const withText = createBackfill({ analyses: store, queue, wantedSteps: async () => stepModels });
    expect(await withText()).toBe(1);
    expect(await jobOf(id)).toMatchObject({ state: "queued", priority: 10 });
  });
});
