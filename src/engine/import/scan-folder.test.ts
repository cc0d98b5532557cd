import { chmod, copyFile, mkdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openTestImport, type TestImport } from "./open-test-import.ts";

let test: TestImport;
beforeAll(async () => {
  test = await openTestImport();
});
afterEach(() => test.clear());
afterAll(() => test.remove());

/** Photos that are scanned and hashed already; their content is their name. */
async function known(...names: string[]): Promise<void> {
  for (const name of names) await test.write(name, `picture of ${name}`);
  for (const folder of new Set(names.map((name) => name.split("/")[0]!))) await test.scan(folder);
  await test.hashAll();
}

const move = async (from: string, to: string) => {
  await mkdir(dirname(join(test.root, to)), { recursive: true });
  await rename(join(test.root, from), join(test.root, to));
};

const idAt = async (name: string) => (await test.photoAt(name))?.id;

describe("scanFolder", () => {
  it("takes in new photos, queues each, and marks none of them missing", async () => {
    for (const name of ["p/a.jpg", "p/deep/b.jpg", "p/notes.txt"]) await test.write(name, name);
    expect(await test.scan("p")).toMatchObject({ added: 2, unchanged: 0, missing: 0, problems: [] });
    const photos = await test.listAll();
    expect(photos.map(({ missingSince }) => missingSince)).toEqual([undefined, undefined]);
    expect(await test.queuedIds()).toEqual(photos.map(({ id }) => id).toSorted((a, b) => a - b));
  });

  it("finds nothing to do the second time", async () => {
    await known("p/a.jpg", "p/b.jpg");
    const before = await test.listAll();
    expect(await test.scan("p")).toMatchObject({ added: 0, moved: 0, changed: 0, unchanged: 2, missing: 0 });
    expect(await test.listAll()).toEqual(before);
    expect(await test.queuedIds()).toEqual([]);
  });

  it("does not analyse again what was only touched", async () => {
    await known("p/a.jpg");
    await utimes(join(test.root, "p/a.jpg"), 1_000_000, 1_000_000);
    expect(await test.scan("p")).toMatchObject({ unchanged: 1, changed: 0 });
    expect(await test.photoAt("p/a.jpg")).toMatchObject({ modifiedAtMs: 1_000_000_000, contentVersion: 1 });
    expect(await test.queuedIds()).toEqual([]);
  });

  it.each(["same length..", "another length altogether"])(
    "gives changed content (%s) a new version and queues it",
    async (content) => {
      await test.write("p/a.jpg", "first picture");
      await test.scan("p");
      await test.hashAll();
      await test.write("p/a.jpg", content);
      await utimes(join(test.root, "p/a.jpg"), 2_000_000, 2_000_000);
      expect(await test.scan("p")).toMatchObject({ changed: 1, unchanged: 0 });
      const photo = (await test.photoAt("p/a.jpg"))!;
      expect(photo).toMatchObject({ contentVersion: 2, status: "pending", byteSize: content.length });
      expect(photo.imohash).toBeUndefined();
      expect(await test.queuedIds()).toEqual([photo.id]);
    },
  );

  it("reads a photo anew that was touched before it was hashed", async () => {
    await test.write("p/a.jpg", "first picture");
    await test.scan("p");
    await utimes(join(test.root, "p/a.jpg"), 2_000_000, 2_000_000);
    expect(await test.scan("p")).toMatchObject({ changed: 1 });
    expect(await test.photoAt("p/a.jpg")).toMatchObject({ status: "pending", modifiedAtMs: 2_000_000_000 });
    expect(await test.queuedIds()).toHaveLength(1);
  });

  it.each([
    ["renamed", "p/a.jpg", "p/z.jpg"],
    ["moved", "p/a.jpg", "p/new/folder/a.jpg"],
    ["moved and renamed", "p/old/a.jpg", "p/b.jpg"],
  ])("knows a photo again that was %s", async (_, from, to) => {
    await known(from, "p/other.jpg");
    const id = await idAt(from);
    await move(from, to);
    expect(await test.scan("p")).toMatchObject({ moved: 1, added: 0, unchanged: 1 });
    expect(await test.photoAt(to)).toMatchObject({ id, contentVersion: 1 });
    expect((await test.photoAt(to))?.missingSince).toBeUndefined();
    expect(await test.listAll()).toHaveLength(2);
  });

  it("knows the photos of a folder again that was renamed", async () => {
    await known("p/old/a.jpg", "p/old/b.jpg", "p/old/deep/c.jpg");
    const before = await Promise.all(["p/old/a.jpg", "p/old/b.jpg", "p/old/deep/c.jpg"].map(idAt));
    await move("p/old", "p/new");
    expect(await test.scan("p")).toMatchObject({ moved: 3, added: 0 });
    const after = await Promise.all(["p/new/a.jpg", "p/new/b.jpg", "p/new/deep/c.jpg"].map(idAt));
    expect(after).toEqual(before);
    expect(await test.photos.count({})).toBe(3);
  });

  it.each([[["p", "q"]], [["q", "p"]]])(
    "knows a photo again that moved to another folder of the library, scanned in the order %s",
    async (order) => {
      await known("p/a.jpg", "p/stays.jpg", "q/other.jpg");
      const id = await idAt("p/a.jpg");
      await move("p/a.jpg", "q/a.jpg");
      for (const folder of order) await test.scan(folder);
      expect(await idAt("q/a.jpg")).toBe(id);
      expect(await test.listAll()).toHaveLength(3);
      expect(await test.photos.count({})).toBe(3);
    },
  );

  it("takes a copy for a second photo", async () => {
    await known("p/a.jpg");
    const id = await idAt("p/a.jpg");
    await copyFile(join(test.root, "p/a.jpg"), join(test.root, "p/copy.jpg"));
    expect(await test.scan("p")).toMatchObject({ added: 1, moved: 0, unchanged: 1 });
    expect(await idAt("p/a.jpg")).toBe(id);
    expect(await idAt("p/copy.jpg")).not.toBe(id);
  });

  it("gives a moved photo to one of two copies only", async () => {
    await known("p/a.jpg", "p/stays.jpg");
    const id = await idAt("p/a.jpg");
    await copyFile(join(test.root, "p/a.jpg"), join(test.root, "p/b.jpg"));
    await move("p/a.jpg", "p/c.jpg");
    expect(await test.scan("p")).toMatchObject({ added: 1, moved: 1 });
    const ids = await Promise.all(["p/b.jpg", "p/c.jpg"].map(idAt));
    expect(ids).toContain(id);
    expect(new Set(ids).size).toBe(2);
  });

  it("marks a vanished photo missing, and finds it again when it returns", async () => {
    await known("p/a.jpg", "p/b.jpg");
    const before = await test.photoAt("p/a.jpg");
    await move("p/a.jpg", "elsewhere/a.jpg");
    expect(await test.scan("p")).toMatchObject({ missing: 1, unchanged: 1 });
    expect(await test.photos.count({})).toBe(1);
    expect(await test.scan("p")).toMatchObject({ missing: 0 });
    await move("elsewhere/a.jpg", "p/a.jpg");
    expect(await test.scan("p")).toMatchObject({ missing: 0, unchanged: 2 });
    expect(await test.photoAt("p/a.jpg")).toEqual(before);
  });

  it("marks a photo missing in whose place there is a folder now", async () => {
    await known("p/a.jpg", "p/b.jpg");
    await rm(join(test.root, "p/a.jpg"));
    await mkdir(join(test.root, "p/a.jpg"));
    expect(await test.scan("p")).toMatchObject({ missing: 1, unchanged: 1 });
  });

  it("queues a photo that returns without ever having been analysed", async () => {
    await test.write("p/a.jpg", "a");
    await test.write("p/b.jpg", "b");
    await test.scan("p");
    await move("p/a.jpg", "elsewhere/a.jpg");
    await test.scan("p");
    // Its first analysis found no file and ended.
    await test.database.writes.deleteFrom("jobs").execute();
    await move("elsewhere/a.jpg", "p/a.jpg");
    await test.scan("p");
    expect(await test.queuedIds()).toEqual([await idAt("p/a.jpg")]);
  });

  it("marks nothing missing in a folder that is empty, as one that is not mounted", async () => {
    await known("p/a.jpg", "p/b.jpg");
    await rm(join(test.root, "p"), { recursive: true });
    await expect(test.scan("p")).rejects.toMatchObject({ code: "not_found" });
    await mkdir(join(test.root, "p"));
    await expect(test.scan("p")).rejects.toMatchObject({
      code: "file_unreadable",
      message: expect.stringContaining("Is its drive connected?"),
    });
    expect(await test.photos.count({})).toBe(2);
  });

  it("marks nothing missing in a subfolder that it may not read", async () => {
    await known("p/a.jpg", "p/private/b.jpg");
    await chmod(dirname(test.root), 0o1777);
    await chmod(test.root, 0o755);
    await chmod(join(test.root, "p/private"), 0);
    const isRoot = process.getuid!() === 0;
    try {
      // Root may read everything.
      if (isRoot) process.seteuid!(65_534);
      const { missing, problems } = await test.scan("p");
      expect(missing).toBe(0);
      expect(problems).toMatchObject([{ path: join(test.root, "p/private") }]);
    } finally {
      if (isRoot) process.seteuid!(0);
      await chmod(join(test.root, "p/private"), 0o755);
    }
    expect(await test.photos.count({})).toBe(2);
  });

  it("does not bring back a photo that was removed from the library, wherever its file goes", async () => {
    await known("p/a.jpg", "p/b.jpg");
    const id = (await idAt("p/a.jpg"))!;
    await test.photos.hide(id, "test");
    expect(await test.scan("p")).toMatchObject({ added: 0, unchanged: 2, missing: 0 });
    await move("p/a.jpg", "p/c.jpg");
    expect(await test.scan("p")).toMatchObject({ added: 0, moved: 1 });
    expect(await test.photos.count({})).toBe(1);
    expect(await test.photoAt("p/c.jpg")).toMatchObject({ id, hiddenAt: expect.any(Number) });
  });

  it("counts each photo once where two folders of the library overlap", async () => {
    await test.write("p/a.jpg", "a");
    await test.write("p/inner/b.jpg", "b");
    await test.scan("p");
    expect(await test.scan("p/inner")).toMatchObject({ added: 0, unchanged: 1, missing: 0 });
    expect(await test.scan("p")).toMatchObject({ added: 0, unchanged: 2, missing: 0 });
    await test.hashAll();
    const id = await idAt("p/inner/b.jpg");
    await move("p/inner/b.jpg", "p/b.jpg");
    await test.write("p/inner/c.jpg", "c");
    expect(await test.scan("p/inner")).toMatchObject({ added: 1, missing: 0 });
    expect(await test.scan("p")).toMatchObject({ moved: 1, missing: 0 });
    expect(await idAt("p/b.jpg")).toBe(id);
    expect(await test.photos.count({})).toBe(3);
  });

  it("leaves out the library's own folder", async () => {
    await test.write("a.jpg", "a");
    await test.write("data/derivatives/preview.jpg", "p");
    expect(await test.scan("")).toMatchObject({ added: 1 });
  });

  it("takes in the same files once when several looks find them at the same time", async () => {
    const path = await test.write("p/a.jpg", "a");
    const { size, mtimeMs } = await stat(path);
    const file = { path, byteSize: size, modifiedAtMs: Math.trunc(mtimeMs) };
    const taken = await Promise.all([1, 2, 3].map(() => test.reconciler.takeIn([file], undefined)));
    expect(taken.map(({ added }) => added)).toEqual([1, 0, 0]);
    expect(await test.listAll()).toHaveLength(1);
  });
});
