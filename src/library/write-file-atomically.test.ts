import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFileAtomically } from "./write-file-atomically.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepsight-write-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("writeFileAtomically", () => {
  it("writes and replaces, making folders as needed", async () => {
    const path = join(folder, "a", "b.txt");
    await writeFileAtomically(path, "first");
    await writeFileAtomically(path, Buffer.from("second"));
    expect(await readFile(path, "utf8")).toBe("second");
    expect(await readdir(join(folder, "a"))).toEqual(["b.txt"]);
  });

  it("leaves one whole content when many write at once", async () => {
    const path = join(folder, "b.txt");
    const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(50_000));
    await Promise.all(contents.map((content) => writeFileAtomically(path, content)));
    expect(contents).toContain(await readFile(path, "utf8"));
    expect(await readdir(folder)).toEqual(["b.txt"]);
  });

  it("leaves nothing behind when it fails", async () => {
    const path = join(folder, "taken");
    await mkdir(join(path, "by-a-folder"), { recursive: true });
    await expect(writeFileAtomically(path, "x")).rejects.toThrow();
    expect(await readdir(folder)).toEqual(["taken"]);
  });
});
