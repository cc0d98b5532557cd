import { mkdir, rename, rm, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createJobRunner, type JobRunner } from "../jobs/job-runner.ts";
import { createLibraryFolders, type LibraryFolders, SCAN_JOB } from "./library-folders.ts";
import { READ_METADATA_JOB } from "./read-metadata-job.ts";
import { openTestImport, type TestImport } from "./open-test-import.ts";

let test: TestImport;
let folders: LibraryFolders;
let runner: JobRunner;
beforeAll(async () => {
  test = await openTestImport();
});
afterEach(async () => {
  await folders.close();
  await runner.stop(0);
  await test.clear();
});
afterAll(() => test.remove());

async function start(
  options: {
    readonly rescanMs?: number;
    readonly presenceMs?: number;
    readonly backfill?: () => Promise<number>;
  } = {},
): Promise<void> {
  const { photos, jobs, folderStore, reconciler, visibility, events, logger, dataDirectory } = test;
  folders = createLibraryFolders({
    folders: folderStore,
    jobs,
    photos,
    reconciler,
    visibility,
    events,
    logger,
    dataDirectory,
    notify: () => runner.notify(),
    backfill: async () => 0,
    settleMs: 100,
    ...options,
  });
  runner = createJobRunner({ jobs, handlers: { [SCAN_JOB]: folders.scanHandler }, logger });
  await runner.start();
}

/** Adds a folder of the root and waits for its scan. */
async function add(name: string): Promise<number> {
  const { jobId } = await folders.add(join(test.root, name));
  await runner.whenIdle();
  return jobId;
}

/** Waits until the library knows exactly these paths below the root as photos that are there. */
async function expectPhotos(...names: string[]): Promise<void> {
  const present = async () => {
    const photos = (await test.listAll()).filter(({ missingSince }) => missingSince === undefined);
    return photos.map(({ path }) => path.slice(test.root.length + 1)).toSorted();
  };
  await expect.poll(present, { timeout: 30_000, interval: 50 }).toEqual(names.toSorted());
}

const toPath = (name: string) => join(test.root, name);

