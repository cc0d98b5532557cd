import { KeepsightError } from "../../core/errors.ts";
import { openThreadConnection, type ThreadConnection } from "./thread-connection.ts";
import type { ThreadOptions } from "./thread-protocol.ts";

/** Connections that one caller at a time holds, handed out in the order of asking. */
export interface ConnectionPool {
  /** `cancelled` when the signal fires while waiting. */
  acquire(signal?: AbortSignal): Promise<ThreadConnection>;
  release(connection: ThreadConnection): void;
  /** Ends all threads; who still waits gets `unavailable`. */
  close(): Promise<void>;
}

interface Waiter {
  resolve(connection: ThreadConnection): void;
  reject(error: Error): void;
}

/** A pool of `size` connection threads; one that died is replaced when its turn comes. */
export function createConnectionPool(options: ThreadOptions, size: number): ConnectionPool {
  const connections = new Set(Array.from({ length: size }, () => openThreadConnection(options)));
  const free = [...connections];
  const waiting: Waiter[] = [];
  let isClosed = false;

  function replaceDead(connection: ThreadConnection): ThreadConnection {
    if (connection.isAlive() || isClosed) return connection;
    connections.delete(connection);
    const fresh = openThreadConnection(options);
    connections.add(fresh);
    return fresh;
  }

  function closedError(): KeepsightError {
    return new KeepsightError("unavailable", "The database is closed.");
  }

  function wait(signal: AbortSignal | undefined): Promise<ThreadConnection> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        resolve(connection) {
          signal?.removeEventListener("abort", leave);
          resolve(connection);
        },
        reject,
      };
      function leave(): void {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(new KeepsightError("cancelled", "The query was cancelled before it ran."));
      }
      signal?.addEventListener("abort", leave, { once: true });
      waiting.push(waiter);
    });
  }

  return {
    async acquire(signal) {
      if (isClosed) throw closedError();
      const connection = free.shift() ?? (await wait(signal));
      return replaceDead(connection);
    },
    release(connection) {
      const next = waiting.shift();
      if (next === undefined) free.push(connection);
      else next.resolve(connection);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      for (const waiter of waiting.splice(0)) waiter.reject(closedError());
      await Promise.all([...connections].map((connection) => connection.close()));
    },
  };
}
