import { access, copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Folder, FolderPage, PhotosRemoved, RemovedPhotoPage } from "../../src/api/folders.ts";
import type { BrowsedFolder, CountedPhotos, Machine, MachineSpeed } from "../../src/api/machine.ts";
import type { PhotoPage } from "../../src/api/photos.ts";
import { drawPhoto, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let test: TestLibrary;
beforeAll(async () => {
  const files = { "red.jpg": await drawPhoto("red"), "green.jpg": await drawPhoto("green") };
  test = await openTestLibrary({ files });
});
afterAll(() => test.close());

async function ask<T>(method: string, path: string): Promise<{ status: number; body: T }> {
  const response = await fetch(`${test.url}/api/v1${path}`, { method });
  return { status: response.status, body: (await response.json()) as T };
}
const namesInSight = async () =>
  (await ask<PhotoPage>("GET", "/photos")).body.items.map(({ fileName }) => fileName).toSorted();
const theFolder = async () => (await ask<FolderPage>("GET", "/folders")).body.items[0]!;
const undo = (decisionId: number) => ask<{ decisionId: number }>("POST", `/history/${decisionId}/undo`);

describe("DELETE /photos/{id}", () => {
  it("takes a photo out of sight, lists it as removed, and leaves its file; undoing brings it back", async () => {
    const red = test.idOf("red.jpg");
    const removed = await ask<PhotosRemoved>("DELETE", `/photos/${red}`);
    expect(removed).toMatchObject({ status: 200, body: { photosChanged: 1 } });
    expect(await namesInSight()).toEqual(["green.jpg"]);
    const { body: list } = await ask<RemovedPhotoPage>("GET", "/photos/removed");
    expect(list).toMatchObject({
      total: 1,
      items: [{ id: red, decisionId: removed.body.decisionId }],
    });
    await access(join(test.folder, "red.jpg"));
    // What is listed can be looked at, small.
    expect((await fetch(`${test.url}/api/v1/photos/${red}/thumbnail`)).status).toBe(200);
    expect((await fetch(`${test.url}/api/v1/photos/${red}/preview`)).status).toBe(404);
    expect((await fetch(`${test.url}/api/v1/photos/999999/thumbnail`)).status).toBe(404);
    expect(await ask("DELETE", `/photos/${red}`)).toMatchObject({ status: 404 });
    expect((await undo(removed.body.decisionId)).status).toBe(200);
    expect(await namesInSight()).toEqual(["green.jpg", "red.jpg"]);
    expect(await undo(removed.body.decisionId)).toMatchObject({ status: 409 });
  });
});

describe("DELETE /folders/{id}", () => {
  it("takes a folder with its photos out; undoing brings both back, also after the same folder was added again", async () => {
    const folder = await theFolder();
    expect(folder).toMatchObject({ path: test.folder, state: "followed", photos: 2, problems: [] });
    const { body } = await ask<PhotosRemoved>("DELETE", `/folders/${folder.id}`);
    expect(body.photosChanged).toBe(2);
    expect((await ask<FolderPage>("GET", "/folders")).body).toMatchObject({ items: [], total: 0 });
    expect(await namesInSight()).toEqual([]);
    await access(join(test.folder, "red.jpg"));
    expect(await ask("GET", `/folders/${folder.id}`)).toMatchObject({ status: 404 });
    const back = await undo(body.decisionId);
    expect(await namesInSight()).toEqual(["green.jpg", "red.jpg"]);
    expect((await theFolder()).id).toBe(folder.id);
    await undo(back.body.decisionId);
    expect(await namesInSight()).toEqual([]);

    const added = await fetch(`${test.url}/api/v1/ingest/directory`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ path: test.folder }),
    });
    expect(added.status).toBe(202);
    await test.library.runner.whenIdle();
    expect(await namesInSight()).toEqual(["green.jpg", "red.jpg"]);
    expect(test.idOf("red.jpg")).toBe(
      (await ask<PhotoPage>("GET", "/photos")).body.items.find(({ fileName }) => fileName === "red.jpg")!.id,
    );
  });

  it("stays removed though it is configured", async () => {
    const folder = await theFolder();
    const { body } = await ask<PhotosRemoved>("DELETE", `/folders/${folder.id}`);
    await test.library.folders.addConfigured([test.folder]);
    expect((await ask<FolderPage>("GET", "/folders")).body.total).toBe(0);
    await undo(body.decisionId);
    await test.library.runner.whenIdle();
  });
});

describe("POST /folders/{id}/pause", () => {
  it("lets a folder rest: it is not scanned, not even when asked, until it is resumed", async () => {
    const { id } = await theFolder();
    expect(await ask<Folder>("POST", `/folders/${id}/pause`)).toMatchObject({
      status: 200,
      body: { state: "paused", photos: 2 },
    });
    expect(await test.library.folders.scanAll()).toEqual([]);
    expect(await ask("POST", `/folders/${id}/scan`)).toMatchObject({
      status: 409,
      body: { code: "conflict" },
    });
    expect(await ask("POST", `/folders/${id}/resume`)).toMatchObject({ status: 202 });
    await test.library.runner.whenIdle();
    expect(await theFolder()).toMatchObject({ state: "followed", pausedAt: null });
    expect(await ask("POST", "/folders/987654/pause")).toMatchObject({ status: 404 });
  });
});

describe("GET /machine", () => {
  it("tells what the machine has, what each step sees with, and what downloads would bring", async () => {
    const { body } = await ask<Machine>("GET", "/machine");
    expect(body.cores).toBeGreaterThan(0);
    expect(body.memoryBytes).toBeGreaterThan(1e8);
    expect(body.freeDiskBytes).toBeGreaterThan(0);
    expect(body.steps.find(({ step }) => step === "ocr")).toMatchObject({ isAvailable: true });
    expect(body.offers.flatMap(({ models }) => models).some(({ effect }) => effect === "adds")).toBe(true);
  });

  it("lists the folders in a folder, without hidden ones, and counts its photos and those below", async () => {
    const root = dirname(test.folder);
    await mkdir(join(test.folder, "2024", "June"), { recursive: true });
    await mkdir(join(test.folder, ".trash"));
    await copyFile(join(test.folder, "red.jpg"), join(test.folder, "2024", "June", "red.jpg"));
    const at = (path: string) => encodeURIComponent(path);
    const { body } = await ask<BrowsedFolder>("GET", `/machine/folders?path=${at(test.folder)}`);
    expect(body).toEqual({
      path: test.folder,
      parent: root,
      folders: [{ name: "2024", path: join(test.folder, "2024") }],
      photos: 2,
    });
    const counted = await ask<CountedPhotos>("GET", `/machine/photos?path=${at(test.folder)}`);
    expect(counted.body).toMatchObject({ photos: 3, isWhole: true });
    // How fast depends on the machine; that it can be told does not.
    const speed = await ask<MachineSpeed>("GET", `/machine/speed?path=${at(test.folder)}`);
    expect(speed.body.photosPerSecond).toBeGreaterThan(0);
    const none = await ask<MachineSpeed>("GET", `/machine/speed?path=${at(join(test.folder, ".trash"))}`);
    expect(none.body.photosPerSecond).toBeNull();
    expect((await ask("GET", "/machine/folders")).status).toBe(200);
    for (const path of ["no/whole/path", "/no/such/folder", join(test.folder, "red.jpg")]) {
      const { status } = await ask("GET", `/machine/folders?path=${at(path)}`);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
  });
});
