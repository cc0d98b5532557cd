import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ConnectionPool, createConnectionPool } from "./connection-pool.ts";

let directory: string;
let pool: ConnectionPool | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keepsight-pool-"));
});
afterEach(async () => {
  await pool?.close();
  await rm(directory, { recursive: true, force: true });
});

/** A pool on a file in the directory, which need not be there. */
function open(size: number, folder = "."): ConnectionPool {
  pool = createConnectionPool({ file: join(directory, folder, "test.db"), isReadOnly: false }, size);
  return pool;
}

async function select(from: ConnectionPool, expression: string): Promise<unknown> {
  const connection = await from.acquire();
  try {
    const { rows } = await connection.query({ sql: `select ${expression} as value`, parameters: [] });
    return rows[0]?.["value"];
  } finally {
    from.release(connection);
  }
}

describe("createConnectionPool", () => {
  it("hands a connection to one caller at a time, in the order of asking", async () => {
    const connections = open(1);
    const first = await connections.acquire();
    const order: string[] = [];
    const waiting = ["second", "third"].map(async (name) => {
      const connection = await connections.acquire();
      order.push(name);
      connections.release(connection);
    });
    expect(order).toEqual([]);
    connections.release(first);
    await Promise.all(waiting);
    expect(order).toEqual(["second", "third"]);
  });

  it("replaces a thread that died, and tells who used it that it is unavailable", async () => {
    const connections = open(1, "later");
    await expect(select(connections, "1")).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("Check that the data directory exists and is writable."),
    });
    await mkdir(join(directory, "later"));
    expect(await select(connections, "1")).toBe(1);
  });

  it("goes on after a statement that is refused", async () => {
    const connections = open(1);
    await expect(select(connections, "nonsense")).rejects.toThrow("no such column");
    await expect(select(connections, "9007199254740993")).rejects.toThrow(/too large/i);
    expect(await select(connections, "2")).toBe(2);
  });

  it("lets a waiting caller leave", async () => {
    const connections = open(1);
    const held = await connections.acquire();
    const abort = new AbortController();
    const leaving = connections.acquire(abort.signal);
    const staying = connections.acquire();
    abort.abort();
    await expect(leaving).rejects.toMatchObject({ code: "cancelled" });
    connections.release(held);
    expect(await staying).toBe(held);
    connections.release(held);
  });

  it("turns waiting and new callers away when it closes", async () => {
    const connections = open(1);
    await connections.acquire();
    const waiting = connections.acquire();
    const refused = expect(waiting).rejects.toMatchObject({ code: "unavailable" });
    await connections.close();
    await refused;
    await expect(connections.acquire()).rejects.toMatchObject({ code: "unavailable" });
  });
});
