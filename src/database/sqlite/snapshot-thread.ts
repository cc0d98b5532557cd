/** A thread that copies a database, or looks whether one is whole; see snapshot.ts. It ends with its one answer. */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { SnapshotFacts, SnapshotTask } from "./snapshot.ts";

/** How long another process's lock is waited for, milliseconds. */
const BUSY_TIMEOUT_MS = 30_000;

function copy(source: string, target: string): void {
  using connection = new DatabaseSync(source, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  connection.prepare("vacuum into ?").run(target);
}

function check(file: string): SnapshotFacts {
  using connection = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  const first = (sql: string) => Object.values(connection.prepare(sql).get() ?? {})[0];
  const finding = String(first("pragma integrity_check(1)"));
  if (finding !== "ok") throw new Error(`the database is damaged: ${finding}`);
  return {
    schemaVersion: Number(first("select max(number) from schema_migrations")),
    photos: Number(first("select count(*) from photos")),
    decisions: Number(first("select count(*) from decisions")),
  };
}

const { source, target } = workerData as SnapshotTask;
if (source !== undefined) copy(source, target);
parentPort?.postMessage(check(target));