describe("createLibraryFolders", () => {
  it("scans a folder when it is added, and tells of new and vanished photos", async () => {
    await test.write("p/a.jpg", "a");
    await test.write("p/b.jpg", "b");
    await start();
    const jobId = await add("p");
    expect(await test.jobs.get(jobId)).toMatchObject({ state: "succeeded", progressDone: 2 });
    expect(test.told).toEqual([{ type: "library", reason: "photos-added" }]);
    await unlink(toPath("p/a.jpg"));
    await folders.scanAll();
    await runner.whenIdle();
    expect(test.told.at(-1)).toEqual({ type: "library", reason: "photos-removed" });
    expect(await test.photos.count({})).toBe(1);
  });

  it("scans a folder once however often it is asked to at the same time", async () => {
    await test.write("p/a.jpg", "a");
    await start();
    await runner.stop(0);
    const first = await folders.add(toPath("p"));
    const second = await folders.add(`${toPath("p")}/`);
    expect(second).toEqual(first);
    expect(await folders.scanAll()).toEqual([first.jobId]);
    expect(await folders.list()).toHaveLength(1);
  });

  it("knows a folder by its real path", async () => {
    await test.write("p/a.jpg", "a");
    await symlink(toPath("p"), toPath("link"));
    await start();
    await add("p");
    await add("link");
    expect((await folders.list()).map(({ path }) => path)).toEqual([toPath("p")]);
  });

  it("refuses what cannot be a folder of photos, and says why", async () => {
    await test.write("p/a.jpg", "a");
    await mkdir(join(test.dataDirectory, "uploads"));
    await start();
    const refusal = async (name: string) =>
      folders.add(toPath(name)).then(
        () => "accepted",
        ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
      );
    expect(await refusal("nowhere")).toMatch(/^bad_request: .*nowhere does not exist/);
    expect(await refusal("p/a.jpg")).toMatch(/^bad_request: .*a.jpg is not a folder/);
    expect(await refusal("data")).toMatch(/^bad_request: .*inside the library's own data directory/);
    expect(await refusal("data/uploads")).toMatch(/^bad_request: .*inside the library's own/);
    expect(await folders.list()).toEqual([]);
  });

  it("leaves the library's own folder out of a folder around it", async () => {
    await test.write("a.jpg", "a");
    await test.write("data/derivatives/b.jpg", "b");
    await start();
    await add("");
    await expectPhotos("a.jpg");
  });

  it("fails the scan of a folder that is away, with the reason, and marks nothing", async () => {
    await test.write("p/a.jpg", "a");
    await start();
    await add("p");
    await rm(toPath("p"), { recursive: true });
    const [jobId] = await folders.scanAll();
    await runner.whenIdle();
    expect(await test.jobs.get(jobId!)).toMatchObject({
      state: "failed",
      errorReason: expect.stringContaining("does not exist"),
    });
    await expectPhotos("p/a.jpg");
  });

  it("serves a library whose folder is away, and takes it up again when it is back", async () => {
    await test.write("p/a.jpg", "a");
    await start({ rescanMs: 200 });
    await add("p");
    await rename(toPath("p"), toPath("unplugged"));
    const jobId = await add("p");
    expect(await test.jobs.get(jobId)).toMatchObject({ errorReason: expect.stringContaining(toPath("p")) });
    await folders.startWatching();
    await test.write("unplugged/b.jpg", "b");
    await rename(toPath("unplugged"), toPath("p"));
    await expectPhotos("p/a.jpg", "p/b.jpg");
  });

  it("notices while watching that a folder went away and came back as another directory", async () => {
    await test.write("p/a.jpg", "a");
    await start({ presenceMs: 50 });
    await add("p");
    await folders.startWatching();
    await rename(toPath("p"), toPath("old"));
    await test.write("p/a.jpg", "a");
    await test.write("p/b.jpg", "b");
    await expectPhotos("p/a.jpg", "p/b.jpg");
    await test.write("p/c.jpg", "c");
    await expectPhotos("p/a.jpg", "p/b.jpg", "p/c.jpg");
  });

  it("takes in at once as many files as are copied into a folder at once", async () => {
    await start();
    await mkdir(toPath("p"));
    await add("p");
    await folders.startWatching();
    const names = Array.from({ length: 300 }, (_, i) => `p/${i}.jpg`);
    for (const name of names) await test.write(name, name);
    await expectPhotos(...names);
  });

  it("looks again and again for photos whose job was lost, also after a look that failed", async () => {
    let looks = 0;
    const backfill = async () => {
      looks++;
      throw new Error("The disk is full.");
    };
    await start({ rescanMs: 50, backfill });
    await folders.startWatching();
    await expect.poll(() => looks, { timeout: 30_000, interval: 20 }).toBeGreaterThan(1);
  });

  it("follows files that come, change, move and go", async () => {
    for (const name of ["goes", "moves", "changes"]) await test.write(`p/${name}.jpg`, name);
    await start();
    await add("p");
    await test.hashAll();
    const [moves, changes] = await Promise.all(["p/moves.jpg", "p/changes.jpg"].map(test.photoAt));
    await folders.startWatching();
    await test.write("p/new/comes.jpg", "comes");
    await unlink(toPath("p/goes.jpg"));
    await rename(toPath("p/moves.jpg"), toPath("p/moved.jpg"));
    await test.write("p/changes.jpg", "something else");
    await expectPhotos("p/changes.jpg", "p/moved.jpg", "p/new/comes.jpg");
    expect(await test.photoAt("p/moved.jpg")).toMatchObject({ id: moves!.id, contentVersion: 1 });
    expect(await test.photoAt("p/goes.jpg")).toMatchObject({ missingSince: expect.any(Number) });
    const version = async () => (await test.photos.get(changes!.id))?.contentVersion;
    await expect.poll(version, { timeout: 30_000 }).toBe(2);
    expect(await test.queuedIds()).toContain(changes!.id);
  });

  it("has the metadata of a photo read anew when its sidecar comes while watching", async () => {
    await test.write("p/a.jpg", "a");
    await start();
    await add("p");
    await folders.startWatching();
    await test.write("p/a.xmp", "sidecar");
    const { id } = (await test.photoAt("p/a.jpg"))!;
    const queued = async () =>
      (await test.jobs.list({ kinds: [READ_METADATA_JOB] }, { limit: 10, offset: 0 })).map(
        ({ photoId }) => photoId,
      );
    await expect.poll(queued, { timeout: 30_000, interval: 50 }).toEqual([id]);
    await expectPhotos("p/a.jpg");
  });

  it("follows a folder that is renamed, in a folder added while watching", async () => {
    await test.write("p/old/a.jpg", "a");
    await test.write("p/old/b.jpg", "b");
    await test.write("p/stays.jpg", "stays");
    await start();
    await folders.startWatching();
    await add("p");
    await test.hashAll();
    const before = await Promise.all(["p/old/a.jpg", "p/old/b.jpg"].map(test.photoAt));
    await rename(toPath("p/old"), toPath("p/new"));
    await expectPhotos("p/new/a.jpg", "p/new/b.jpg", "p/stays.jpg");
    const after = await Promise.all(["p/new/a.jpg", "p/new/b.jpg"].map(test.photoAt));
    expect(after.map((photo) => photo?.id)).toEqual(before.map((photo) => photo?.id));
    expect(await test.listAll()).toHaveLength(3);
  });

  it("takes in a file once where two watched folders overlap", async () => {
    await test.write("p/inner/a.jpg", "a");
    await start();
    await add("p");
    await add("p/inner");
    await folders.startWatching();
    await test.write("p/inner/b.jpg", "b");
    await expectPhotos("p/inner/a.jpg", "p/inner/b.jpg");
    expect(await test.listAll()).toHaveLength(2);
    // A photo is in the library a moment before its job is in the queue.
    await expect.poll(test.queuedIds, { timeout: 30_000 }).toHaveLength(2);
  });
});
