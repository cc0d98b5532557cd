import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { photosOfSidecar, readSidecar } from "./sidecar.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepsight-sidecar-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("readSidecar", () => {
  it("prefers the name with the photo's extension", async () => {
    await writeFile(join(folder, "a.xmp"), "by stem");
    expect(Buffer.from((await readSidecar(join(folder, "a.jpg")))!.content).toString()).toBe("by stem");
    await writeFile(join(folder, "a.jpg.xmp"), "by name");
    expect(Buffer.from((await readSidecar(join(folder, "a.jpg")))!.content).toString()).toBe("by name");
  });

  it("gives nothing where there is none, or what is there is no file", async () => {
    await mkdir(join(folder, "b.xmp"));
    expect(await readSidecar(join(folder, "a.jpg"))).toBeUndefined();
    expect(await readSidecar(join(folder, "b.jpg"))).toBeUndefined();
  });
});

describe("photosOfSidecar", () => {
  it("gives the photo it is named after, or every photo of that name", async () => {
    for (const name of ["a.jpg", "a.CR2", "a.txt", "b.jpg"]) await writeFile(join(folder, name), name);
    const names = async (sidecar: string) =>
      (await photosOfSidecar(join(folder, sidecar))).map((path) => basename(path)).toSorted();
    expect(await names("a.xmp")).toEqual(["a.CR2", "a.jpg"]);
    expect(await names("a.jpg.XMP")).toEqual(["a.jpg"]);
    expect(await names("c.xmp")).toEqual([]);
    expect(await photosOfSidecar(join(folder, "gone", "a.xmp"))).toEqual([]);
  });
});
