import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pino } from "pino";
import { KeepsightError } from "../../core/errors.ts";
import type { Job, NewJob } from "../../database/jobs/job.ts";
import { createJobStore, type JobStore } from "../../database/jobs/job-store.ts";
import { openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createJobRunner, type JobContext, type JobEvent, type JobHandler } from "./job-runner.ts";

let test: TestDatabase;
let jobs: JobStore;
beforeAll(async () => {
  test = await openTestDatabase();
  jobs = createJobStore({ database: test.database });
});
afterAll(() => test.remove());

/** What the runner under test logged and told. */
let logged: Record<string, unknown>[];
let events: JobEvent[];
let runners: ReturnType<typeof createJobRunner>[];
beforeEach(() => {
  logged = [];
  events = [];
  runners = [];
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop(0)));
  await test.database.writes.deleteFrom("jobs").execute();
});

const logger = pino(
  { level: "warn" },
  { write: (line: string) => logged.push(JSON.parse(line) as Record<string, unknown>) },
);

function createRunner(handlers: Readonly<Record<string, JobHandler>>) {
  const runner = createJobRunner({ jobs, handlers, logger, onEvent: (event) => events.push(event) });
  runners.push(runner);
  return runner;
}

/** A handler that runs `run`, one job at a time. */
const one = (run: JobHandler["run"], more: Partial<JobHandler> = {}): JobHandler => ({
  concurrency: 1,
  run,
  ...more,
});

const add = async (...added: Partial<NewJob>[]): Promise<number[]> => {
  const answers = await jobs.enqueue(added.map((job) => ({ kind: "work", ...job })));
  return answers.map(({ id }) => id);
};

const stateOf = async (jobId: number) => (await jobs.get(jobId))?.state;

/** A handler whose jobs last until they are aborted, or let go. */
function createGate(concurrency = 1) {
  const begun: number[] = [];
  const gate = Promise.withResolvers<void>();
  const run = async (job: Job, { signal }: JobContext) => {
    begun.push(job.id);
    const aborted = new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(new KeepsightError("cancelled", "Aborted.")));
    });
    await Promise.race([gate.promise, aborted]);
  };
  const handler: JobHandler = { concurrency, run };
  const whenBegun = (count: number) =>
    expect.poll(() => begun.length, { timeout: 20_000, interval: 10 }).toBe(count);
  return { handler, begun, open: gate.resolve, whenBegun };
}

