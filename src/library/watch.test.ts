import { appendFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FolderWatch, watchFolders } from "./watch.ts";

const SETTLE_MS = 60;

let root: string;
let running: FolderWatch | undefined;
let changed: string[];
let removed: string[];
/** All reports in the order in which they came. */
let reports: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "keepsight-watch-"));
  [changed, removed, reports] = [[], [], []];
});
afterEach(async () => {
  await running?.close();
  await rm(root, { recursive: true, force: true });
});

const relative = (paths: readonly string[]) => paths.map((path) => path.slice(root.length + 1));

async function start(options: { exclude?: readonly string[]; settleMs?: number } = {}): Promise<void> {
  running = await watchFolders([root], {
    settleMs: SETTLE_MS,
    ...options,
    onChange: (paths) => {
      changed.push(...relative(paths));
      reports.push(...relative(paths).map((path) => `+${path}`));
    },
    onRemove: (paths) => {
      removed.push(...relative(paths));
      reports.push(...relative(paths).map((path) => `-${path}`));
    },
  });
}

/** Waits until the condition holds; a test that waits in vain fails by vitest's time limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(10);
}

describe("watchFolders", () => {
  it("reports a photo whose sidecar came, changed or went, once where both did", async () => {
    for (const name of ["a.jpg", "a.png", "b.jpg"]) await writeFile(join(root, name), name);
    await start();
    await writeFile(join(root, "a.xmp"), "first");
    await until(() => changed.length === 2);
    expect(changed.toSorted()).toEqual(["a.jpg", "a.png"]);
    await rm(join(root, "a.xmp"));
    await until(() => changed.length === 4);
    await appendFile(join(root, "b.jpg"), "er");
    await writeFile(join(root, "b.jpg.xmp"), "text");
    await until(() => changed.includes("b.jpg"));
    await appendFile(join(root, "a.png"), "er");
    await until(() => changed.length === 6);
    expect(changed.toSorted()).toEqual(["a.jpg", "a.jpg", "a.png", "a.png", "a.png", "b.jpg"]);
    expect(removed).toEqual([]);
  });

  it("reports new and changed photos, and nothing else", async () => {
    await mkdir(join(root, "sub"));
    await writeFile(join(root, "old.jpg"), "old");
    await start();
    await writeFile(join(root, "sub", "new.jpg"), "new");
    await writeFile(join(root, "notes.txt"), "text");
    await writeFile(join(root, ".hidden.jpg"), "hidden");
    await until(() => changed.includes("sub/new.jpg"));
    await appendFile(join(root, "old.jpg"), "er");
    await until(() => changed.includes("old.jpg"));
    expect(changed.toSorted()).toEqual(["old.jpg", "sub/new.jpg"]);
    expect(removed).toEqual([]);
  });

  it("waits until a file stops growing", async () => {
    // Much longer than the pauses of the writer, so that a busy machine does not make it look finished.
    await start({ settleMs: 1000 });
    const path = join(root, "growing.jpg");
    for (let i = 0; i < 10; i++) {
      await appendFile(path, "x");
      await delay(20);
    }
    expect(changed).toEqual([]);
    await until(() => changed.length > 0);
    expect(changed).toEqual(["growing.jpg"]);
  });

  it("enters new folders and finds what came with them", async () => {
    await start();
    await mkdir(join(root, "trip", "day1"), { recursive: true });
    await writeFile(join(root, "trip", "day1", "a.jpg"), "a");
    await until(() => changed.includes("trip/day1/a.jpg"));
    await writeFile(join(root, "trip", "day1", "b.jpg"), "b");
    await until(() => changed.includes("trip/day1/b.jpg"));
  });

  it("reports a removed photo, and a removed folder once for all that is in it", async () => {
    await mkdir(join(root, "trip"));
    await writeFile(join(root, "trip", "a.jpg"), "a");
    await writeFile(join(root, "b.jpg"), "b");
    await start();
    await rm(join(root, "b.jpg"));
    await until(() => removed.includes("b.jpg"));
    await rm(join(root, "trip"), { recursive: true });
    await until(() => removed.includes("trip"));
    expect(changed).toEqual([]);
  });

  it("reports a moved folder as gone before it reports its photos at the new place, and goes on watching there", async () => {
    await mkdir(join(root, "before"));
    await writeFile(join(root, "before", "a.jpg"), "a");
    await start();
    await rename(join(root, "before"), join(root, "after"));
    await until(() => changed.includes("after/a.jpg"));
    expect(reports).toEqual(["-before", "+after/a.jpg"]);
    await writeFile(join(root, "after", "b.jpg"), "b");
    await until(() => changed.includes("after/b.jpg"));
  });

  it("does not follow links in circles, and does not enter excluded folders", async () => {
    await mkdir(join(root, "library"));
    await symlink(root, join(root, "loop"));
    await symlink(join(root, "library"), join(root, "other-name"));
    await start({ exclude: [join(root, "other-name")] });
    await writeFile(join(root, "library", "thumbnail.jpg"), "t");
    await writeFile(join(root, "a.jpg"), "a");
    await until(() => changed.length > 0);
    await delay(SETTLE_MS * 3);
    expect(changed).toEqual(["a.jpg"]);
  });

  it("reports nothing after it is closed", async () => {
    await start();
    await writeFile(join(root, "a.jpg"), "a");
    await running!.close();
    await delay(SETTLE_MS * 4);
    expect(reports).toEqual([]);
  });

  it("says clearly that a folder is missing", async () => {
    const options = { onChange: () => {}, onRemove: () => {} };
    await expect(watchFolders([join(root, "none")], options)).rejects.toMatchObject({ code: "not_found" });
  });
});
