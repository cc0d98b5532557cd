import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BackupList, MaintenanceStatus, Orphans } from "../../src/api/maintenance.ts";
import { callApi } from "./call-api.ts";
import { drawPhoto, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let test: TestLibrary;
beforeAll(async () => {
  test = await openTestLibrary({
    files: { "red.jpg": await drawPhoto("red"), "sea.jpg": await drawPhoto("blue") },
  });
});
afterAll(() => test.close());

const call = (method: string, path: string, body?: unknown) => callApi(test.url, method, path, body);

async function work(path: string, body: object): Promise<void> {
  const { status, json } = await call("POST", path, body);
  expect(status, JSON.stringify(json)).toBe(202);
  await test.library.runner.whenIdle();
}

const readStatus = async (query = "") =>
  MaintenanceStatus.parse((await call("GET", `/maintenance/status${query}`)).json);

describe("maintenance", () => {
  it("does what a night does, and says what each task did or why it did nothing", async () => {
    expect((await readStatus()).tasks.every(({ lastRun }) => lastRun === null)).toBe(true);
    await work("/maintenance/run", {});
    const { tasks, isRunning, nextRunAt, nightlyHour, history } = await readStatus();
    expect(isRunning).toBe(false);
    expect(new Date(nextRunAt).getHours()).toBe(nightlyHour);
    const states = Object.fromEntries(tasks.map(({ task, lastRun }) => [task, lastRun?.state]));
    expect(states).toMatchObject({
      albums: "skipped",
      retry: "skipped",
      orphans: "done",
      optimise: "done",
      backup: "done",
    });
    expect(tasks.find(({ task }) => task === "albums")?.lastRun?.summary).toContain("text-image model");
    expect(history.total).toBe(tasks.length);
    await work("/maintenance/run", { tasks: ["retry"] });
    expect((await readStatus("?task=retry")).history).toMatchObject({
      total: 2,
      items: [{ trigger: "request" }, {}],
    });
    expect((await call("POST", "/maintenance/run", { tasks: ["sweep"] })).status).toBe(400);
  });

  it("writes backups, lists them, and keeps as many as were asked for", async () => {
    await work("/maintenance/backup", { keep: 2 });
    await work("/maintenance/backup", { keep: 2, withDerivatives: true });
    const { items } = BackupList.parse((await call("GET", "/maintenance/backups")).json);
    expect(items.map(({ photos, withDerivatives }) => [photos, withDerivatives])).toEqual([
      [2, true],
      [2, false],
    ]);
  });

  it("finds what lost its other half, and puts it right when asked to", async () => {
    const find = async (fix: boolean) =>
      Orphans.parse((await call("POST", "/maintenance/orphans", { fix })).json);
    expect(await find(false)).toMatchObject({ total: 0 });
    const shard = join(test.dataDirectory, "derivatives", "00", "99");
    await mkdir(shard, { recursive: true });
    const photo = await test.library.photos.get(test.idOf("red.jpg"));
    await rm(test.library.photos.pathOfDerivative(photo, "thumbnail"));
    await rm(join(test.folder, "sea.jpg"));
    const kinds = ({ items }: Orphans) => items.map(({ kind, count, fixed }) => [kind, count, fixed]);
    expect(kinds(await find(false))).toEqual([
      ["missing-files", 1, 0],
      ["missing-pictures", 1, 0],
    ]);
    await find(true);
    await test.library.runner.whenIdle();
    expect((await find(false)).total).toBe(0);
    await writeFile(join(test.folder, "sea.jpg"), await drawPhoto("blue"));
    expect(kinds(await find(false))).toEqual([["returned-files", 1, 0]]);
  });
});
