import { mkdir } from "node:fs/promises";
import { type Insertable, sql } from "kysely";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { toEmbeddingBytes } from "../../src/database/embedding-bytes.ts";
import { createFaceStore, type FaceStore } from "../../src/database/people/face-store.ts";
import { createPeopleDecisions } from "../../src/database/people/people-decisions.ts";
import { createPrototypeStore } from "../../src/database/people/prototype-store.ts";
import { createPhotoStore } from "../../src/database/photo-store.ts";
import type { EmbeddingsTable, FacesTable } from "../../src/database/schema.ts";
import { createSettingsStore } from "../../src/database/settings-store.ts";
import { createSqliteTextIndex } from "../../src/database/sqlite/sqlite-text-index.ts";
import { ALGORITHM_IDS } from "../../src/engine/analyser/analyser-steps.ts";
import { createKnownPersons } from "../../src/engine/people/known-persons.ts";
import { createRandom } from "../../src/math/random.ts";
import type { ChosenModels } from "../../src/vision/choose-models.ts";

const DIMENSIONS = 512;
const FACES_PER_PHOTO = 2;

/** Share of the faces that are somebody's, and of the rest that lie in clusters; what is left are strangers. */
const NAMED = 0.6;
const CLUSTERED = 0.5;

/** Of a person's faces a human confirmed so many at most; the others are an algorithm's guesses. */
const CONFIRMED = 0.5;

/** Similarities within a person, about as measured. */
const WITHIN = 0.6;

const ROWS_AT_ONCE = 1000;

/** Sizes of a library of people. */
export interface SeedOptions {
  readonly faces: number;
  readonly persons: number;
}

/** What lies in the library. */
export interface SeededPeople {
  /** Ids of persons, those with most faces first. */
  readonly personIds: readonly string[];
  /** Ids of clusters, the largest first. */
  readonly clusterIds: readonly string[];
  readonly faceCount: number;
}

/** So many sizes that add up to about `total`, falling as 1 / rank^.7: some people are on every other photo, most on few. */
function skewedSizes(count: number, total: number, least: number): number[] {
  const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1) ** 0.7);
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => Math.max(least, Math.round((weight / sum) * total)));
}

/**
 * Fills a new library with photos of many people, as detection, clustering, naming by humans and recognition leave them; all
 * steps count as done by the `chosen` models, so that a server finds nothing to do. The files are nowhere.
 */
