import { type Kysely } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import { type Box, toBox } from "../../core/geometry.ts";
import { fromEmbeddingBytes } from "../embedding-bytes.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";

/** Embeddings read at once: two megabytes, a few milliseconds between two turns of the event loop. */
const PAGE = 1000;

/** Faces with their embeddings, one after the other in one array. */
export interface EmbeddedFaces {
  readonly faceIds: readonly number[];
  readonly photoIds: readonly number[];
  readonly qualities: Float32Array;
  /** faceIds.length · dimensions. */
  readonly embeddings: Float32Array;
  readonly dimensions: number;
}

/** Which faces an algorithm works on. Removed, ignored and hidden ones never. */
export interface FaceSelection {
  readonly modelId: string;
  /** Only faces without a person. */
  readonly isUnassigned?: boolean;
  /** Only faces that a human named, or only others. */
  readonly isConfirmed?: boolean;
  /** Only of this person, confirmed by a human. */
  readonly confirmedOf?: string;
  readonly clusterId?: string;
  readonly minQuality?: number;
  /** `YYYY-MM` at the place of the photo. */
  readonly timeBucket?: string;
  /** Only faces found at this moment or later, epoch milliseconds. */
  readonly since?: number;
  readonly faceIds?: readonly number[];
  readonly photoIds?: readonly number[];
  /** Only faces of photos with a higher id. */
  readonly afterPhotoId?: number;
  /** `photo` keeps the faces of a photo together; `quality` gives the best first. By id unless given. */
  readonly order?: "photo" | "quality";
  readonly limit?: number;
}

/** Faces as algorithms see them. */
export interface FaceEmbeddings {
  /** With embeddings of the model, by id unless an order is given. */
  embedded(selection: FaceSelection): Promise<EmbeddedFaces>;
  /** Photos with faces that fit, ascending, at most `limit` faces' worth or one photo. */
  photosWithFaces(selection: FaceSelection): Promise<readonly number[]>;
  /**
   * Faces that the model knows nothing of yet though it could, by id: drawn, from metadata, or named faces that its own
   * detector did not find again.
   */
  withoutEmbedding(
    modelId: string,
    page: {
      readonly limit: number;
      readonly afterFaceId?: number;
      /** Only faces of this photo. */
      readonly photoId?: number;
    },
  ): Promise<readonly { faceId: number; photoId: number; normalizedBox: Box }[]>;
  /** Faces without embedding of the model, whoever found them. */
  orphans(modelId: string, limit: number): Promise<readonly { faceId: number; photoId: number }[]>;
  countEmbedded(modelId: string): Promise<number>;
  /** Who a human said is in these photos. */
  namedInPhotos(photoIds: readonly number[]): Promise<ReadonlyMap<number, ReadonlySet<string>>>;
  /** Who is in these photos, whoever said so. */
  personsInPhotos(photoIds: readonly number[]): Promise<ReadonlyMap<number, ReadonlySet<string>>>;
  /** Whom a whole cluster was taken for, of these faces where that holds. */
  guessesByCluster(
    faceIds: readonly number[],
  ): Promise<ReadonlyMap<number, { readonly personId: string; readonly score: number }>>;
  /** Who was not born yet when these photos were taken. */
  unbornInPhotos(photoIds: readonly number[]): Promise<(photoId: number, personId: string) => boolean>;
  /** Who a human said these faces are not. */
  rejections(faceIds: readonly number[]): Promise<ReadonlyMap<number, ReadonlySet<string>>>;
}

/** The faces that a selection means, with their embeddings and photos; without order and limit. */
function select(reads: Kysely<Schema>, selection: FaceSelection) {
  return reads
    .selectFrom("faces")
    .innerJoin("embeddings", (join) =>
      join
        .onRef("embeddings.ownerId", "=", "faces.id")
        .on("embeddings.ownerKind", "=", "face")
        .on("embeddings.modelId", "=", selection.modelId),
    )
    .innerJoin("photos", "photos.id", "faces.photoId")
    .where("isRemoved", "=", 0)
    .where("isIgnored", "=", 0)
    .where("photos.hiddenAt", "is", null)
    .$call((query) => (selection.isUnassigned ? query.where("faces.personId", "is", null) : query))
    .$call((query) =>
      selection.isConfirmed === undefined
        ? query
        : query.where("faces.state", selection.isConfirmed ? "=" : "!=", "confirmed"),
    )
    .$call((query) =>
      selection.confirmedOf === undefined
        ? query
        : query.where("faces.personId", "=", selection.confirmedOf).where("faces.state", "=", "confirmed"),
    )
    .$call((query) =>
      selection.clusterId === undefined ? query : query.where("faces.clusterId", "=", selection.clusterId),
    )
    .$call((query) =>
      selection.minQuality === undefined ? query : query.where("faces.quality", ">=", selection.minQuality),
    )
    .$call((query) =>
      selection.since === undefined ? query : query.where("faces.createdAt", ">=", selection.since),
    )
    .$call((query) =>
      selection.photoIds === undefined
        ? query
        : query.where("faces.photoId", "in", valueList(selection.photoIds)),
    )
    .$call((query) =>
      selection.afterPhotoId === undefined
        ? query
        : query.where("faces.photoId", ">", selection.afterPhotoId),
    )
    .$call((query) =>
      selection.faceIds === undefined ? query : query.where("faces.id", "in", valueList(selection.faceIds)),
    )
    .$call((query) => {
      if (selection.timeBucket === undefined) return query;
      const [from, to] = daysOfMonth(selection.timeBucket);
      return query.where("photos.takenDay", ">=", from).where("photos.takenDay", "<", to);
    });
}

