import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "./generated-photos.ts";
import { type ServerOptions, startServer } from "./keepsight-server.ts";

/** Every so many-th kill comes while the server starts, when it recovers from the kill before. */
const STARTING_EVERY = 4;

/** Latest moment of a kill during the start, milliseconds: about when the first photo is done. */
const START_MS = 1500;

/** A kill follows the photo it waits for after at most this, milliseconds: long enough to hit each stage of the next ones. */
const DRIFT_MS = 200;

/** Jobs of this kind wait for the night, whatever else is done. */
const NIGHTLY = "maintenance.nightly";

/** How often finished work is looked for, milliseconds. */
const POLL_MS = 250;

export interface KillOptions {
  readonly server: ServerOptions;
  readonly rounds: number;
  /** Files below the folders. */
  readonly files: number;
  readonly seed: number;
  /** An import that has not ended by itself after this has failed, milliseconds. */
  readonly deadlineMs: number;
}

/** What the rounds were like. */
export interface KillReport {
  /** Photos known to be stored at each kill. */
  readonly storedAtKill: readonly number[];
}

/**
 * Starts an import and kills server and analysers at once, `rounds` times, at random moments that are spread over the
 * whole import whatever the speed of the machine; then starts it once more, touches nothing, and waits until it is done.
 */
export async function killImport({
  server,
  rounds,
  files,
  seed,
  deadlineMs,
}: KillOptions): Promise<KillReport> {
  const random = createRandom(seed);
  const targets = Array.from({ length: rounds }, () => random() * files).toSorted((a, b) => a - b);
  const storedAtKill: number[] = [];
  let stored = 0;
  for (const [round, target] of targets.entries()) {
    // The last lines of whoever was killed are lost, what they told of is not.
    stored = Math.max(stored, countEnded(server.dataDirectory));
    let onStored = () => {};
    const running = startServer({
      ...server,
      onAnalysed() {
        stored++;
        onStored();
      },
    });
    if (round % STARTING_EVERY === STARTING_EVERY - 1) {
      await sleep(random() * START_MS);
    } else {
      const isReached = new Promise<void>((resolve) => {
        onStored = () => stored >= target && resolve();
        // Nothing is left that could tell of itself.
        if (stored >= files) resolve();
      });
      // Without a hold on the process: a race that is won leaves its timers behind.
      await Promise.race([isReached, running.ended, sleep(deadlineMs, undefined, { ref: false })]);
      await sleep(random() * DRIFT_MS);
    }
    await running.kill();
    storedAtKill.push(stored);
  }
  const last = startServer(server);
  try {
    await waitUntilDone(await last.url, files, deadlineMs);
  } finally {
    await last.stop();
  }
  return { storedAtKill };
}

/** Photos with an end in a library that nobody has open; none before there is one. */
function countEnded(dataDirectory: string): number {
  const file = join(dataDirectory, "library.db");
  if (!existsSync(file)) return 0;
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const { count } = database
      .prepare("select count(*) as count from photos where status in ('completed', 'partial', 'failed')")
      .get() as { count: number };
    return count;
  } catch {
    // Killed before its tables were made.
    return 0;
  } finally {
    database.close();
  }
}

/** Resolves once all `files` are photos with an end and no job is left; throws at the deadline. */
export async function waitUntilDone(url: string, files: number, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const [stats, jobs] = await Promise.all([
      getJson<{ photos: number; byStatus: Record<string, number> }>(`${url}/api/v1/stats`),
      getJson<{ queues: { kind: string; queued: number; running: number }[] }>(
        `${url}/api/v1/jobs?pageSize=1`,
      ),
    ]);
    const { completed = 0, partial = 0, failed = 0 } = stats.byStatus;
    const isIdle = jobs.queues.every(
      ({ kind, queued, running }) => kind === NIGHTLY || queued + running === 0,
    );
    if (isIdle && completed + partial + failed >= files) return;
    if (performance.now() > deadline)
      throw new Error(`The import did not end: ${JSON.stringify({ files, stats, jobs })}`);
    await sleep(POLL_MS);
  }
}

async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
