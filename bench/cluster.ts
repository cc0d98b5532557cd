import { parseArgs } from "node:util";

import { clusterFaces } from "../src/cluster/cluster-faces.ts";
import { clusterByHdbscan } from "../src/cluster/hdbscan/hdbscan.ts";
import { createPoints } from "../src/cluster/points.ts";
import { matchPersons } from "../src/cluster/match-persons.ts";
import { similarityAt } from "../src/math/similarity-calibration.ts";
import { createRowProducts } from "../src/math/products/row-products.ts";
import { createFaceLikePoints } from "../test/face-like-points.ts";
import { measureCpu } from "./measure/cpu-time.ts";

const DIMENSIONS = 512;
const LARGEST_PERSON = 200;
const CALIBRATION = { strangerSimilarity: 0, matchSimilarity: 0.34 };
/** About where a face is taken for a known person. */
const ASSIGN_STRENGTH = 1.35;
const OPTIONS = {
  minClusterSize: 5,
  minSamples: 3,
  selection: "eom",
  epsilon: 0,
  allowSingleCluster: false,
} as const;

/** What a run of the whole benchmark may take. */
const MAX_RATIO = 3;
const MAX_MEGABYTES = 500;
const MAX_GROWTH = 6.5;
const MAX_ASSIGN_MS = 50;

/**
 * Prints what exact HDBSCAN of 512-dimensional faces costs one thread, beside one bare product of all pairs (n² products,
 * of which we compute half, twice) in the same run; then the recipe of scheduled runs, and giving new faces to persons.
 * `--size 20000` names other numbers of faces (default 20,000 and 50,000). CPU seconds, so other work matters little.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { size: { type: "string", multiple: true } } });
  await benchAssignment();
  const seconds: number[] = [];
  for (const size of (values.size ?? ["20000", "50000"]).map(Number)) seconds.push(await benchSize(size));
  if (seconds.length === 2)
    console.log(
      `\nthe second number of faces takes ${(seconds[1]! / seconds[0]!).toFixed(2)} × the first (goal ≤ ${MAX_GROWTH})`,
    );
}

/** Gives the seconds of HDBSCAN. */
async function benchSize(size: number): Promise<number> {
  const { embeddings } = createFaceLikePoints(size, { dimensions: DIMENSIONS, largest: LARGEST_PERSON });
  console.log(`\n${size} × ${DIMENSIONS}, one thread, CPU s`);
  const points = createPoints(embeddings, DIMENSIONS, "cosine");
  const bare = await measureCpu(() => multiplyAll(points.matrix, size));
  const hdbscan = await measureCpu(() =>
    clusterByHdbscan(createPoints(embeddings, DIMENSIONS, "cosine"), OPTIONS),
  );
  const peak = peakMegabytes();
  const auto = await measureCpu(() => clusterFaces(embeddings, DIMENSIONS, { calibration: CALIBRATION }));
  const gigaflops = (2 * size * size * DIMENSIONS) / bare.cpuMs / 1e6;
  const found = new Set(hdbscan.value.labels).size - 1;
  console.log(`bare product of all pairs  ${inSeconds(bare.cpuMs)} (${gigaflops.toFixed(0)} GFLOP/s)`);
  console.log(
    `HDBSCAN 5, 3               ${inSeconds(hdbscan.cpuMs)}, ${(hdbscan.cpuMs / bare.cpuMs).toFixed(2)} × (goal ≤ ${MAX_RATIO}), ${found} clusters`,
  );
  console.log(
    `recipe of scheduled runs   ${inSeconds(auto.cpuMs)}, ${(auto.cpuMs / bare.cpuMs).toFixed(2)} ×, ${new Set(auto.value).size - 1} clusters`,
  );
  console.log(
    `peak of the process        ${peak} MB${size <= 20_000 ? ` (goal ≤ ${MAX_MEGABYTES})` : ""}, with the recipe ${peakMegabytes()} MB`,
  );
  return hdbscan.cpuMs;
}

function peakMegabytes(): number {
  return Math.round(process.resourceUsage().maxRSS / 1000);
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function multiplyAll(matrix: Float32Array, size: number): void {
  using products = createRowProducts(matrix, DIMENSIONS);
  for (const tile of products.tiles(size)) if (tile.rowCount === 0) throw new Error("A tile without rows");
}

async function benchAssignment(): Promise<void> {
  const faces = createFaceLikePoints(1000, { dimensions: DIMENSIONS, seed: 2 }).embeddings;
  const { embeddings } = createFaceLikePoints(500, { dimensions: DIMENSIONS, largest: 1, seed: 3 });
  const prototypes = {
    personIds: Array.from({ length: 500 }, (_, i) => `person ${i}`),
    embeddings,
    dimensions: DIMENSIONS,
  };
  const threshold = similarityAt(CALIBRATION, ASSIGN_STRENGTH);
  const times: number[] = [];
  for (let round = 0; round < 9; round++)
    times.push((await measureCpu(() => matchPersons(faces, prototypes, threshold))).cpuMs);
  console.log(
    `1,000 new faces to 500 persons: ${Math.min(...times).toFixed(1)} ms, at first ${times[0]!.toFixed(1)} ms (goal ≤ ${MAX_ASSIGN_MS})`,
  );
}