/** The faces of this database for algorithms. */
export function createFaceEmbeddings(reads: Kysely<Schema>): FaceEmbeddings {
  return {
    async embedded(selection: FaceSelection): Promise<EmbeddedFaces> {
      const { limit } = selection;
      const rows = await select(reads, selection)
        .select(["faces.id", "faces.photoId", "faces.quality", "embeddings.dimensions"])
        .$if(selection.order === "photo", (query) => query.orderBy("faces.photoId"))
        .$if(selection.order === "quality", (query) => query.orderBy("faces.quality", "desc"))
        .orderBy("faces.id")
        .$if(limit !== undefined, (query) => query.limit(limit ?? 0))
        .execute();
      const dimensions = rows[0]?.dimensions ?? 0;
      const { embeddings, found } = await readEmbeddings(
        reads,
        selection.modelId,
        rows.map(({ id }) => id),
        dimensions,
      );
      // A photo that went between the two reads took its faces along.
      const kept = found.size === rows.length ? rows : rows.filter(({ id }) => found.has(id));
      return {
        faceIds: kept.map(({ id }) => id),
        photoIds: kept.map(({ photoId }) => photoId),
        qualities: Float32Array.from(kept, ({ quality }) => quality),
        embeddings,
        dimensions,
      };
    },
    async photosWithFaces(selection: FaceSelection) {
      const rows = await select(reads, selection)
        .select((eb) => ["faces.photoId", eb.fn.countAll<number>().as("count")])
        .groupBy("faces.photoId")
        .orderBy("faces.photoId")
        .limit(selection.limit ?? 1)
        .execute();
      let total = 0;
      const fitting = rows.filter(({ count }) => (total += count) <= (selection.limit ?? 1));
      return (fitting.length > 0 ? fitting : rows.slice(0, 1)).map(({ photoId }) => photoId);
    },
    async countEmbedded(modelId: string) {
      const { count } = await reads
        .selectFrom("embeddings")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("ownerKind", "=", "face")
        .where("modelId", "=", modelId)
        .executeTakeFirstOrThrow();
      return count;
    },
    async namedInPhotos(photoIds: readonly number[]) {
      const rows = await reads
        .selectFrom("faces")
        .select(["photoId", "personId"])
        .where("photoId", "in", valueList(photoIds))
        .where("state", "=", "confirmed")
        .execute();
      return toSets(rows.map(({ photoId, personId }) => [photoId, personId ?? ""]));
    },
    async personsInPhotos(photoIds: readonly number[]) {
      const rows = await reads
        .selectFrom("faces")
        .select(["photoId", "personId"])
        .where("photoId", "in", valueList(photoIds))
        .where("personId", "is not", null)
        .execute();
      return toSets(rows.map(({ photoId, personId }) => [photoId, personId ?? ""]));
    },
    async guessesByCluster(faceIds: readonly number[]) {
      const rows = await reads
        .selectFrom("faces")
        .select(["id", "personId", "matchedScore"])
        .where("id", "in", valueList(faceIds))
        .where("state", "=", "suggested")
        .where("matchedSource", "=", "cluster")
        .execute();
      return new Map(
        rows.map((row) => [row.id, { personId: row.personId ?? "", score: row.matchedScore ?? 0 }]),
      );
    },
    async unbornInPhotos(photoIds: readonly number[]) {
      const dated = await reads
        .selectFrom("persons")
        .select(["id", "birthDate"])
        .where("birthDate", "is not", null)
        .execute();
      if (dated.length === 0) return () => false;
      const photos = await reads
        .selectFrom("photos")
        .select(["id", "takenDay"])
        .where("id", "in", valueList(photoIds))
        .execute();
      const birthDays = new Map(dated.map(({ id, birthDate }) => [id, toDayNumber(birthDate ?? "")]));
      const takenDays = new Map(photos.map(({ id, takenDay }) => [id, takenDay]));
      return (photoId, personId) =>
        (takenDays.get(photoId) ?? Infinity) < (birthDays.get(personId) ?? -Infinity);
    },
    async rejections(faceIds: readonly number[]) {
      const rows = await reads
        .selectFrom("faceFacts")
        .select(["faceId", "value"])
        .where("faceId", "in", valueList(faceIds))
        .where("field", "=", "rejected")
        .where("isActive", "=", 1)
        .execute();
      return toSets(rows.map(({ faceId, value }) => [faceId, value ?? ""]));
    },
    async withoutEmbedding(modelId: string, { limit, afterFaceId = 0, photoId }) {
      const rows = await missingEmbedding(reads, modelId)
        .where((eb) => eb.or([eb("origin", "!=", "detector"), eb("isLost", "=", 1)]))
        .where("faces.id", ">", afterFaceId)
        .$if(photoId !== undefined, (query) => query.where("faces.photoId", "=", photoId ?? 0))
        .select(["faces.id", "faces.photoId", "x", "y", "faces.width", "faces.height"])
        .orderBy("faces.id")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ faceId: row.id, photoId: row.photoId, normalizedBox: toBox(row) }));
    },
    async orphans(modelId: string, limit: number) {
      const rows = await missingEmbedding(reads, modelId)
        .where("isLost", "=", 0)
        .select(["faces.id", "faces.photoId"])
        .orderBy("faces.id")
        .limit(limit)
        .execute();
      return rows.map(({ id, photoId }) => ({ faceId: id, photoId }));
    },
  };
}

