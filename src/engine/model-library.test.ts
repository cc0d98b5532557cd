import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, readFile, rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeClipTowers } from "../../test/onnx-towers.ts";
import { createLogger } from "../core/logger.ts";
import { createJobStore, type JobStore } from "../database/jobs/job-store.ts";
import { openTestDatabase, type TestDatabase } from "../database/open-test-database.ts";
import type { CatalogModel } from "../onnx/catalog.ts";
import { loadCatalog } from "../onnx/catalog.ts";
import { createModelStore } from "../onnx/model-store.ts";
import { createJobRunner, type JobRunner } from "./jobs/job-runner.ts";
import { createLibraryEvents, type LibraryEvent } from "./library-events.ts";
import { createModelLibrary, type ModelLibrary, PULL_JOB } from "./model-library.ts";

let test: TestDatabase;
let jobs: JobStore;
let directory: string;
/** Gives out the files of the towers, or fails. */
let mirror: Server;
let isMirrorBroken = false;
let towers: CatalogModel;
beforeAll(async () => {
  test = await openTestDatabase();
  jobs = createJobStore({ database: test.database });
  directory = await mkdtemp(join(tmpdir(), "keepsight-models-"));
  const { settings, imageEncoder, textEncoder, tokenizer } = writeClipTowers(join(directory, "mirror"));
  mirror = createServer((request, response) => {
    if (isMirrorBroken) return void response.writeHead(404).end();
    void readFile(join(directory, "mirror", request.url!.slice(1))).then((bytes) => response.end(bytes));
  });
  await new Promise<void>((resolve) => mirror.listen(0, "127.0.0.1", resolve));
  const { port } = mirror.address() as AddressInfo;
  const describeFile = async (role: string, path: string) => {
    const bytes = await readFile(path);
    const name = path.split("/").at(-1)!;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { role, name, byteSize: bytes.length, sha256, urls: [`http://127.0.0.1:${port}/${name}`] };
  };
  const [example] = loadCatalog().filter(({ settings: { task } }) => task === "clip");
  towers = {
    ...example!,
    id: "towers",
    preference: 1,
    settings,
    files: await Promise.all([
      describeFile("image-encoder", imageEncoder),
      describeFile("text-encoder", textEncoder),
      describeFile("tokenizer", tokenizer),
    ]),
  } as CatalogModel;
});
afterAll(async () => {
  mirror.close();
  await test.remove();
  await rm(directory, { recursive: true, force: true });
});

let models: ModelLibrary;
let runner: JobRunner;
let told: LibraryEvent[];
let changes: number;
/** How often those who use the models cannot follow. */
let failingChanges: number;
beforeEach(async () => {
  isMirrorBroken = false;
  told = [];
  changes = 0;
  failingChanges = 0;
  const events = createLibraryEvents();
  events.subscribe((event) => told.push(event));
  const unreachable = {
    ...towers,
    id: "unreachable",
    files: towers.files.map((file) => ({ ...file, urls: [] })),
  };
  const unverified = {
    ...towers,
    id: "unverified",
    preference: -1,
    files: towers.files.map(({ role, name }) => {
      return { role, name: `unverified_${name}`, urls: [`https://huggingface.co/org/${name}`] };
    }),
  };
  const bundled = loadCatalog().filter(({ id }) => id.startsWith("pp-ocrv4"));
  const store = createModelStore({
    catalog: [...bundled, towers, { ...unreachable, preference: 0 }, unverified],
    modelDirectory: join(directory, "models"),
    localDirectories: [],
    offline: false,
    fetch,
  });
  const onChanged = async () => {
    changes++;
    if (changes <= failingChanges) throw new Error("The embeddings could not be loaded.");
  };
  models = createModelLibrary({ store, jobs, events, notify: () => runner.notify(), onChanged });
  runner = createJobRunner({
    jobs,
    handlers: { [PULL_JOB]: models.pullHandler },
    logger: createLogger("silent"),
  });
  await runner.start();
});
afterEach(async () => {
  await runner.stop(0);
  await test.database.writes.deleteFrom("jobs").execute();
  await rm(join(directory, "models"), { recursive: true, force: true });
});

const stateOf = async (modelId: string) => (await models.list()).items.find(({ id }) => id === modelId);

describe("createModelLibrary", () => {
  it("says what makes the result of each step that can run", async () => {
    const steps = await models.stepModels();
    expect(steps).toMatchObject({ preprocessing: "preview-1", hash: "imohash+pdq-1" });
    expect(steps.ocr).toBe("pp-ocrv4-det+pp-ocrv4-rec+text-2");
    expect(steps).not.toHaveProperty("embeddings");
  });

  it("says of each step whether it can run, and why not", async () => {
    const { steps } = await models.list();
    expect(steps.find(({ step }) => step === "ocr")).toMatchObject({ isAvailable: true, reason: null });
    expect(steps.find(({ step }) => step === "embeddings")).toMatchObject({
      isAvailable: false,
      reason: expect.stringContaining("No model for finding photos by meaning"),
    });
  });

  it("downloads a model and uses it from then on", async () => {
    const jobId = await models.queuePull("towers");
    await runner.whenIdle();
    expect(await jobs.get(jobId)).toMatchObject({ state: "succeeded" });
    expect((await models.stepModels()).embeddings).toMatch(/^towers\+/);
    expect(await stateOf("towers")).toMatchObject({ state: "installed", isActive: true, canDownload: false });
    expect(changes).toBe(1);
    expect(told).toContainEqual({ type: "library", reason: "models-changed" });
    expect(told.some((event) => event.type === "download" && event.modelId === "towers")).toBe(true);
    await models.refresh();
    expect(changes).toBe(1);
  });

  it("tells of a change again when those who use the models could not follow it", async () => {
    failingChanges = 1;
    const jobId = await models.queuePull("towers");
    await runner.whenIdle();
    expect(await jobs.get(jobId)).toMatchObject({ state: "queued", errorCode: "internal" });
    await models.refresh();
    expect(changes).toBe(2);
    expect((await models.stepModels()).embeddings).toMatch(/^towers\+/);
  });

  it("queues one download however often it is asked for", async () => {
    await runner.stop(0);
    expect(await models.queuePull("towers")).toBe(await models.queuePull("towers"));
  });

  it("refuses a model that is unknown, there already, or that no address is known for", async () => {
    await models.queuePull("towers");
    await runner.whenIdle();
    await expect(models.queuePull("towers")).rejects.toMatchObject({ code: "conflict" });
    await expect(models.queuePull("nonsense")).rejects.toMatchObject({ code: "not_found" });
    await unlink(join(directory, "models", "towers", "colours_vision.onnx"));
    await expect(models.queuePull("unreachable")).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("KEEPSIGHT_MODELS_DIR"),
    });
  });

  it("leaves it to the command line to ask about files without a known checksum", async () => {
    await expect(models.queuePull("unverified")).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("keepsight models pull unverified"),
    });
  });

  it("tries a download again that failed, and changes nothing meanwhile", async () => {
    isMirrorBroken = true;
    const jobId = await models.queuePull("towers");
    await runner.whenIdle();
    expect(await jobs.get(jobId)).toMatchObject({ state: "queued", errorCode: "download_failed" });
    expect(changes).toBe(0);
    isMirrorBroken = false;
    await test.database.writes.updateTable("jobs").set({ runAfter: 0 }).execute();
    runner.notify();
    await runner.whenIdle();
    expect(await stateOf("towers")).toMatchObject({ state: "installed" });
  });
});