export async function seedPeople(
  dataDirectory: string,
  { faces: faceCount, persons }: SeedOptions,
  chosen: ChosenModels,
): Promise<SeededPeople> {
  await mkdir(dataDirectory, { recursive: true });
  const database = await openDatabase({ directory: dataDirectory });
  const textIndex = createSqliteTextIndex({ database });
  const modelId = chosen.models["face-recognition"]!.model.id;
  const photoCount = Math.ceil(faceCount / FACES_PER_PHOTO);
  const photoIds = await createPhotoStore({ database, textIndex }).insertPhotos(
    Array.from({ length: photoCount }, (_, i) => ({
      path: `/nowhere/seeded-${i}.jpg`,
      byteSize: 4_000_000 + i,
      modifiedAtMs: 1_300_000_000_000 + i * 3_600_000,
      isUpload: true,
    })),
  );
  await completePhotos(database, chosen);

  const people = skewedSizes(persons, faceCount * NAMED, 3);
  const clusters = skewedSizes(persons, faceCount * (1 - NAMED) * CLUSTERED, 2);
  const owners = [...people, ...clusters].flatMap((size, owner) => Array.from({ length: size }, () => owner));
  const random = createRandom(4);
  const faceIds = await insertFaces(database, photoIds, { owners, faceCount, modelId, random });

  const onPhotosChanged = textIndex.update.bind(textIndex);
  const faces = createFaceStore({ database, onPhotosChanged });
  const decisions = createPeopleDecisions({ database, onPhotosChanged });
  const byOwner = Map.groupBy(faceIds, (_, i) => owners[i] ?? -1);
  const personIds = people.map((_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`);
  for (const [i, personId] of personIds.entries()) {
    const own = byOwner.get(i)!;
    const confirmed = own.slice(0, Math.max(2, Math.floor(own.length * CONFIRMED)));
    const name = `${GIVEN_NAMES[i % GIVEN_NAMES.length]} ${SURNAMES[Math.floor(i / GIVEN_NAMES.length) % SURNAMES.length]} ${i}`;
    await decisions.decide({ kind: "face.assign", faceIds: confirmed, personId, name }, { actor: "user" });
    await guess(faces, own.slice(confirmed.length), personId, random);
  }
  const clusterIds = clusters.map((_, i) => `clu_${String(i).padStart(12, "0")}`);
  for (const [i, clusterId] of clusterIds.entries()) {
    const own = byOwner.get(people.length + i)!;
    await faces.saveClusters(own.map((faceId) => ({ faceId, clusterId, score: 1 })));
  }
  const known = createKnownPersons({ faces, prototypes: createPrototypeStore({ database }) });
  await known.prototypes(modelId);
  await createSettingsStore({ database }).set("people.lastRound", {
    modelId,
    faceId: await faces.newestFaceId(),
    embedded: faceCount,
  });
  await sql`insert into serving_models (owner_kind, model_id, since) values ('face', ${modelId}, 0)`.execute(
    database.writes,
  );
  await sql`analyze`.execute(database.writes);
  await database.close();
  return { personIds, clusterIds, faceCount };
}

const GIVEN_NAMES =
  "Ada Bela Chidi Dara Emre Fatima Goran Hana Ivo Jun Kai Lena Mira Noor Oskar Paz Rosa Sami Tove Uma".split(
    " ",
  );
const SURNAMES =
  "Abe Berg Costa Diaz Eze Fox Gök Haas Ito Jain Kim Lund Maas Noah Ono Park Roth Sato Tran Ude".split(" ");

/** All steps done, and decoded. */
async function completePhotos(database: Database, { steps }: ChosenModels): Promise<void> {
  const models: Record<string, string> = { ...ALGORITHM_IDS };
  for (const [step, { modelId }] of Object.entries(steps)) if (modelId !== undefined) models[step] = modelId;
  await sql`update photos set status = 'completed', width = 4032, height = 3024, format = 'jpeg', analysed_at = imported_at`.execute(
    database.writes,
  );
  for (const [step, modelId] of Object.entries(models)) {
    await sql`
      insert into photo_steps (photo_id, step, status, model_id, content_version, attempts, updated_at)
      select id, ${step}, 'done', ${modelId}, content_version, 1, imported_at from photos
    `.execute(database.writes);
  }
}

interface FacesToInsert {
  /** Number of the group of each face; those beyond are strangers. */
  readonly owners: readonly number[];
  readonly faceCount: number;
  readonly modelId: string;
  readonly random: () => number;
}

/** Faces with embeddings, the groups scattered over the photos. Gives their ids in the order of the owners. */
async function insertFaces(
  { writes }: Database,
  photoIds: readonly number[],
  { owners, faceCount, modelId, random }: FacesToInsert,
): Promise<readonly number[]> {
  const centres = new Map<number, Float32Array>();
  const centreOf = (owner: number) =>
    centres.get(owner) ?? centres.set(owner, drawDirection(random)).get(owner)!;
  // Coprime to the number of photos: consecutive faces of a group lie in different photos.
  const stride = 7919;
  for (let first = 1; first <= faceCount; first += ROWS_AT_ONCE) {
    const ids = Array.from({ length: Math.min(ROWS_AT_ONCE, faceCount - first + 1) }, (_, i) => first + i);
    const rows = ids.map((id): Insertable<FacesTable> => ({
      id,
      photoId: photoIds[(id * stride) % photoIds.length]!,
      x: 0.1 + 0.4 * random(),
      y: 0.2,
      width: 0.1,
      height: 0.15,
      landmarks: "[[0.12,0.25],[0.17,0.25],[0.15,0.28],[0.13,0.31],[0.17,0.31]]",
      score: 0.9,
      quality: random(),
      modelId: "seeded",
      createdAt: 1_700_000_000_000 + id,
    }));
    const embeddings = ids.map((id, i): Insertable<EmbeddingsTable> => {
      const owner = owners[id - 1];
      const own = drawDirection(random);
      const embedding =
        owner === undefined
          ? own
          : own.map((value, k) => value * Math.sqrt(1 - WITHIN) + centreOf(owner)[k]! * Math.sqrt(WITHIN));
      return {
        ownerKind: "face",
        ownerId: id,
        photoId: rows[i]!.photoId,
        modelId,
        dimensions: DIMENSIONS,
        embedding: toEmbeddingBytes(embedding),
      };
    });
    await writes.transaction().execute(async (transaction) => {
      await transaction.insertInto("faces").values(rows).execute();
      await transaction.insertInto("embeddings").values(embeddings).execute();
    });
  }
  return Array.from({ length: faceCount }, (_, i) => i + 1);
}

/** A random direction; the sum of three uniform numbers is normal enough for that. */
function drawDirection(random: () => number): Float32Array {
  const direction = Float32Array.from({ length: DIMENSIONS }, () => random() + random() + random() - 1.5);
  let squares = 0;
  for (const value of direction) squares += value * value;
  const scale = 1 / Math.sqrt(squares);
  return direction.map((value) => value * scale);
}

async function guess(
  faces: FaceStore,
  faceIds: readonly number[],
  personId: string,
  random: () => number,
): Promise<void> {
  for (let start = 0; start < faceIds.length; start += ROWS_AT_ONCE) {
    await faces.saveGuesses(
      faceIds.slice(start, start + ROWS_AT_ONCE).map((faceId) => ({
        faceId,
        match: { personId, score: 0.5 + 0.3 * random(), source: "prototype" },
      })),
    );
  }
}
