import { parseArgs } from "node:util";
import { CopyIndex, type PictureTraits } from "../src/duplicate/copy-index.ts";
import { createRandom } from "../src/math/random.ts";
import { hammingDistance } from "../src/math/hamming-distance.ts";
import { extractFeatures } from "../src/duplicate/local-features.ts";
import { measureCpu } from "./measure/cpu-time.ts";
import { benchCheck } from "./measure/duplicate-check.ts";
import { benchGroups } from "./measure/duplicate-groups.ts";

const SEARCHES = 100;
const FEATURES = 128;
const ROUNDS = 20;

/** Correlation of neighbouring bits: descriptors of photos are not random, some keys are far more common than others. */
const PROTOTYPES = 4000;
const FLIP_SHARE = 0.25;
const NOISE_BYTES = 1_000_000;

/**
 * Prints what looking for the copies of one photo costs on ingest, `--photos N` (100,000) being known: the candidates of its
 * hash and its features in 16 orientations, beside one pass over all hashes; and what the features of a photo cost. Then what
 * the whole step of one photo costs in a library of `--check N` (100,000), and looking through `--groups N` (100,000)
 * groups, beside the same page of ids in plain SQL. 0 leaves a part out.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { photos: { type: "string" }, check: { type: "string" }, groups: { type: "string" } },
  });
  const random = createRandom(1);
  const draw = createDrawing(random);
  const [photos, checked, groups] = [values.photos, values.check, values.groups].map((count) =>
    Number(count ?? 100_000),
  ) as [number, number, number];
  if (photos > 0) await benchCandidates(photos, draw, random);
  if (checked > 0) await benchCheck(checked, draw, random);
  if (groups > 0) await benchGroups(groups);
}

async function benchCandidates(
  photos: number,
  draw: () => PictureTraits,
  random: () => number,
): Promise<void> {
  const index = new CopyIndex();
  const hashes: Uint8Array[] = [];
  const { cpuMs: filled } = await measureCpu(() => {
    for (let id = 0; id < photos; id++) {
      const traits = draw();
      hashes.push(new Uint8Array(Buffer.from(traits.pdq!, "hex")));
      index.set(id, traits);
    }
  });
  const times: number[] = [];
  for (let i = 0; i < SEARCHES; i++) {
    const traits = draw();
    times.push((await measureCpu(() => index.findCandidates(traits))).cpuMs);
  }
  times.sort((a, b) => a - b);
  const { cpuMs: scan } = await measureCpu(() => countNear(hashes));
  const [p50, p95] = [times[SEARCHES / 2]!, times[Math.floor(SEARCHES * 0.95)]!];
  console.log(`${photos} photos, made and added in ${(filled / 1000).toFixed(1)} s (all times are CPU)`);
  console.log(`candidates of one photo     p50 ${p50.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms`);
  console.log(
    `one pass over all hashes    ${scan.toFixed(2)} ms (one orientation of 16); ${(p50 / scan).toFixed(2)} ×`,
  );
  console.log(`memory                      ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB resident`);
  console.log(`features of a photo         ${(await measureFeatures(random)).toFixed(1)} ms`);
}

/** Draws what would be known of photos: no hash is like another, and features are like the prototypes of many. */
function createDrawing(random: () => number): () => PictureTraits {
  const prototypes = randomBytes(PROTOTYPES * 32, random);
  const noise = Uint8Array.from({ length: NOISE_BYTES }, () => noiseByte(random));
  return () => {
    const descriptors = new Uint8Array(FEATURES * 32);
    for (let i = 0; i < FEATURES; i++) {
      const from = Math.floor(random() * PROTOTYPES) * 32;
      const at = Math.floor(random() * (NOISE_BYTES - 32));
      for (let k = 0; k < 32; k++) descriptors[i * 32 + k] = prototypes[from + k]! ^ noise[at + k]!;
    }
    return {
      pdq: Buffer.from(randomBytes(32, random)).toString("hex"),
      pdqQuality: 100,
      features: {
        count: FEATURES,
        view: { width: 400, height: 300 },
        positions: new Float32Array(FEATURES * 2),
        levels: new Uint8Array(FEATURES),
        descriptors,
      },
    };
  };
}

/** A byte with each bit set with a probability of {@link FLIP_SHARE}: two random bytes and-ed. */
function noiseByte(random: () => number): number {
  return Math.floor(random() / FLIP_SHARE) === 0
    ? Math.floor(random() * 256)
    : Math.floor(random() * 256) & 0x49;
}

function randomBytes(length: number, random: () => number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

function countNear(hashes: readonly Uint8Array[]): number {
  return hashes.filter((hash) => hammingDistance(hash, hashes[0]!) <= 31).length;
}

/** The mean of some rounds, on a picture with corners everywhere. */
async function measureFeatures(random: () => number): Promise<number> {
  const data = new Uint8Array(400 * 300 * 3);
  const tiles = randomBytes(40 * 30, random);
  for (let i = 0; i < data.length; i++) {
    const at = Math.floor(i / 3);
    data[i] = tiles[Math.floor(Math.floor(at / 400) / 10) * 40 + Math.floor((at % 400) / 10)]!;
  }
  const extract = () => extractFeatures({ data, width: 400, height: 300 });
  for (let i = 0; i < ROUNDS; i++) extract();
  const { cpuMs } = await measureCpu(() => {
    for (let i = 0; i < ROUNDS; i++) extract();
  });
  return cpuMs / ROUNDS;
}
