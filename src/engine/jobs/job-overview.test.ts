import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { KeepsightError } from "../../core/errors.ts";
import { createLogger } from "../../core/logger.ts";
import type { NewJob } from "../../database/jobs/job.ts";
import { createJobStore, type JobStore } from "../../database/jobs/job-store.ts";
import { openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createJobOverview } from "./job-overview.ts";
import { createJobRunner, type JobHandler, type JobRunner } from "./job-runner.ts";

let test: TestDatabase;
let jobs: JobStore;
let runner: JobRunner;
beforeAll(async () => {
  test = await openTestDatabase();
  jobs = createJobStore({ database: test.database });
});
afterEach(async () => {
  await runner.stop(0);
  await test.database.writes.deleteFrom("jobs").execute();
});
afterAll(() => test.remove());

/** An overview over a runner that has not begun. */
function open(run: JobHandler["run"] = async () => {}) {
  const handlers = { work: { concurrency: 1, run } };
  runner = createJobRunner({ jobs, handlers, logger: createLogger("silent") });
  return createJobOverview({ jobs, photos: test.photos, runner, kinds: ["work"] });
}

async function add(...added: Partial<NewJob>[]): Promise<number[]> {
  const answers = await jobs.enqueue(added.map((job) => ({ kind: "work", ...job })));
  return answers.map(({ id }) => id);
}

const stateOf = async (jobId: number) => (await jobs.get(jobId))?.state;

describe("createJobOverview", () => {
  it("pauses a kind of jobs until it is resumed", async () => {
    const overview = open();
    await overview.pause("work");
    const [id] = await add({});
    await runner.start();
    await runner.whenIdle();
    expect(await stateOf(id!)).toBe("queued");
    expect(await overview.queues()).toMatchObject([{ kind: "work", isPaused: true, queued: 1 }]);
    await overview.resume("work");
    await runner.whenIdle();
    expect(await stateOf(id!)).toBe("succeeded");
    expect(await overview.queues()).toMatchObject([{ isPaused: false, queued: 0, succeeded: 1 }]);
    await overview.pause("work");
    await add({});
    runner.notify();
    await runner.whenIdle();
    await overview.resume("work");
    await runner.whenIdle();
    expect(await overview.queues()).toMatchObject([{ succeeded: 1 }]);
  });

  it("says how fast work goes and when it will be done", async () => {
    const overview = open();
    await add({}, {}, {});
    expect((await overview.queues())[0]).not.toHaveProperty("etaSeconds");
    await jobs.claim({ kinds: ["work"], owner: "me", leaseMs: 1000, limit: 1 });
    const [first] = await jobs.list({ states: ["running"] }, { limit: 1, offset: 0 });
    await test.database.writes
      .updateTable("jobs")
      .set({ startedAt: Date.now() - 2000 })
      .execute();
    await jobs.complete(first!.id, "me");
    const [queue] = await overview.queues();
    // Begun two seconds ago; the rest is room for a busy machine.
    expect(queue!.ratePerSecond).toBeGreaterThan(1 / 30);
    expect(queue!.ratePerSecond).toBeLessThanOrEqual(0.5);
    expect(queue!.etaSeconds).toBe(Math.ceil(2 / queue!.ratePerSecond!));
    await overview.pause("work");
    expect((await overview.queues())[0]).not.toHaveProperty("etaSeconds");
    await overview.resume("work");
  });

  it("queues failed and cancelled jobs again, and no others", async () => {
    let isBroken = true;
    const overview = open(async () => {
      if (isBroken) throw new KeepsightError("undecodable", "photo.jpg is broken.");
    });
    const [id, other] = await add({}, {});
    await runner.start();
    await runner.whenIdle();
    isBroken = false;
    await overview.retry(id!);
    await runner.whenIdle();
    expect([await stateOf(id!), await stateOf(other!)]).toEqual(["succeeded", "failed"]);
    expect(await overview.retryFailed("work")).toBe(1);
    await runner.whenIdle();
    expect(await stateOf(other!)).toBe("succeeded");
    await expect(overview.retry(id!)).rejects.toMatchObject({ code: "conflict" });
    await expect(overview.cancel(id!)).rejects.toMatchObject({ code: "conflict" });
    await expect(overview.retry(999_999)).rejects.toMatchObject({ code: "not_found" });
    await expect(overview.pause("unknown")).rejects.toMatchObject({ code: "not_found" });
  });

  it("names the photo of each job", async () => {
    const [photoId] = await test.photos.insertPhotos([
      { path: "/p/named.jpg", byteSize: 1, modifiedAtMs: 1 },
    ]);
    await add({ photoId: photoId! }, {});
    const overview = open();
    const { items, total } = await overview.list({ kinds: ["work"] }, { limit: 10, offset: 0 });
    expect(total).toBe(2);
    expect(items.map(({ fileName }) => fileName)).toEqual([undefined, "named.jpg"]);
  });
});
