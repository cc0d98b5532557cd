import { link, mkdir, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createRandom } from "../test/generated-photos.ts";
import { type KeepsightServer, startServer } from "../test/keepsight-server.ts";
import { sharedPath } from "../test/shared-files.ts";
import { writeLargePhotos } from "./measure/large-photos.ts";
import { chooseLocalModels } from "./measure/local-models.ts";
import { seededWord, seedLibrary } from "./measure/seed-library.ts";

/** Different 12-megapixel photos; the import has each many times, so that it does not end while it is measured. */
const LARGE_PHOTOS = 6;
const COPIES = 200;

/** A person scrolls and types: requests come one after the other with a pause between them, milliseconds. */
const PAUSE_MS = 5;

/** Warm-up of each phase, requests of each kind. */
const WARM_UP = 30;

const VOCABULARY = 2000;

/**
 * Latency of searches and thumbnails from a real server, idle and while all analysers are busy with an import of
 * 12-megapixel photos. Options: `--library` (2000 photos), `--requests` (400 of each kind and phase), `--models`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      library: { type: "string", default: "2000" },
      requests: { type: "string", default: "400" },
      models: { type: "string", default: process.env["KEEPSIGHT_MODELS_DIR"] ?? sharedPath("models") },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), "keepsight-bench-serving-"));
  const dataDirectory = join(folder, "data");
  const busyFolder = join(folder, "import");
  let server: KeepsightServer | undefined;
  try {
    const ids = await seedLibrary(
      dataDirectory,
      Number(values.library),
      await chooseLocalModels(values.models),
    );
    await writeManyPhotos(join(folder, "originals"), busyFolder);
    let analysed = 0;
    server = startServer({
      folders: [],
      dataDirectory,
      modelDirectories: [values.models],
      analysers: availableParallelism(),
      onAnalysed: () => analysed++,
    });
    const url = await server.url;
    const requests = Number(values.requests);
    console.log(
      `serving: ${values.library} photos, ${requests} requests of each kind a phase, ${availableParallelism()} cores`,
    );
    const idle = await measure("idle", url, ids, requests);
    await beginImport(url, busyFolder);
    while (analysed < availableParallelism()) await sleep(50);
    const before = analysed;
    const busy = await measure("during an import", url, ids, requests);
    console.log(`  photos analysed meanwhile: ${analysed - before}`);
    for (const kind of ["search", "thumbnail"] as const) {
      console.log(
        `${kind}: p95 is ${(busy[kind].p95 / idle[kind].p95).toFixed(2)} times that of idle (target ≤ 3)`,
      );
    }
  } finally {
    await server?.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeManyPhotos(originals: string, folder: string): Promise<void> {
  const { paths } = await writeLargePhotos(originals, LARGE_PHOTOS);
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < COPIES; i++) await link(paths[i % paths.length]!, join(folder, `photo-${i}.jpg`));
}

async function beginImport(url: string, path: string): Promise<void> {
  const response = await fetch(`${url}/api/v1/ingest/directory`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path }),
  });
  if (!response.ok) throw new Error(`The import was refused: ${response.status} ${await response.text()}`);
}

interface Latency {
  readonly p50: number;
  readonly p95: number;
}

/** Prints and gives the latencies of one phase. */
async function measure(phase: string, url: string, ids: readonly number[], requests: number) {
  const random = createRandom(11);
  const word = () => seededWord(Math.floor(random() * VOCABULARY));
  const search = () => `${url}/api/v1/search?pageSize=50&q=${word()}%20${word()}`;
  const thumbnail = () => `${url}/api/v1/photos/${ids[Math.floor(random() * ids.length)]!}/thumbnail`;
  const times: Record<"search" | "thumbnail", number[]> = { search: [], thumbnail: [] };
  const load = loadavg()[0]!.toFixed(1);
  for (let i = -WARM_UP; i < requests; i++) {
    const [searchMs, thumbnailMs] = [await timeRequest(search()), await timeRequest(thumbnail())];
    await sleep(PAUSE_MS);
    if (i < 0) continue;
    times.search.push(searchMs);
    times.thumbnail.push(thumbnailMs);
  }
  const latencies = { search: summarize(times.search), thumbnail: summarize(times.thumbnail) };
  for (const [kind, { p50, p95 }] of Object.entries(latencies)) {
    console.log(
      `  ${phase}, load ${load}: ${kind.padEnd(9)} p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`,
    );
  }
  return latencies;
}

async function timeRequest(url: string): Promise<number> {
  const started = performance.now();
  const response = await fetch(url);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  return performance.now() - started;
}

function summarize(times: readonly number[]): Latency {
  const ascending = times.toSorted((a, b) => a - b);
  const at = (share: number) => ascending[Math.floor(share * (ascending.length - 1))]!;
  return { p50: at(0.5), p95: at(0.95) };
}
