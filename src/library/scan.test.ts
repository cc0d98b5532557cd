import { link, mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ScannedFile, scanFolders, type ScanProblem } from "./scan.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "keepsight-scan-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), path);
  }
}

async function scan(
  folders = [root],
  options: Parameters<typeof scanFolders>[1] = {},
): Promise<ScannedFile[]> {
  const files: ScannedFile[] = [];
  for await (const batch of scanFolders(folders, options)) files.push(...batch);
  return files;
}

const names = async (...given: Parameters<typeof scan>) =>
  (await scan(...given)).map(({ path }) => path.slice(root.length + 1)).toSorted();

describe("scanFolders", () => {
  it("finds photos at any depth and describes them", async () => {
    await put("a.jpg", "b/c.HEIC", "b/d/e.cr2", "notes.txt", "b/movie.mp4");
    expect(await names()).toEqual(["a.jpg", "b/c.HEIC", "b/d/e.cr2"]);
    const [file] = await scan([join(root, "b", "d")]);
    expect(file).toMatchObject({ path: join(root, "b/d/e.cr2"), byteSize: 9 });
    expect(Math.abs(file!.modifiedAtMs - Date.now())).toBeLessThan(60_000);
    expect(file!.inode).toBeGreaterThan(0);
  });

  it("gives large folders in several batches, each file once", async () => {
    await put(...Array.from({ length: 1300 }, (_, i) => `many/${i}.jpg`));
    const sizes: number[] = [];
    for await (const batch of scanFolders([root])) sizes.push(batch.length);
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1300);
  });

  it("passes over hidden and junk folders, unless hidden ones are asked for", async () => {
    await put(
      "a.jpg",
      ".hidden/b.jpg",
      ".c.jpg",
      "@eaDir/d.jpg",
      "$RECYCLE.BIN/e.jpg",
      "x/lost+found/f.jpg",
      "node_modules/g.png",
    );
    expect(await names()).toEqual(["a.jpg"]);
    expect(await names([root], { includeHidden: true })).toEqual([".c.jpg", ".hidden/b.jpg", "a.jpg"]);
  });

  it("does not enter excluded folders, by whatever path they are reached", async () => {
    await put("a.jpg", "library/derivatives/b.jpg");
    await symlink(join(root, "library"), join(root, "to-library"));
    expect(await names([root], { exclude: [join(root, "library")] })).toEqual(["a.jpg"]);
  });

  it("comes to an end where links lead in circles, and lists each file once", async () => {
    await put("a/b/photo.jpg");
    await symlink(root, join(root, "a", "b", "up"));
    await symlink(join(root, "a"), join(root, "again"));
    await symlink(join(root, "loop"), join(root, "loop"));
    const problems: ScanProblem[] = [];
    expect(await names([root], { onProblem: (problem) => problems.push(problem) })).toEqual([
      "a/b/photo.jpg",
    ]);
    expect(problems).toEqual([{ path: join(root, "loop"), reason: expect.stringContaining("circle") }]);
  });

  it("follows links to folders and files elsewhere, each once", async () => {
    await put("library/a.jpg", "elsewhere/b.jpg", "elsewhere/sub/c.jpg", "third/d.jpg");
    await symlink(join(root, "elsewhere"), join(root, "library", "linked"));
    await symlink(join(root, "elsewhere", "b.jpg"), join(root, "library", "direct.jpg"));
    await symlink(join(root, "third", "d.jpg"), join(root, "library", "one.jpg"));
    await symlink(join(root, "third", "d.jpg"), join(root, "library", "two.jpg"));
    const found = await names([join(root, "library")]);
    expect(found).toEqual([
      "library/a.jpg",
      "library/linked/b.jpg",
      "library/linked/sub/c.jpg",
      "library/one.jpg",
    ]);
  });

  it("lists a file once though its folder is given twice, or within another", async () => {
    await put("a/b.jpg", "c.jpg");
    expect(await names([root, join(root, "a"), `${root}/`])).toEqual(["a/b.jpg", "c.jpg"]);
  });

  it("lists hard links under each of their names, with one identity", async () => {
    await put("a.jpg");
    await link(join(root, "a.jpg"), join(root, "b.jpg"));
    const files = await scan();
    expect(files).toHaveLength(2);
    expect(new Set(files.map(({ inode, device }) => `${device}:${inode}`)).size).toBe(1);
  });

  it("keeps a file's identity when it is renamed", async () => {
    await put("a.jpg");
    const [before] = await scan();
    await rename(join(root, "a.jpg"), join(root, "renamed.jpg"));
    const [after] = await scan();
    expect(after).toMatchObject({
      inode: before!.inode,
      device: before!.device,
      modifiedAtMs: before!.modifiedAtMs,
    });
    expect(after!.path).toBe(join(root, "renamed.jpg"));
  });

  it("keeps names exactly as the file system spells them", async () => {
    const spelled = [
      "é-composed.jpg",
      "é-decomposed.jpg",
      "  blanks .jpg",
      "新年.jpg",
      "🏔️.jpg",
      "new\nline.jpg",
      "100%[1].jpg",
    ];
    await put(...spelled);
    expect(await names()).toEqual(spelled.toSorted());
  });

  it("reports what cannot be named or followed, and goes on", async () => {
    await put("a.jpg");
    await writeFile(
      Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe]), Buffer.from(".jpg")]),
      "x",
    );
    await symlink(join(root, "nowhere"), join(root, "broken"));
    const problems: ScanProblem[] = [];
    expect(await names([root], { onProblem: (problem) => problems.push(problem) })).toEqual(["a.jpg"]);
    expect(problems.map(({ reason }) => reason).toSorted()).toEqual([
      expect.stringContaining("not valid UTF-8"),
      expect.stringContaining("leads nowhere"),
    ]);
  });

  it("says clearly that a root is missing or no folder", async () => {
    await put("a.jpg");
    await expect(scan([join(root, "none")])).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("none"),
    });
    await expect(scan([join(root, "a.jpg")])).rejects.toMatchObject({ code: "bad_request" });
  });

  it("stops when it is told to", async () => {
    await put("a.jpg");
    await expect(scan([root], { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });

  it("does not mind files that vanish while it runs", async () => {
    await put(...Array.from({ length: 1200 }, (_, i) => `${i}.jpg`));
    let count = 0;
    const problems: ScanProblem[] = [];
    for await (const batch of scanFolders([root], { onProblem: (problem) => problems.push(problem) })) {
      count += batch.length;
      for (let i = 0; i < 1200; i++) await unlink(join(root, `${i}.jpg`)).catch(() => {});
    }
    expect(count).toBeLessThan(1200);
    expect(problems).toEqual([]);
  });
});