/**
 * The embeddings of these faces in their order, without those that are gone. They are read a page at a time into memory that
 * a thread can share: of 100,000 faces there are 200 MB.
 */
async function readEmbeddings(
  reads: Kysely<Schema>,
  modelId: string,
  faceIds: readonly number[],
  dimensions: number,
): Promise<{ readonly embeddings: Float32Array; readonly found: ReadonlySet<number> }> {
  const embeddings = new Float32Array(new SharedArrayBuffer(faceIds.length * dimensions * 4));
  const found = new Set<number>();
  for (let start = 0; start < faceIds.length; start += PAGE) {
    const page = faceIds.slice(start, start + PAGE);
    const rows = await reads
      .selectFrom("embeddings")
      .select(["ownerId", "embedding"])
      .where("ownerKind", "=", "face")
      .where("modelId", "=", modelId)
      .where("ownerId", "in", valueList(page))
      .execute();
    const byFace = new Map(rows.map(({ ownerId, embedding }) => [ownerId, embedding]));
    for (const faceId of page) {
      const bytes = byFace.get(faceId);
      if (bytes === undefined) continue;
      embeddings.set(fromEmbeddingBytes(bytes), found.size * dimensions);
      found.add(faceId);
    }
  }
  return { embeddings: embeddings.subarray(0, found.size * dimensions), found };
}

function toSets(entries: readonly (readonly [number, string])[]): ReadonlyMap<number, ReadonlySet<string>> {
  const sets = new Map<number, Set<string>>();
  for (const [key, value] of entries) sets.set(key, (sets.get(key) ?? new Set()).add(value));
  return sets;
}

function missingEmbedding(reads: Kysely<Schema>, modelId: string) {
  return reads
    .selectFrom("faces")
    .innerJoin("photos", "photos.id", "faces.photoId")
    .where("isRemoved", "=", 0)
    .where("photos.hiddenAt", "is", null)
    .where("photos.missingSince", "is", null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("embeddings")
            .select("ownerId")
            .whereRef("embeddings.ownerId", "=", "faces.id")
            .where("ownerKind", "=", "face")
            .where("embeddings.modelId", "=", modelId),
        ),
      ),
    );
}

/** Days since 1970-01-01. */
function toDayNumber(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000;
}

/** First day of the month and of the next one, days since 1970-01-01. `bad_request` when it is no month. */
function daysOfMonth(month: string): readonly [number, number] {
  const match = /^(\d{4})-(\d{2})$/.exec(month);
  const [year, number] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || number < 1 || number > 12) {
    throw new KeepsightError("bad_request", `"${month}" is no month: write it as YYYY-MM.`);
  }
  return [Date.UTC(year, number - 1, 1) / 86_400_000, Date.UTC(year, number, 1) / 86_400_000];
}
