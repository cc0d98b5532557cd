import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSidecar } from "./sidecar.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepsight-sidecar-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("readSidecar", () => {
  it("prefers the name with the photo's extension", async () => {
    await writeFile(join(folder, "a.xmp"), "by stem");
    expect(Buffer.from((await readSidecar(join(folder, "a.jpg")))!).toString()).toBe("by stem");
    await writeFile(join(folder, "a.jpg.xmp"), "by name");
    expect(Buffer.from((await readSidecar(join(folder, "a.jpg")))!).toString()).toBe("by name");
  });

  it("gives nothing where there is none, or what is there is no file", async () => {
    await mkdir(join(folder, "b.xmp"));
    expect(await readSidecar(join(folder, "a.jpg"))).toBeUndefined();
    expect(await readSidecar(join(folder, "b.jpg"))).toBeUndefined();
  });
});
