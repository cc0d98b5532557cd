import { Worker } from "node:worker_threads";
import { KeepsightError } from "../../core/errors.ts";
import type { MatrixQuery, MatrixSearchOptions } from "./matrix-search.ts";
import type { VectorMatch } from "./vector-index.ts";

/** What the thread is sent. */
export interface SearchRequest {
  readonly ticket: number;
  readonly query: MatrixQuery;
}

/** What it answers: matches, or what went wrong. */
export type SearchReply =
  | { readonly ticket: number; readonly matches: VectorMatch[] }
  | { readonly ticket: number; readonly error: unknown };

/** A thread that searches a matrix, one query after the other. */
export interface SearchThread {
  /** The best rows; rejects with `unavailable` when the thread died over it. */
  search(query: MatrixQuery): Promise<VectorMatch[]>;
  /** Ends the thread. */
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (matches: VectorMatch[]) => void;
  readonly reject: (error: KeepsightError) => void;
}

/**
 * A thread that starts with its first query. It only reads the matrix and writes its own scratch area, so after a crash
 * the matrix is whole, and the next query starts another thread. An idle thread does not keep the process alive.
 */
export function createSearchThread(options: MatrixSearchOptions): SearchThread {
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let nextTicket = 0;

  function settle(reply: SearchReply): void {
    const waiting = pending.get(reply.ticket);
    pending.delete(reply.ticket);
    if (pending.size === 0) worker?.unref();
    if ("matches" in reply) waiting?.resolve(reply.matches);
    else waiting?.reject(died("failed", reply.error));
  }

  function start(): Worker {
    const started = new Worker(new URL("./search-worker.ts", import.meta.url), { workerData: options });
    let cause: unknown;
    started.on("message", settle);
    started.on("error", (error) => (cause = error));
    started.on("exit", () => {
      worker = undefined;
      const abandoned = [...pending.values()];
      pending.clear();
      for (const { reject } of abandoned) reject(died("ended unexpectedly", cause));
    });
    return started;
  }

  return {
    search: (query) =>
      new Promise((resolve, reject) => {
        worker ??= start();
        const ticket = nextTicket++;
        pending.set(ticket, { resolve, reject });
        worker.ref();
        worker.postMessage({ ticket, query } satisfies SearchRequest);
      }),
    async close() {
      await worker?.terminate();
    },
  };
}

function died(how: string, cause: unknown): KeepsightError {
  return new KeepsightError("unavailable", `The thread of a vector search ${how}; search again.`, { cause });
}
