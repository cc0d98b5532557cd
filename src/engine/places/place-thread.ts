import { Worker } from "node:worker_threads";
import { KeepsightError } from "../../core/errors.ts";
import type { City, Location } from "../../geo/gazetteer.ts";

/** A point on earth, degrees. */
interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

/** What the thread is sent. */
export type PlaceTask =
  | { readonly kind: "locate"; readonly points: readonly Point[] }
  | { readonly kind: "find"; readonly name: string; readonly countryCode?: string };

/** What it answers. */
export interface PlaceReply {
  readonly ticket: number;
  readonly result: readonly Location[] | readonly City[];
}

/** The names of places, in a thread that comes with a question and leaves when there are no more. */
export interface PlaceThread {
  /** Where each of these points is. */
  locate(points: readonly Point[]): Promise<readonly Location[]>;
  /** Cities of this name, the largest first. */
  find(name: string, countryCode?: string): Promise<readonly City[]>;
  close(): Promise<void>;
}

/** The names of all places take some 130 MB: without a question for this long they are let go of, milliseconds. */
const IDLE_MS = 30_000;

interface Pending {
  readonly resolve: (result: PlaceReply["result"]) => void;
  readonly reject: (error: KeepsightError) => void;
}

/** A thread that starts with its first task; an idle one does not keep the process alive. */
export function createPlaceThread({ idleMs = IDLE_MS }: { readonly idleMs?: number } = {}): PlaceThread {
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let leaving: NodeJS.Timeout | undefined;
  let nextTicket = 0;

  function rest(started: Worker): void {
    started.unref();
    leaving = setTimeout(() => {
      if (worker === started) worker = undefined;
      void started.terminate();
    }, idleMs).unref();
  }

  function start(): Worker {
    const started = new Worker(new URL("./place-worker.ts", import.meta.url), {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    let cause: unknown;
    started.on("message", ({ ticket, result }: PlaceReply) => {
      pending.get(ticket)?.resolve(result);
      pending.delete(ticket);
      if (pending.size === 0) rest(started);
    });
    started.on("error", (error) => (cause = error));
    started.on("exit", () => {
      if (worker === started) worker = undefined;
      else if (worker !== undefined) return;
      const abandoned = [...pending.values()];
      pending.clear();
      for (const { reject } of abandoned)
        reject(new KeepsightError("unavailable", "The thread that names places ended.", { cause }));
    });
    return started;
  }

  function run(task: PlaceTask): Promise<PlaceReply["result"]> {
    return new Promise((resolve, reject) => {
      clearTimeout(leaving);
      worker ??= start();
      const ticket = nextTicket++;
      pending.set(ticket, { resolve, reject });
      worker.ref();
      worker.postMessage({ ticket, task });
    });
  }

  return {
    locate: async (points) => (await run({ kind: "locate", points })) as readonly Location[],
    find: async (name, countryCode) =>
      (await run({
        kind: "find",
        name,
        ...(countryCode === undefined ? {} : { countryCode }),
      })) as readonly City[],
    async close() {
      clearTimeout(leaving);
      await worker?.terminate();
    },
  };
}