describe("createJobRunner", () => {
  it("runs jobs in the order of their priorities, then of their age", async () => {
    const [a, b, c, d] = await add({ priority: 1 }, { priority: 9 }, { priority: 1 }, { priority: 5 });
    const ran: number[] = [];
    const runner = createRunner({ work: one(async (job) => void ran.push(job.id)) });
    await runner.start();
    await runner.whenIdle();
    expect(ran).toEqual([b, d, a, c]);
    expect(events.map(({ type, job }) => [type, job.id]).slice(0, 3)).toEqual([
      ["started", b],
      ["succeeded", b],
      ["started", d],
    ]);
  });

  it("runs as many at once as the handler allows, and other kinds beside them", async () => {
    const work = createGate(2);
    const other = createGate();
    await add({}, {}, {}, { kind: "other" });
    const runner = createRunner({ work: work.handler, other: other.handler });
    await runner.start();
    await Promise.all([work.whenBegun(2), other.whenBegun(1)]);
    work.open();
    await work.whenBegun(3);
    other.open();
    await runner.whenIdle();
    expect(await jobs.count({ states: ["succeeded"] })).toBe(4);
  });

  it("takes up work that comes later, as soon as it is told", async () => {
    const ran: number[] = [];
    const runner = createRunner({ work: one(async (job) => void ran.push(job.id)) });
    await runner.start();
    await runner.whenIdle();
    const added = await add({}, {});
    runner.notify();
    await runner.whenIdle();
    expect(ran).toEqual(added);
  });

  it("begins nothing before the start, however often it is told", async () => {
    const gate = createGate();
    const [id] = await add({});
    const runner = createRunner({ work: gate.handler });
    runner.notify();
    await runner.whenIdle();
    expect(await stateOf(id!)).toBe("queued");
    await runner.start();
    await gate.whenBegun(1);
  });

  it("tries again, later each time, what may end differently", async () => {
    const [id] = await add({ maxAttempts: 3 });
    const failing = one(async () => {
      throw new KeepsightError("analyser_crashed", "The process died.");
    });
    const runner = createRunner({ work: failing });
    await runner.start();
    await runner.whenIdle();
    const first = (await jobs.get(id!))!;
    const waitMs = first.runAfter - first.startedAt!;
    expect(first).toMatchObject({ state: "queued", attempts: 1, errorCode: "analyser_crashed" });
    await test.database.writes.updateTable("jobs").set({ runAfter: 0 }).execute();
    runner.notify();
    await runner.whenIdle();
    const second = (await jobs.get(id!))!;
    expect(second.attempts).toBe(2);
    // Four times as long, each ±20 %.
    expect(second.runAfter - second.startedAt!).toBeGreaterThan(2 * waitMs);
    await test.database.writes.updateTable("jobs").set({ runAfter: 0 }).execute();
    runner.notify();
    await runner.whenIdle();
    expect(await jobs.get(id!)).toMatchObject({
      state: "failed",
      attempts: 3,
      errorReason: "The process died.",
    });
    expect(events.map(({ type }) => type).filter((type) => type !== "started")).toEqual([
      "will-retry",
      "will-retry",
      "failed",
    ]);
  });

  it("fails at once what would end the same, and tells the handler once", async () => {
    const [id] = await add({});
    const ended: string[] = [];
    const broken = one(
      async () => {
        throw new KeepsightError("undecodable", "photo.jpg is broken.");
      },
      { onFailed: async (job, error) => void ended.push(`${job.id} ${error.code}`) },
    );
    const runner = createRunner({ work: broken });
    await runner.start();
    await runner.whenIdle();
    expect(await jobs.get(id!)).toMatchObject({ state: "failed", attempts: 1, errorCode: "undecodable" });
    expect(ended).toEqual([`${id} undecodable`]);
  });

  it("records a failure even if its handler cannot bear it, and goes on", async () => {
    const [bad, good] = await add({}, {});
    const runner = createRunner({
      work: one(
        async (job) => {
          if (job.id === bad) throw new KeepsightError("undecodable", "photo.jpg is broken.");
        },
        { onFailed: () => Promise.reject(new Error("no luck either")) },
      ),
    });
    await runner.start();
    await runner.whenIdle();
    expect([await stateOf(bad!), await stateOf(good!)]).toEqual(["failed", "succeeded"]);
  });

  it("logs an expected failure by code and reason, a fault of ours with its stack", async () => {
    await add({ payload: "expected", maxAttempts: 1 }, { payload: "bug", maxAttempts: 1 });
    const runner = createRunner({
      work: one(async (job) => {
        if (job.payload === "bug") throw new TypeError("undefined is not a function");
        throw new KeepsightError("undecodable", "photo.jpg is broken.");
      }),
    });
    await runner.start();
    await runner.whenIdle();
    const [expected, bug] = logged.filter(({ msg }) => msg === "job failed");
    expect(expected).toMatchObject({ code: "undecodable", reason: "photo.jpg is broken." });
    expect(expected).not.toHaveProperty("err");
    expect(bug).toMatchObject({
      err: { type: "TypeError", stack: expect.stringContaining("job-runner.test") },
    });
  });

  it("cancels a queued job, which then never runs, and an ended one no more", async () => {
    const gate = createGate();
    const [running, queued] = await add({}, {});
    const runner = createRunner({ work: gate.handler });
    await runner.start();
    await gate.whenBegun(1);
    expect(await runner.cancel(queued!)).toBe(true);
    gate.open();
    await runner.whenIdle();
    expect(gate.begun).toEqual([running]);
    expect([await runner.cancel(running!), await runner.cancel(queued!)]).toEqual([false, false]);
    expect(await stateOf(running!)).toBe("succeeded");
  });

  it("aborts a running job that is cancelled, without calling that a failure", async () => {
    const gate = createGate();
    const [id, next] = await add({}, {});
    const runner = createRunner({ work: gate.handler });
    await runner.start();
    await gate.whenBegun(1);
    expect(await runner.cancel(id!)).toBe(true);
    await gate.whenBegun(2);
    expect(gate.begun).toEqual([id, next]);
    expect(await stateOf(id!)).toBe("cancelled");
    expect(events.some(({ type }) => type === "failed" || type === "will-retry")).toBe(false);
  });

  it("puts running work back unharmed when it stops, and loses none", async () => {
    const gate = createGate(2);
    const ids = await add({}, {}, {});
    const runner = createRunner({ work: gate.handler });
    await runner.start();
    await gate.whenBegun(2);
    await runner.stop(0);
    for (const id of ids) expect(await jobs.get(id)).toMatchObject({ state: "queued", attempts: 0 });
    await runner.whenIdle();
    const successor = createRunner({ work: one(async () => {}) });
    await successor.start();
    await successor.whenIdle();
    expect(await jobs.count({ states: ["succeeded"] })).toBe(3);
  });

  it("lets work that is almost done end when it stops", async () => {
    const gate = createGate();
    const [id, never] = await add({}, {});
    const runner = createRunner({ work: gate.handler });
    await runner.start();
    await gate.whenBegun(1);
    const stopped = runner.stop(60_000);
    gate.open();
    await stopped;
    expect([await stateOf(id!), await stateOf(never!)]).toEqual(["succeeded", "queued"]);
    runner.notify();
    await runner.whenIdle();
    expect(await stateOf(never!)).toBe("queued");
  });

  it("leaves the running work of another process alone when it stops without a start", async () => {
    const gate = createGate();
    const [job] = await add({});
    await createRunner({ work: gate.handler }).start();
    await gate.whenBegun(1);
    await createRunner({ work: gate.handler }).stop(0);
    expect(await stateOf(job!)).toBe("running");
  });

  it("takes up what a killed predecessor left running, with no attempt counted", async () => {
    const [id] = await add({ maxAttempts: 1 });
    // What a killed server leaves: claimed, never given back.
    await jobs.claim({ kinds: ["work"], owner: "keepsight", leaseMs: 3_600_000, limit: 1 });
    const attempts: number[] = [];
    const runner = createRunner({ work: one(async (job) => void attempts.push(job.attempts)) });
    await runner.start();
    await runner.whenIdle();
    expect(attempts).toEqual([1]);
    expect(await stateOf(id!)).toBe("succeeded");
  });

  it("forgets at its start what ended well long ago", async () => {
    const [old, failed, recent] = await add({}, {}, {});
    const longAgo = Date.now() - 30 * 24 * 3_600_000;
    const ended = { finishedAt: longAgo, state: "succeeded" } as const;
    const update = () => test.database.writes.updateTable("jobs");
    await update().set(ended).where("id", "=", old!).execute();
    await update()
      .set({ ...ended, state: "failed" })
      .where("id", "=", failed!)
      .execute();
    const runner = createRunner({ work: one(async () => {}) });
    await runner.start();
    await runner.whenIdle();
    expect([await stateOf(old!), await stateOf(failed!), await stateOf(recent!)]).toEqual([
      undefined,
      "failed",
      "succeeded",
    ]);
  });

  it("says once why no work can begin, goes on when it can, and stops though it cannot put work back", async () => {
    const full = () => Promise.reject(new KeepsightError("unavailable", "The disk is full."));
    let isFull = true;
    const runner = createJobRunner({
      jobs: {
        ...jobs,
        claim: (options) => (isFull && options.kinds[0] === "work" ? full() : jobs.claim(options)),
        release: (owner) => (isFull && logged.length > 0 ? full() : jobs.release(owner)),
      },
      handlers: { work: one(async () => {}), more: one(async () => {}) },
      logger,
    });
    runners.push(runner);
    const [id] = await add({});
    await runner.start();
    await runner.whenIdle();
    runner.notify();
    await runner.whenIdle();
    expect(runner.trouble()).toBe("The disk is full.");
    expect(logged.map(({ msg }) => msg)).toEqual(["jobs could not be claimed"]);
    isFull = false;
    runner.notify();
    await runner.whenIdle();
    expect(runner.trouble()).toBeUndefined();
    expect(await stateOf(id!)).toBe("succeeded");
    isFull = true;
    await runner.stop(0);
    expect(logged.at(-1)).toMatchObject({ msg: "running jobs could not be put back" });
  });

  it("counts what is done since work last began", async () => {
    const gates = [createGate(2), createGate(2)];
    let gate = gates[0]!;
    const handler = one((job, context) => gate.handler.run(job, context), { concurrency: 2 });
    await add({}, {}, {});
    const runner = createRunner({ work: handler });
    await runner.start();
    await gate.whenBegun(2);
    expect(runner.countDone("work")).toBe(0);
    gate.open();
    await runner.whenIdle();
    expect(runner.countDone("work")).toBe(3);
    gate = gates[1]!;
    await add({});
    runner.notify();
    await gate.whenBegun(1);
    expect([runner.countDone("work"), runner.countDone("other")]).toEqual([0, 0]);
  });

  it("keeps what a job has to tell, until it is done again", async () => {
    const [id] = await add({});
    const [silent] = await add({ dedupeKey: "silent" });
    const runner = createRunner({
      work: one(async (job) => (job.id === id ? { added: 3 } : undefined)),
    });
    await runner.start();
    await runner.whenIdle();
    expect(await jobs.get(id!)).toMatchObject({ state: "succeeded", result: { added: 3 } });
    expect(await jobs.get(silent!)).not.toHaveProperty("result");
  });

  it("keeps how far a job is", async () => {
    const gate = Promise.withResolvers<void>();
    const [id] = await add({});
    const runner = createRunner({
      work: one(async (_, { setProgress }) => {
        await setProgress(3, 10);
        await gate.promise;
      }),
    });
    await runner.start();
    const progress = async () => (await jobs.get(id!))?.progressDone;
    await expect.poll(progress, { timeout: 20_000 }).toBe(3);
    gate.resolve();
    await runner.whenIdle();
  });
});
