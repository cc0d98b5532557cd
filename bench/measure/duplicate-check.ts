import { monitorEventLoopDelay } from "node:perf_hooks";
import { sql } from "kysely";
import type { LocalFeatures } from "../../src/duplicate/local-features.ts";
import type { PictureTraits } from "../../src/duplicate/copy-index.ts";
import { FEATURES_VERSION, toFeatureBytes } from "../../src/engine/duplicates/feature-bytes.ts";
import { extractFeatures } from "../../src/duplicate/local-features.ts";
import { computePdq } from "../../src/hash/pdq.ts";
import { type DuplicateLibrary, openDuplicateLibrary } from "../../test/duplicate-library.ts";
import { measureCpu } from "./cpu-time.ts";

const CHECKS = 60;
const WARM_UP = 20;
const PAGE = 500;

/**
 * Prints what the step `duplicates` of one photo costs in a library of so many, all threads together: looking for candidates,
 * verifying them, and writing down that it was done; with the features of the photo at hand and without; and how long the
 * event loop was held meanwhile.
 */
export async function benchCheck(
  photos: number,
  draw: () => PictureTraits,
  random: () => number,
): Promise<void> {
  const library = await openDuplicateLibrary(photos);
  try {
    await seed(library, photos, draw);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const pictures = await addPictures(library, 2 * (CHECKS + WARM_UP) + 1, random);
    delay.enable();
    const { cpuMs: loaded } = await measureCpu(() => library.check(pictures.shift()!.id));
    console.log(`\nthe whole step of a photo, ${photos} in the database (CPU of all threads)`);
    console.log(
      `reading all into memory     ${(loaded / 1000).toFixed(1)} s once; event loop held ${held(delay)} ms at most`,
    );
    for (const { id, features } of pictures.slice(0, CHECKS + WARM_UP))
      await saveFeatures(library, id, features);
    delay.reset();
    for (const [name, some] of [
      ["its features at hand", pictures.slice(0, CHECKS + WARM_UP)],
      ["its features made too", pictures.slice(CHECKS + WARM_UP)],
    ] as const) {
      const times: number[] = [];
      for (const { id } of some) times.push((await measureCpu(() => library.check(id))).cpuMs);
      const sorted = times.slice(WARM_UP).toSorted((a, b) => a - b);
      const [p50, p95] = [sorted[CHECKS / 2]!, sorted[Math.floor(CHECKS * 0.95)]!];
      console.log(
        `${name.padEnd(28)}p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms; event loop held ${held(delay)} ms at most`,
      );
    }
  } finally {
    await library.close();
  }
}

const held = (delay: { readonly max: number }) => (delay.max / 1e6).toFixed(0);

/** Photos that were compared before, with hashes and features as drawn; their files are never read. */
async function seed(
  { database }: DuplicateLibrary,
  photos: number,
  draw: () => PictureTraits,
): Promise<void> {
  await sql`
    insert into photos (id, path, file_name, byte_size, modified_at_ms, taken_at_ms, taken_day, taken_at_source, imported_at, status, imohash)
    with recursive series (value) as (select 1 union all select value + 1 from series where value < ${photos})
    select value, '/seeded/' || value || '.jpg', value || '.jpg', 1000 + value % 7919, 0, value, value / 100, 'file', 0,
      'completed', 'seeded' || value from series
  `.execute(database.writes);
  for (let from = 1; from <= photos; from += PAGE) {
    const ids = Array.from({ length: Math.min(PAGE, photos + 1 - from) }, (_, i) => from + i);
    const drawn = ids.map((photoId) => ({ photoId, ...draw() }));
    await database.writes
      .insertInto("fingerprints")
      .values(
        drawn.map(({ photoId, pdq, pdqQuality }) => ({
          photoId,
          imohash: `seeded${photoId}`,
          pdq: Buffer.from(pdq!, "hex"),
          pdqQuality: pdqQuality!,
        })),
      )
      .execute();
    await database.writes
      .insertInto("localFeatures")
      .values(drawn.map(({ photoId, features }) => toRow(photoId, features)))
      .execute();
    await database.writes
      .insertInto("photoSteps")
      .values(
        ids.map((photoId) => ({
          photoId,
          step: "duplicates" as const,
          status: "done" as const,
          modelId: FEATURES_VERSION,
          contentVersion: 1,
          updatedAt: 0,
        })),
      )
      .execute();
  }
}

async function saveFeatures(
  { database }: DuplicateLibrary,
  id: number,
  features: LocalFeatures,
): Promise<void> {
  await database.writes.insertInto("localFeatures").values(toRow(id, features)).execute();
}

function toRow(photoId: number, features: LocalFeatures) {
  const { width, height } = features.view;
  return {
    photoId,
    version: FEATURES_VERSION,
    contentVersion: 1,
    width,
    height,
    features: toFeatureBytes(features),
  };
}

/** New photos that are unlike each other and all others, as most photos of an import are. */
async function addPictures(library: DuplicateLibrary, count: number, random: () => number) {
  const added: { readonly id: number; readonly features: LocalFeatures }[] = [];
  for (let i = 0; i < count; i++) {
    const image = drawTiles(random);
    const features = extractFeatures(image);
    const { hash: pdq, quality: pdqQuality } = computePdq(image);
    const picture = { image, features, pdq, pdqQuality };
    added.push({ id: await library.add({ content: `new ${i}`, picture }), features });
  }
  return added;
}

/** A picture of 400 × 300 with corners everywhere. */
function drawTiles(random: () => number) {
  const data = new Uint8Array(400 * 300 * 3);
  const tiles = Uint8Array.from({ length: 40 * 30 }, () => Math.floor(random() * 256));
  for (let i = 0; i < data.length; i++) {
    const at = Math.floor(i / 3);
    data[i] = tiles[Math.floor(Math.floor(at / 400) / 10) * 40 + Math.floor((at % 400) / 10)]!;
  }
  return { data, width: 400, height: 300 };
}
