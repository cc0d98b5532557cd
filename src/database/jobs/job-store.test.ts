import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../database.ts";
import { createJobStore, type JobStore } from "./job-store.ts";
import { openTestDatabase, type TestDatabase } from "../open-test-database.ts";

let test: TestDatabase;
let time: number;
let jobs: JobStore;
beforeEach(async () => {
  test = await openTestDatabase();
  time = 1_000_000;
  jobs = createJobStore({ database: test.database, now: () => time });
});
afterEach(() => test.remove());

const claim = (limit = 1, owner = "me", kinds = ["analyse"]) =>
  jobs.claim({ kinds, owner, leaseMs: 1000, limit });

/** Queues jobs of kind `analyse` with these priorities and gives their ids. */
async function enqueue(...priorities: number[]): Promise<number[]> {
  const answers = await jobs.enqueue(priorities.map((priority) => ({ kind: "analyse", priority })));
  return answers.map(({ id }) => id);
}

describe("createJobStore", () => {
  it("hands out the highest priority first, then the oldest", async () => {
    const [a, b, c, d] = await enqueue(0, 5, 0, 5);
    const claimed = [...(await claim(3)), ...(await claim(3))];
    expect(claimed.map(({ id }) => id)).toEqual([b, d, a, c]);
    expect(claimed[0]).toMatchObject({
      state: "running",
      attempts: 1,
      leaseOwner: "me",
      leaseUntil: 1_001_000,
    });
  });

  it("orders by priority across kinds and takes only the kinds asked for", async () => {
    await jobs.enqueue([
      { kind: "analyse", priority: 1 },
      { kind: "scan", priority: 9 },
      { kind: "other", priority: 99 },
    ]);
    const claimed = await claim(5, "me", ["analyse", "scan"]);
    expect(claimed.map(({ kind }) => kind)).toEqual(["scan", "analyse"]);
    expect(await claim(5, "me", [])).toEqual([]);
  });

  it("finds the kinds of which a claim would take something", async () => {
    const kinds = ["analyse", "scan", "tidy", "later"];
    expect([...(await jobs.findDueKinds(kinds))]).toEqual([]);
    await jobs.enqueue([
      { kind: "analyse" },
      { kind: "scan" },
      { kind: "tidy" },
      { kind: "later", runAfter: time + 60_000 },
    ]);
    await jobs.pause("tidy");
    expect([...(await jobs.findDueKinds(kinds))].toSorted()).toEqual(["analyse", "scan"]);
    await claim();
    expect([...(await jobs.findDueKinds(kinds))]).toEqual(["scan"]);
    expect([...(await jobs.findDueKinds(["analyse"]))]).toEqual([]);
    await jobs.resume("tidy");
    expect([...(await jobs.findDueKinds(kinds))].toSorted()).toEqual(["scan", "tidy"]);
  });

  it("gives no job to two claimers, and every job to one", async () => {
    await enqueue(...Array.from({ length: 200 }, () => 0));
    const second = await openDatabase({ directory: test.directory, readers: 1 });
    const others = createJobStore({ database: second, now: () => time });
    const taken: number[] = [];
    const work = async (store: JobStore, owner: string) => {
      for (;;) {
        const claimed = await store.claim({ kinds: ["analyse"], owner, leaseMs: 1000, limit: 3 });
        if (claimed.length === 0) return;
        taken.push(...claimed.map(({ id }) => id));
      }
    };
    await Promise.all([work(jobs, "a"), work(others, "b"), work(jobs, "c"), work(others, "d")]);
    await second.close();
    expect(taken).toHaveLength(200);
    expect(new Set(taken).size).toBe(200);
  });

  it("makes no second job with the key of one that is queued or running", async () => {
    const add = () => jobs.enqueue([{ kind: "analyse", dedupeKey: "photo 1" }]);
    const [first] = await add();
    expect(first?.isNew).toBe(true);
    expect(await add()).toEqual([{ id: first?.id, isNew: false }]);
    await claim();
    expect(await add()).toEqual([{ id: first?.id, isNew: false }]);
    await jobs.complete(first?.id ?? 0, "me");
    expect((await add())[0]).toMatchObject({ isNew: true });
  });

  it("lets one job follow a running one of its key, where what came meanwhile must be seen", async () => {
    const add = async () =>
      (await jobs.enqueue([{ kind: "scan", dedupeKey: "all", followsRunning: true }]))[0]!;
    const claim = async () =>
      (await jobs.claim({ kinds: ["scan"], owner: "a", leaseMs: 1000, limit: 1 })).map(({ id }) => id);
    const first = await add();
    expect(await add()).toEqual({ ...first, isNew: false });
    expect(await claim()).toEqual([first.id]);
    const second = await add();
    expect(second).toMatchObject({ isNew: true });
    expect(await add()).toEqual({ ...second, isNew: false });
    await jobs.complete(first.id, "a");
    expect(await claim()).toEqual([second.id]);
    // The follower runs: what comes now needs a third, and no fourth.
    const third = await add();
    expect(third).toMatchObject({ isNew: true });
    expect(await claim()).toEqual([third.id]);
    const fourth = await add();
    expect(fourth).toMatchObject({ isNew: true });
    expect(await add()).toEqual({ ...fourth, isNew: false });
  });

  it("tells keys apart by kind, and twins within one call", async () => {
    const answers = await jobs.enqueue([
      { kind: "analyse", dedupeKey: "x" },
      { kind: "analyse" },
      { kind: "scan", dedupeKey: "x" },
      { kind: "analyse", dedupeKey: "x" },
      { kind: "analyse", dedupeKey: "" },
      { kind: "analyse", dedupeKey: "" },
      { kind: "analyse" },
    ]);
    expect(answers.map(({ isNew }) => isNew)).toEqual([true, true, true, false, true, false, true]);
    expect(answers[3]?.id).toBe(answers[0]?.id);
    const rows = await Promise.all(answers.map(({ id }) => jobs.get(id)));
    expect(rows.map((job) => job?.dedupeKey)).toEqual(["x", undefined, "x", "x", "", "", undefined]);
  });

  it("queues thousands at once", async () => {
    const many = Array.from({ length: 2500 }, (_, i) => ({ kind: "analyse", dedupeKey: String(i) }));
    await jobs.enqueue(many);
    const again = await jobs.enqueue(many);
    expect(again.some(({ isNew }) => isNew)).toBe(false);
    expect(await jobs.count({})).toBe(2500);
  });

  it("keeps payloads as they were", async () => {
    const payload = { path: "/ü/東京.jpg", list: [1, null, true] };
    const [answer] = await jobs.enqueue([{ kind: "analyse", payload }]);
    expect((await jobs.get(answer?.id ?? 0))?.payload).toEqual(payload);
  });

  it("gives out a job at once that was queued before the clock was set back", async () => {
    await enqueue(0);
    time -= 900_000;
    expect(await claim()).toHaveLength(1);
  });

  it("gives out a job that failed while the clock ran a year ahead", async () => {
    time += 365 * 86_400_000;
    const [first] = await jobs.enqueue([{ kind: "analyse" }]);
    await claim();
    await jobs.fail(first?.id ?? 0, "me", { code: "internal", reason: "x", retryInMs: 5000 });
    time -= 365 * 86_400_000;
    expect(await claim()).toMatchObject([{ id: first?.id }]);
  });

  it("waits for the moment a job is due", async () => {
    await jobs.enqueue([{ kind: "analyse", runAfter: time + 500 }]);
    expect(await claim()).toEqual([]);
    time += 500;
    expect(await claim()).toHaveLength(1);
  });

  it("holds back a paused kind until it is resumed", async () => {
    await enqueue(0);
    await jobs.pause("analyse");
    await jobs.pause("analyse");
    expect(await jobs.pausedKinds()).toEqual(["analyse"]);
    expect(await claim()).toEqual([]);
    await jobs.resume("analyse");
    expect(await claim()).toHaveLength(1);
  });

  it("tries again after a failure until no attempt is left", async () => {
    const [answer] = await jobs.enqueue([{ kind: "analyse", maxAttempts: 2 }]);
    const id = answer?.id ?? 0;
    const failure = { code: "unavailable", reason: "The disk is asleep.", retryInMs: 300 };
    await claim();
    expect(await jobs.fail(id, "me", failure)).toBe("queued");
    expect(await claim()).toEqual([]);
    time += 300;
    expect(await claim()).toMatchObject([{ id, attempts: 2 }]);
    expect(await jobs.fail(id, "me", failure)).toBe("failed");
    expect(await jobs.get(id)).toMatchObject({
      state: "failed",
      errorCode: "unavailable",
      errorReason: "The disk is asleep.",
      finishedAt: time,
    });
  });

  it("fails at once when trying again is no use", async () => {
    const [id = 0] = await enqueue(0);
    await claim();
    expect(await jobs.fail(id, "me", { code: "undecodable", reason: "No image." })).toBe("failed");
  });

  it("listens to the owner of the lease only", async () => {
    const [id = 0] = await enqueue(0);
    await claim(1, "me");
    expect(await jobs.heartbeat(id, "you", 1000)).toBe(false);
    expect(await jobs.complete(id, "you")).toBe(false);
    expect(await jobs.fail(id, "you", { code: "internal", reason: "no" })).toBeUndefined();
    expect(await jobs.heartbeat(id, "me", 9000)).toBe(true);
    expect((await jobs.get(id))?.leaseUntil).toBe(time + 9000);
    expect(await jobs.complete(id, "me")).toBe(true);
    expect(await jobs.complete(id, "me")).toBe(false);
  });

  it("takes back the job of an owner that died, and counts the attempt", async () => {
    const [answer] = await jobs.enqueue([{ kind: "analyse", maxAttempts: 2 }]);
    await claim();
    expect(await jobs.reclaimExpired()).toBe(0);
    time += 1001;
    expect(await jobs.reclaimExpired()).toBe(1);
    expect(await claim()).toMatchObject([{ attempts: 2 }]);
    expect(await jobs.reclaimExpired({ all: true })).toBe(1);
    expect(await jobs.get(answer?.id ?? 0)).toMatchObject({ state: "failed", errorCode: "analyser_crashed" });
  });

  it("puts jobs back unharmed at a graceful stop", async () => {
    await enqueue(0, 0, 0);
    await claim(2, "me");
    await claim(1, "you");
    expect(await jobs.release("me")).toBe(2);
    expect(await claim(5, "next")).toMatchObject([{ attempts: 1 }, { attempts: 1 }]);
  });

  it("cancels what has not ended, and its owner hears of it", async () => {
    const [id = 0] = await enqueue(0);
    await claim();
    expect(await jobs.cancel(id)).toBe(true);
    expect(await jobs.cancel(id)).toBe(false);
    expect(await jobs.heartbeat(id, "me", 1000)).toBe(false);
    expect((await jobs.get(id))?.state).toBe("cancelled");
  });

  it("queues a failed job again, but no twin of one that is queued", async () => {
    const add = () => jobs.enqueue([{ kind: "analyse", dedupeKey: "x" }]);
    const fail = async () => {
      const [job] = await claim();
      await jobs.fail(job?.id ?? 0, "me", { code: "internal", reason: "no" });
      return job?.id ?? 0;
    };
    await add();
    const first = await fail();
    await add();
    expect(await jobs.retry(first)).toBe(false);
    const second = await fail();
    expect(await jobs.retryFailed("other")).toBe(0);
    expect(await jobs.retryFailed()).toBe(1);
    expect(await jobs.get(second)).toMatchObject({ state: "queued", attempts: 0 });
    expect(await jobs.retry(999)).toBe(false);
  });

  it("queues all failed jobs without keys again", async () => {
    const ids = await enqueue(0, 0);
    await claim(2);
    for (const id of ids) await jobs.fail(id, "me", { code: "internal", reason: "no" });
    expect(await jobs.retryFailed("analyse")).toBe(2);
  });

  it("counts, lists and measures", async () => {
    const [a = 0, b = 0, c = 0] = await enqueue(0, 0, 0);
    await claim(2);
    await jobs.setProgress(a, "me", 3, 10);
    await jobs.setProgress(a, "me", 4);
    expect(await jobs.get(a)).toMatchObject({ progressDone: 4, progressTotal: 10 });
    await jobs.complete(a, "me");
    expect(await jobs.counts()).toEqual(
      expect.arrayContaining([
        { kind: "analyse", state: "succeeded", count: 1 },
        { kind: "analyse", state: "running", count: 1 },
        { kind: "analyse", state: "queued", count: 1 },
      ]),
    );
    const newest = await jobs.list({ states: ["queued", "running"] }, { limit: 1, offset: 0 });
    expect(newest.map(({ id }) => id)).toEqual([c]);
    const next = await jobs.list({ kinds: ["analyse"] }, { limit: 1, offset: 1 });
    expect(next.map(({ id }) => id)).toEqual([b]);
    expect(await jobs.count({ states: [] })).toBe(0);
  });

  it("forgets jobs that ended well long ago, and no others", async () => {
    const [a = 0, b = 0] = await enqueue(0, 0, 0);
    await claim(2);
    await jobs.complete(a, "me");
    await jobs.fail(b, "me", { code: "internal", reason: "no" });
    expect(await jobs.purge(time)).toBe(0);
    expect(await jobs.purge(time + 1)).toBe(1);
    expect(await jobs.count({})).toBe(2);
  });

  it("measures the rate since work began, over the window at most", async () => {
    await enqueue(0, 0, 0);
    const [a, b, c] = await claim(3);
    time += 500;
    await jobs.complete(a!.id, "me");
    await jobs.complete(b!.id, "me");
    expect(await jobs.throughput(2000)).toEqual([{ kind: "analyse", finished: 2, perSecond: 4 }]);
    time += 3000;
    await jobs.fail(c!.id, "me", { code: "internal", reason: "no" });
    expect(await jobs.throughput(2000)).toEqual([{ kind: "analyse", finished: 1, perSecond: 0.5 }]);
    time += 2001;
    expect(await jobs.throughput(2000)).toEqual([]);
  });
});
