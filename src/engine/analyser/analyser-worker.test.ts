import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { createLogger } from "../../core/logger.ts";
import { DEFAULT_DECODE_LIMITS } from "../../image/decode-limits.ts";
import type { VisionModels } from "../../vision/choose-models.ts";
import type { AnalyserSettings, AnalyseRequest } from "./analyser-protocol.ts";
import { createAnalyserPool, type AnalyserPool } from "./analyser-pool.ts";
import { createAnalyserWorker, type AnalyserWorker, type AnalyserWorkerOptions } from "./analyser-worker.ts";

const ENTRY = new URL("./test-processes/scripted-analyser.ts", import.meta.url);
const SETTINGS: AnalyserSettings = {
  models: {},
  threads: 1,
  niceness: 0,
  limits: DEFAULT_DECODE_LIMITS,
  formats: [],
  thumbnailSize: 400,
  previewSize: 1344,
};
const OPTIONS: AnalyserWorkerOptions = {
  entry: ENTRY,
  settings: SETTINGS,
  timeoutMs: 60_000,
  maxMemoryBytes: 4 * 1024 ** 3,
  logger: createLogger("silent"),
};
/** Models as far as the scripted process looks at them. */
const WITH_CLIP = { clip: {} } as VisionModels;

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

function openWorker(changes: Partial<AnalyserWorkerOptions> = {}): AnalyserWorker {
  const worker = createAnalyserWorker({ ...OPTIONS, ...changes });
  opened.push(worker);
  return worker;
}

function openPool(size: number): AnalyserPool {
  const pool = createAnalyserPool(size, OPTIONS);
  opened.push(pool);
  return pool;
}

/** What the scripted process does: its command as the path of a photo. */
const command = (path: string): AnalyseRequest => ({ type: "analyse", path, steps: [] });

/** Which process answered, and with which models. */
async function ask(worker: AnalyserWorker): Promise<Readonly<Record<string, number>>> {
  return (await worker.request(command("/answer"))).stageCpuMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function waitForEnd(pid: number): Promise<void> {
  await expect.poll(() => isAlive(pid), { timeout: 20_000, interval: 20 }).toBe(false);
}

/** Starts a request that is never answered; resolves once the process works on it. */
async function startWaiting(worker: AnalyserWorker, signal?: AbortSignal) {
  const begun = Promise.withResolvers<void>();
  const answer = worker.request(command("/wait"), { onStep: () => begun.resolve(), signal });
  // Asserted by the test; here it only must not count as unhandled.
  answer.catch(() => undefined);
  await begun.promise;
  return { answer };
}

describe("createAnalyserWorker", () => {
  it("answers request after request with one process, telling each step", async () => {
    const worker = openWorker();
    expect(worker.pid).toBeUndefined();
    const steps: string[] = [];
    const first = await worker.request(command("/answer"), { onStep: (step) => steps.push(step) });
    expect(steps).toEqual(["hash"]);
    expect(await ask(worker)).toEqual(first.stageCpuMs);
    expect(first.stageCpuMs["pid"]).toBe(worker.pid);
  });

  it("passes on the error that the process reports, and keeps the process", async () => {
    const worker = openWorker();
    const { pid } = await ask(worker);
    await expect(worker.request(command("/refuse"))).rejects.toMatchObject({
      code: "not_found",
      message: "There is no such photo.",
    });
    expect((await ask(worker))["pid"]).toBe(pid);
  });

  it.each([
    ["/abort", "SIGABRT"],
    ["/exit", "exit code 7"],
  ])("rejects only the request that ended the process by %s", async (path, cause) => {
    const worker = openWorker();
    const { pid } = await ask(worker);
    const rejected = expect(worker.request(command(path))).rejects;
    await rejected.toMatchObject({ code: "analyser_crashed", message: expect.stringContaining(cause) });
    const next = await ask(worker);
    expect(next["pid"]).not.toBe(pid);
  });

  it("rejects the request when the process is killed from outside", async () => {
    const worker = openWorker();
    const { answer } = await startWaiting(worker);
    process.kill(worker.pid!, "SIGKILL");
    await expect(answer).rejects.toMatchObject({ code: "analyser_crashed" });
    expect((await ask(worker))["pid"]).toBe(worker.pid);
  });

  it("starts a new process when the idle one was killed", async () => {
    const worker = openWorker();
    const { pid } = await ask(worker);
    process.kill(pid!, "SIGKILL");
    await expect.poll(() => worker.pid, { timeout: 20_000 }).toBeUndefined();
    expect((await ask(worker))["pid"]).not.toBe(pid);
  });

  it("says why when a process cannot be started at all", async () => {
    const real = process.execPath;
    const worker = openWorker();
    try {
      process.execPath = "/nowhere/node";
      await expect(worker.request(command("/answer"))).rejects.toMatchObject({ code: "analyser_crashed" });
    } finally {
      process.execPath = real;
    }
    expect((await ask(worker))["pid"]).toBe(worker.pid);
  });

  it.each(["/wait", "/spin"])("kills a process that takes too long by %s and says so", async (path) => {
    const worker = openWorker({ timeoutMs: 1500 });
    const { pid } = await ask(worker);
    const rejected = expect(worker.request(command(path))).rejects;
    await rejected.toMatchObject({ code: "analyser_timeout", message: expect.stringContaining("1.5 s") });
    await waitForEnd(pid!);
    expect((await ask(worker))["pid"]).not.toBe(pid);
  });

  it("replaces a process that grew, after its request", async () => {
    const worker = openWorker({ maxMemoryBytes: 200 * 1024 * 1024 });
    const { pid } = await ask(worker);
    expect((await ask(worker))["pid"]).toBe(pid);
    const grown = await worker.request(command("/grow"));
    expect(grown.stageCpuMs["pid"]).toBe(pid);
    expect((await ask(worker))["pid"]).not.toBe(pid);
    await waitForEnd(pid!);
  });

  it("works with other models from the next request on", async () => {
    const worker = openWorker();
    const before = await ask(worker);
    worker.useModels(WITH_CLIP);
    const after = await ask(worker);
    expect(after).toEqual({ pid: worker.pid, clip: 1 });
    expect(after["pid"]).not.toBe(before["pid"]);
    expect(await ask(worker)).toEqual(after);
  });

  it("lets a running request end with the models that it began with", async () => {
    const worker = openWorker();
    const running = worker.request(command("/answer"));
    worker.useModels(WITH_CLIP);
    expect((await running).stageCpuMs).not.toHaveProperty("clip");
    expect(await ask(worker)).toHaveProperty("clip");
  });

  it("keeps the process that replaced one which died with old models", async () => {
    const worker = openWorker();
    const crashing = worker.request(command("/exit"));
    worker.useModels(WITH_CLIP);
    await expect(crashing).rejects.toMatchObject({ code: "analyser_crashed" });
    const first = await ask(worker);
    expect(first).toHaveProperty("clip");
    expect(await ask(worker)).toEqual(first);
  });

  it("kills the process when the request is aborted", async () => {
    const worker = openWorker();
    const abort = new AbortController();
    const { answer } = await startWaiting(worker, abort.signal);
    const { pid } = worker;
    abort.abort();
    await expect(answer).rejects.toMatchObject({ code: "cancelled" });
    await waitForEnd(pid!);
    expect((await ask(worker))["pid"]).not.toBe(pid);
  });

  it("begins nothing for a request that was aborted before", async () => {
    const worker = openWorker();
    const request = worker.request(command("/wait"), { signal: AbortSignal.abort() });
    await expect(request).rejects.toMatchObject({ code: "cancelled" });
    expect(worker.pid).toBeUndefined();
  });

  it("rejects the running request when it is closed, and every later one", async () => {
    const worker = openWorker();
    const { answer } = await startWaiting(worker);
    const pid = worker.pid!;
    await worker.close();
    expect(isAlive(pid)).toBe(false);
    await expect(answer).rejects.toMatchObject({ code: "cancelled" });
    await expect(ask(worker)).rejects.toMatchObject({ code: "cancelled" });
  });

  it("lets an idle process go", async () => {
    const worker = openWorker({ idleMs: 50 });
    const { pid } = await ask(worker);
    await waitForEnd(pid!);
    expect((await ask(worker))["pid"]).not.toBe(pid);
  });

  it("leaves no process behind when the server is killed", async () => {
    const script = fileURLToPath(new URL("./test-processes/scripted-server.ts", import.meta.url));
    const server = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(server.stdout.setEncoding("utf8"), "data")) as [string];
    const analyser = Number(line);
    expect(isAlive(analyser)).toBe(true);
    server.kill("SIGKILL");
    await waitForEnd(analyser);
  });
});

