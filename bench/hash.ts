import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RasterImage } from "../src/core/raster-image.ts";
import { hammingDistance } from "../src/math/hamming-distance.ts";
import { imohashBytes, imohashFile } from "../src/hash/imohash.ts";
import { computePdq, computePdqVariants } from "../src/hash/pdq.ts";

const RASTER_SIDE = 512;
const FILE_BYTES = 4 * 1024 * 1024;
const SAMPLED_BYTES = 48 * 1024;
const ROUNDS = 7;

/** Prints what fingerprints cost, beside the cheapest thing one could do with the same bytes in the same run. */
export async function run(): Promise<void> {
  await benchPdq();
  await benchImohash();
  await benchHamming();
}

async function benchPdq(): Promise<void> {
  const image = createRaster();
  const pass = await measureUs(200, () => sumBytes(image.data));
  report(
    `pdq ${RASTER_SIDE}²`,
    await measureUs(60, () => computePdq(image)),
    "one pass over the bytes",
    pass,
  );
  report(
    "pdq, 8 orientations",
    await measureUs(60, () => computePdqVariants(image)),
    "one pass over the bytes",
    pass,
  );
}

async function benchImohash(): Promise<void> {
  const content = createRandomBytes(FILE_BYTES);
  const samples = content.subarray(0, SAMPLED_BYTES);
  const md5 = await measureUs(500, () => createHash("md5").update(samples).digest());
  const copy = await measureUs(500, () => samples.slice());
  const message = await measureUs(500, () => imohashBytes(content));
  report("imohash of 4 MiB in memory", message, "md5 of 48 KiB", md5);
  report("", message, "copy of 48 KiB", copy);
  const folder = mkdtempSync(join(tmpdir(), "keepsight-bench-"));
  const path = join(folder, "photo");
  writeFileSync(path, content);
  const read = await measureUs(20, () => readFile(path));
  report("imohash of a 4 MiB file", await measureUs(200, () => imohashFile(path)), "reading it whole", read);
  rmSync(folder, { recursive: true });
}

async function benchHamming(): Promise<void> {
  const hashes = Array.from({ length: 1000 }, (_, i) => createRandomBytes(32, i + 1));
  const query = createRandomBytes(32, 7919);
  const distances = () => hashes.map((hash) => hammingDistance(query, hash));
  const compare = await measureUs(200, () => hashes.map((hash) => Buffer.compare(query, hash)));
  report("hamming, 1000 pairs", await measureUs(200, distances), "comparing their order", compare);
}

/** Microseconds a call of the fastest of some rounds of `count` calls: the one least disturbed by other work. */
async function measureUs(count: number, work: () => unknown): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < count; i++) await work();
    best = Math.min(best, ((performance.now() - start) * 1000) / count);
  }
  return best;
}

function report(name: string, us: number, baselineName: string, baselineUs: number): void {
  const ratio = (us / baselineUs).toFixed(2);
  console.log(`${name.padEnd(28)}${us.toFixed(1).padStart(9)} µs${ratio.padStart(8)} × ${baselineName}`);
}

function createRaster(): RasterImage {
  return { data: createRandomBytes(RASTER_SIDE * RASTER_SIDE * 3), width: RASTER_SIDE, height: RASTER_SIDE };
}

function createRandomBytes(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >>> 24;
  });
}

function sumBytes(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += bytes[i]!;
  return sum;
}
