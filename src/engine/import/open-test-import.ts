import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createLogger } from "../../core/logger.ts";
import { createFolderStore } from "../../database/folder-store.ts";
import { createPhotoVisibility } from "../../database/photo-visibility.ts";
import { createJobStore } from "../../database/jobs/job-store.ts";
import { makeAnalysis, openTestDatabase } from "../../database/open-test-database.ts";
import { createSidecarStore } from "../../database/sidecar-store.ts";
import { imohashFile } from "../../hash/imohash.ts";
import { createLibraryEvents, type LibraryEvent } from "../library-events.ts";
import { createAnalysisQueue } from "./analysis-queue.ts";
import { queueReadMetadata } from "./read-metadata-job.ts";
import { createFileReconciler } from "./reconcile-files.ts";
import { scanFolder, type ScanResult } from "./scan-folder.ts";

/** A library without analysers over folders of made-up files, for tests; `remove` closes and deletes everything. */
export async function openTestImport() {
  const test = await openTestDatabase();
  const { photos, analyses } = test;
  const root = await mkdtemp(join(tmpdir(), "keepsight-import-"));
  const dataDirectory = join(root, "data");
  await mkdir(dataDirectory);
  const logger = createLogger("silent");
  const jobs = createJobStore({ database: test.database });
  const visibility = createPhotoVisibility({ database: test.database });
  const folderStore = createFolderStore({ database: test.database });
  const queue = createAnalysisQueue(jobs, () => {});
  const sidecars = createSidecarStore({ database: test.database });
  const reconciler = createFileReconciler({
    photos,
    sidecars,
    queue,
    queueMetadata: (photoIds) => queueReadMetadata(jobs, photoIds, () => {}),
  });
  const events = createLibraryEvents();
  const told: LibraryEvent[] = [];
  events.subscribe((event) => told.push(event));

  /** Writes a file below the root, its folders too; gives its path. */
  async function write(name: string, content: string): Promise<string> {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  /** Scans one folder of the root as its job does. */
  async function scan(name: string): Promise<ScanResult> {
    const folder = await folderStore.add(join(root, name));
    const options = { photos, reconciler, exclude: [dataDirectory], logger };
    return scanFolder(folder, options, new AbortController().signal, async () => {});
  }

  /** Stores the hashes of all photos that have none, as their analysis would, and empties the queue. */
  async function hashAll(): Promise<void> {
    for (const photo of await listAll()) {
      if (photo.imohash !== undefined || photo.missingSince !== undefined) continue;
      const fingerprints = { imohash: await imohashFile(photo.path) };
      const hash = { status: "done", modelId: "hash", durationMs: 0 } as const;
      await analyses.saveAnalysis(
        photo.id,
        photo.contentVersion,
        makeAnalysis({ fingerprints }, { hash }),
        [],
      );
    }
    await test.database.writes.deleteFrom("jobs").execute();
  }

  async function listAll() {
    const filter = { includeMissing: true, includeHidden: true };
    return photos.list(filter, { sort: "oldest", limit: 1000, offset: 0 });
  }

  /** The photo at a path below the root. */
  async function photoAt(name: string) {
    return (await listAll()).find(({ path }) => path === join(root, name));
  }

  /** Ids of the photos whose analysis is queued. */
  async function queuedIds(): Promise<number[]> {
    const queued = await jobs.list({ kinds: ["analyse"], states: ["queued"] }, { limit: 1000, offset: 0 });
    return queued.map(({ photoId }) => photoId!).toSorted((a, b) => a - b);
  }

  return {
    ...test,
    root,
    dataDirectory,
    logger,
    jobs,
    folderStore,
    visibility,
    queue,
    sidecars,
    reconciler,
    events,
    told,
    write,
    scan,
    hashAll,
    listAll,
    photoAt,
    queuedIds,
    /** Forgets all photos, folders and jobs, and removes all files. */
    async clear() {
      for (const table of ["jobs", "photos", "folders"] as const)
        await test.database.writes.deleteFrom(table).execute();
      await rm(root, { recursive: true, force: true });
      await mkdir(dataDirectory, { recursive: true });
      told.length = 0;
    },
    async remove() {
      await test.remove();
      await rm(root, { recursive: true, force: true });
    },
  };
}
export type TestImport = Awaited<ReturnType<typeof openTestImport>>;