describe("createAnalyserPool", () => {
  it("works on as many photos at once as it has processes, and on the rest in turn", async () => {
    const pool = openPool(2);
    const answers = await Promise.all(Array.from({ length: 6 }, () => pool.analyse(command("/answer"))));
    const pids = new Set(answers.map(({ stageCpuMs }) => stageCpuMs["pid"]));
    expect(pids).toEqual(new Set(pool.pids()));
    expect(pids.size).toBe(2);
  });

  it("goes on with the photos that wait when a process dies", async () => {
    const pool = openPool(1);
    const [crashed, ...others] = await Promise.allSettled(
      ["/abort", "/answer", "/answer"].map((path) => pool.analyse(command(path))),
    );
    expect(crashed).toMatchObject({ status: "rejected", reason: { code: "analyser_crashed" } });
    expect(others.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  });

  it("rejects running and waiting photos when it is closed", async () => {
    const pool = openPool(1);
    const begun = Promise.withResolvers<void>();
    const running = pool.analyse(command("/wait"), { onStep: () => begun.resolve() });
    const waiting = pool.analyse(command("/answer"));
    const settled = Promise.allSettled([running, waiting]);
    await begun.promise;
    await pool.close();
    const cancelled = { status: "rejected", reason: { code: "cancelled" } };
    expect(await settled).toMatchObject([cancelled, cancelled]);
    expect(pool.pids()).toEqual([]);
  });

  it("hands new models to every process", async () => {
    const pool = openPool(2);
    await Promise.all([pool.analyse(command("/answer")), pool.analyse(command("/answer"))]);
    pool.useModels(WITH_CLIP);
    const answers = await Promise.all([1, 2].map(() => pool.analyse(command("/answer"))));
    for (const { stageCpuMs } of answers) expect(stageCpuMs).toHaveProperty("clip");
  });
});
