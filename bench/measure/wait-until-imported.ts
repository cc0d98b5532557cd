import { setTimeout as sleep } from "node:timers/promises";
import type { Library } from "../../src/engine/library.ts";

const POLL_MS = 200;

/** Work that waits for its hour, or goes on while photos are searched. */
const isLater = (kind: string) => /^(?:faces|maintenance|albums|evaluation)\./.test(kind);

/** Settles when every photo has been taken in and whatever searches need of it is there. */
export async function waitUntilImported({ jobs }: Pick<Library, "jobs">): Promise<void> {
  for (;;) {
    const queues = await jobs.queues();
    if (queues.every(({ kind, queued, running }) => isLater(kind) || queued + running === 0)) return;
    await sleep(POLL_MS);
  }
}
