import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Database, openDatabase } from "../src/database/database.ts";
import { toEmbeddingBytes } from "../src/database/embedding-bytes.ts";
import { createEmbeddingStore } from "../src/database/embedding-store.ts";
import { createJobStore } from "../src/database/jobs/job-store.ts";
import { createPhotoStore } from "../src/database/photo-store.ts";
import { createSqliteTextIndex } from "../src/database/sqlite/sqlite-text-index.ts";
import { createMemoryVectorIndex } from "../src/database/vector-index/memory-vector-index.ts";
import { createTeaching } from "../src/engine/concepts/teaching.ts";
import { createPhotoVectors } from "../src/engine/search/photo-vectors.ts";
import { quantile } from "../src/math/quantile.ts";
import { normalizeInPlace } from "../src/math/vector.ts";
import { createRandom } from "../test/generated-photos.ts";

const MODEL = "bench";
const DIMENSIONS = 512;
/** Kinds of photos: a concept is one of them, on so many photos as a thing that somebody teaches. */
const SUBJECTS = 200;
/** How alike photos of one subject are, as cosine similarity: as a text-image model has it for two photos of one thing. */
const LIKENESS = 0.6;
const EXAMPLES = [3, 20, 100];
const PAGE = 5000;
/** Photos whose embeddings are stored too, from which the background is drawn; prime to the subjects, so that all are among them. */
const STORED_EVERY = 49;

/**
 * Times how long it takes until a concept that was taught by examples is known and found, with real code on a synthetic library:
 * learning alone, and the whole decision (the rows of the decision, learning, looking through all photos, storing and tagging what was
 * found), beside one plain pass over the same embeddings. Options: `--photos` (100000), `--rounds` (5).
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { photos: { type: "string", default: "100000" }, rounds: { type: "string", default: "5" } },
  });
  const [photos, rounds] = [Number(values.photos), Number(values.rounds)];
  const directory = await mkdtemp(join(tmpdir(), "keepsight-bench-teach-"));
  const database = await openDatabase({ directory });
  const { teaching, vectors, embed } = await openBenchLibrary(database, photos);
  try {
    console.log(
      `${photos} photos of ${SUBJECTS} subjects, ${rounds} concepts each, load ${loadavg()[0]!.toFixed(1)}`,
    );
    const pass = await leastOf(rounds, () => vectors.index()!.search(embed(0), { limit: 1 }));
    console.log(`  a plain pass over the embeddings: ${pass.toFixed(1)} ms (least)`);
    for (const count of EXAMPLES) {
      const learning: number[] = [];
      const whole: number[] = [];
      let found = 0;
      for (let round = 0; round < rounds; round++) {
        const subject = (round * 37 + count) % SUBJECTS;
        const examples = Array.from({ length: count }, (_, i) => ({
          photoId: 1 + subject + i * SUBJECTS,
          isExample: true,
        }));
        const started = performance.now();
        const { concept, trainedMs } = await teaching.concepts.create(
          `${count} of ${round}`,
          examples,
          "bench",
        );
        whole.push(performance.now() - started);
        learning.push(trainedMs ?? Number.NaN);
        found += concept.photos / rounds;
      }
      const [learnt, done] = [learning, whole].map((times) =>
        quantile(Float64Array.from(times).toSorted(), 0.5),
      );
      console.log(
        `  ${String(count).padStart(3)} examples: learnt in ${learnt!.toFixed(1)} ms (×${(learnt! / pass).toFixed(1)} of a pass, longest ${Math.max(...learning).toFixed(1)}), ` +
          `found and stored in ${done!.toFixed(0)} ms (×${(done! / pass).toFixed(1)}), on ${found.toFixed(0)} of ${photos / SUBJECTS} photos`,
      );
    }
  } finally {
    await vectors.close();
    await database.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function openBenchLibrary(database: Database, count: number) {
  const textIndex = createSqliteTextIndex({ database });
  const photos = createPhotoStore({ database, textIndex });
  const embed = createSubjects();
  const ids: number[] = [];
  for (let first = 0; first < count; first += PAGE)
    ids.push(
      ...(await photos.insertPhotos(
        Array.from({ length: Math.min(PAGE, count - first) }, (_, i) => ({
          path: `/bench/${first + i}.jpg`,
          byteSize: 1,
          modifiedAtMs: 1,
        })),
      )),
    );
  const vectors = createPhotoVectors({
    embeddings: createEmbeddingStore({ database }),
    createIndex: (modelId, dimensions) => createMemoryVectorIndex({ modelId, dimensions, precision: "f32" }),
  });
  await vectors.load(MODEL);
  await vectors.set(ids[0]!, MODEL, embed(0));
  for (let first = 0; first < count; first += PAGE) {
    const entries = ids.slice(first, first + PAGE).map((id) => ({ id, embedding: embed(id - ids[0]!) }));
    await vectors.index()!.set(entries);
    await storeSome(database, entries);
  }
  const jobs = createJobStore({ database });
  const teaching = createTeaching({
    database,
    jobs,
    textIndex,
    photos,
    vectors,
    loadVectors: async () => {},
    encoder: { encode: () => Promise.reject(new Error("Named concepts have no words of their own.")) },
    notify() {},
    onChanged() {},
  });
  return { teaching, vectors, embed };
}

async function storeSome(
  { writes }: Database,
  entries: readonly { readonly id: number; readonly embedding: Float32Array }[],
): Promise<void> {
  const stored = entries.filter(({ id }) => id % STORED_EVERY === 1);
  await writes
    .insertInto("embeddings")
    .values(
      stored.map(({ id, embedding }) => ({
        ownerKind: "photo" as const,
        ownerId: id,
        photoId: id,
        modelId: MODEL,
        dimensions: DIMENSIONS,
        embedding: toEmbeddingBytes(embedding),
      })),
    )
    .execute();
}

/** Embeddings of photos, each of the subject that its number says, one after the other. */
function createSubjects(): (n: number) => Float32Array {
  const random = createRandom(5);
  const direction = () => normalizeInPlace(Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5));
  const subjects = Array.from({ length: SUBJECTS }, direction);
  return (n) => {
    const subject = subjects[n % SUBJECTS]!;
    const own = direction();
    return normalizeInPlace(
      subject.map((x, i) => Math.sqrt(LIKENESS) * x + Math.sqrt(1 - LIKENESS) * own[i]!),
    );
  };
}

async function leastOf(rounds: number, task: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < rounds * 3; i++) {
    const started = performance.now();
    await task();
    least = Math.min(least, performance.now() - started);
  }
  return least;
}
