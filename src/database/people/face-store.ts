import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import { type Box, type Point, toBox } from "../../core/geometry.ts";
import type { DetectedFace, PhotoEmbedding } from "../../core/photo-analysis.ts";
import type { Database } from "../database.ts";
import { fromEmbeddingBytes, toEmbeddingBytes } from "../embedding-bytes.ts";
import type { AssignmentSource, FaceOrigin, FacesTable, FaceState, Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { refresh } from "./refresh.ts";

/** Faces of which samples are shown for a cluster. */
const SAMPLES = 5;

/** A face as people see it. */
export interface Face {
  readonly id: number;
  readonly photoId: number;
  /** Fractions (0–1) of the upright photo. */
  readonly normalizedBox: Box;
  readonly landmarks: readonly Point[];
  readonly score: number;
  readonly quality: number;
  readonly origin: FaceOrigin;
  readonly state: FaceState;
  readonly isIgnored: boolean;
  readonly isLost: boolean;
  readonly clusterId?: string;
  readonly personId?: string;
  readonly personName?: string;
  readonly assignment?: AssignmentSource;
  /** Cosine similarity to the person, where an algorithm assigned it. */
  readonly matchedScore?: number;
  readonly createdAt?: number;
  /** The photo's, pixels; absent until it was decoded. */
  readonly photoWidth?: number;
  readonly photoHeight?: number;
}

/** Faces that look alike, as an algorithm sees it. */
export interface FaceCluster {
  readonly clusterId: string;
  readonly faceCount: number;
  readonly avgQuality: number;
  /** The best faces. */
  readonly sampleFaceIds: readonly number[];
  /** The person whom most of its named faces are. */
  readonly personId?: string;
  readonly personName?: string;
}

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
  /** Only of this person, confirmed by a human. */
  readonly confirmedOf?: string;
  readonly clusterId?: string;
  readonly minQuality?: number;
  /** `YYYY-MM` at the place of the photo. */
  readonly timeBucket?: string;
  /** Only faces found at this moment or later, epoch milliseconds. */
  readonly since?: number;
  readonly faceIds?: readonly number[];
  readonly photoId?: number;
  readonly limit?: number;
}

/** Whom an algorithm takes a face for; without a person its earlier word is taken back. */
export interface FaceGuess {
  readonly faceId: number;
  readonly match?: {
    readonly personId: string;
    readonly score: number;
    readonly source: "prototype" | "cluster";
  };
}

/** Faces: what detectors and humans found, and what algorithms think of it. */
export interface FaceStore {
  get(faceId: number): Promise<Face | undefined>;
  /** In the order of the ids; unknown and removed ones are left out. */
  getMany(faceIds: readonly number[]): Promise<readonly Face[]>;
  ofPhoto(photoId: number): Promise<readonly Face[]>;
  /** Faces of a person, or of nobody, best first. */
  list(options: {
    readonly personId?: string;
    readonly clusterId?: string;
    readonly states?: readonly FaceState[];
    readonly limit: number;
    readonly offset: number;
  }): Promise<{ readonly items: readonly Face[]; readonly total: number }>;
  /** Largest first; without `includeLabeled` only those of which no face has a person. */
  clusters(options: {
    readonly includeLabeled: boolean;
    readonly limit: number;
    readonly offset: number;
  }): Promise<{ readonly items: readonly FaceCluster[]; readonly total: number }>;
  cluster(clusterId: string): Promise<FaceCluster | undefined>;
  /** Ids of all faces in a cluster that count, best first. */
  facesOfCluster(clusterId: string): Promise<readonly number[]>;
  /** Faces with embeddings of the model, by id. */
  embedded(selection: FaceSelection): Promise<EmbeddedFaces>;
  /** Puts faces into clusters, or out of them (null); nothing that a human decided changes. */
  saveClusters(
    faces: readonly {
      readonly faceId: number;
      readonly clusterId: string | null;
      readonly score: number | null;
    }[],
  ): Promise<void>;
  /** Writes what an algorithm thinks; what follows from it where a human said otherwise is nothing. Ids of faces that changed. */
  saveGuesses(
    guesses: readonly FaceGuess[],
  ): Promise<{ faceIds: readonly number[]; photoIds: readonly number[] }>;
  /** A row for a face that a human draws. `not_found` when there is no such photo. */
  insertDrawn(photoId: number, face: Omit<DetectedFace, "embedding">, modelId: string): Promise<number>;
  /** Embedding and measures of a face that no detector found by itself. */
  saveEmbedding(faceId: number, face: DetectedFace, embedding: PhotoEmbedding): Promise<void>;
  /** Faces that a model knows nothing of yet though it could: drawn or from metadata. */
  withoutEmbedding(
    modelId: string,
    limit: number,
  ): Promise<readonly { faceId: number; photoId: number; normalizedBox: Box }[]>;
  /** Embeddings without a face, and faces that a detector found without embedding of the model, by photo. */
  orphans(modelId: string, limit: number): Promise<readonly { faceId: number; photoId: number }[]>;
  counts(): Promise<{ total: number; assigned: number; clustered: number; confirmed: number; lost: number }>;
  /** A number that grows with every face found: what a nightly run compares to skip itself. */
  newestFaceId(): Promise<number>;
}

type FaceRow = Selectable<FacesTable> & {
  readonly personName: string | null;
  readonly photoWidth: number | null;
  readonly photoHeight: number | null;
};

function faceRows(reads: Kysely<Schema>) {
  return reads
    .selectFrom("faces")
    .innerJoin("photos", "photos.id", "faces.photoId")
    .leftJoin("persons", "persons.id", "faces.personId")
    .where("isRemoved", "=", 0)
    .where("photos.hiddenAt", "is", null);
}

const FACE_DETAILS = [
  "persons.name as personName",
  "photos.width as photoWidth",
  "photos.height as photoHeight",
] as const;

function toFace(row: FaceRow): Face {
  const optional = {
    clusterId: row.clusterId,
    personId: row.personId,
    personName: row.personName,
    assignment: row.assignment,
    matchedScore: row.assignment === "prototype" || row.assignment === "cluster" ? row.matchedScore : null,
    createdAt: row.createdAt,
    photoWidth: row.photoWidth,
    photoHeight: row.photoHeight,
  };
  return {
    id: row.id,
    photoId: row.photoId,
    normalizedBox: toBox(row),
    landmarks: (JSON.parse(row.landmarks) as [number, number][]).map(([x, y]) => ({ x, y })),
    score: row.score,
    quality: row.quality,
    origin: row.origin,
    state: row.state,
    isIgnored: row.isIgnored === 1,
    isLost: row.isLost === 1,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
  };
}

/** The reading half for people. */
function createReader(reads: Kysely<Schema>) {
  const one = (query: ReturnType<typeof faceRows>) => query.selectAll("faces").select(FACE_DETAILS);
  const clusterGroups = (includeLabeled: boolean) =>
    reads
      .selectFrom("faces")
      .where("clusterId", "is not", null)
      .where("isRemoved", "=", 0)
      .where("isIgnored", "=", 0)
      .groupBy("clusterId")
      .$if(!includeLabeled, (query) =>
        query.having((eb) => eb(eb.fn.count<number>("personId"), "<", eb.fn.countAll<number>())),
      );

  async function describeClusters(clusterIds: readonly string[]): Promise<ReadonlyMap<string, FaceCluster>> {
    const { rows } = await sql<{
      clusterId: string;
      faces: number;
      quality: number;
      samples: string;
      personId: string | null;
      personName: string | null;
    }>`
      with named as (
        select cluster_id, person_id, row_number() over (partition by cluster_id order by count(*) desc, person_id) as place
        from faces where cluster_id in ${valueList(clusterIds)} and person_id is not null group by cluster_id, person_id
      ), best as (
        select cluster_id, id, row_number() over (partition by cluster_id order by quality desc, id) as place
        from faces where cluster_id in ${valueList(clusterIds)} and is_removed = 0 and is_ignored = 0
      )
      select faces.cluster_id, count(*) as faces, avg(faces.quality) as quality, persons.id as person_id, persons.name as person_name,
        (select json_group_array(id order by place) from best where best.cluster_id = faces.cluster_id and place <= ${SAMPLES}) as samples
      from faces left join named on named.cluster_id = faces.cluster_id and named.place = 1
        left join persons on persons.id = named.person_id
      where faces.cluster_id in ${valueList(clusterIds)} and is_removed = 0 and is_ignored = 0
      group by faces.cluster_id
    `.execute(reads);
    return new Map(
      rows.map((row) => [
        row.clusterId,
        {
          clusterId: row.clusterId,
          faceCount: row.faces,
          avgQuality: row.quality,
          sampleFaceIds: JSON.parse(row.samples) as number[],
          ...(row.personId === null ? {} : { personId: row.personId, personName: row.personName ?? "" }),
        },
      ]),
    );
  }

  return {
    async get(faceId: number) {
      const row = await one(faceRows(reads)).where("faces.id", "=", faceId).executeTakeFirst();
      return row && toFace(row);
    },
    async getMany(faceIds: readonly number[]) {
      const rows = await one(faceRows(reads)).where("faces.id", "in", valueList(faceIds)).execute();
      const byId = new Map(rows.map((row) => [row.id, toFace(row)]));
      return faceIds.flatMap((id) => byId.get(id) ?? []);
    },
    async ofPhoto(photoId: number) {
      const rows = await one(faceRows(reads))
        .where("faces.photoId", "=", photoId)
        .orderBy("faces.x")
        .orderBy("faces.id")
        .execute();
      return rows.map(toFace);
    },
    async list(options: {
      readonly personId?: string;
      readonly clusterId?: string;
      readonly states?: readonly FaceState[];
      readonly limit: number;
      readonly offset: number;
    }) {
      const { personId, clusterId, states, limit, offset } = options;
      const chosen = faceRows(reads)
        .$if(personId !== undefined, (query) => query.where("faces.personId", "=", personId ?? ""))
        .$if(clusterId !== undefined, (query) => query.where("faces.clusterId", "=", clusterId ?? ""))
        .$if(personId === undefined && clusterId === undefined, (query) =>
          query.where("faces.personId", "is", null).where("isIgnored", "=", 0),
        )
        .$if(states !== undefined, (query) => query.where("faces.state", "in", valueList(states ?? [])));
      const { total } = await chosen
        .select((eb) => eb.fn.countAll<number>().as("total"))
        .executeTakeFirstOrThrow();
      const rows = await one(chosen)
        .orderBy("faces.quality", "desc")
        .orderBy("faces.id")
        .limit(limit)
        .offset(offset)
        .execute();
      return { items: rows.map(toFace), total };
    },
    async clusters({
      includeLabeled,
      limit,
      offset,
    }: {
      readonly includeLabeled: boolean;
      readonly limit: number;
      readonly offset: number;
    }) {
      const rows = await clusterGroups(includeLabeled)
        .select((eb) => ["clusterId", eb.fn.countAll<number>().as("faces")])
        .orderBy("faces", "desc")
        .orderBy("clusterId")
        .execute();
      const ids = rows.slice(offset, offset + limit).map(({ clusterId }) => clusterId ?? "");
      const described = await describeClusters(ids);
      return { items: ids.flatMap((id) => described.get(id) ?? []), total: rows.length };
    },
    async cluster(clusterId: string) {
      return (await describeClusters([clusterId])).get(clusterId);
    },
    async facesOfCluster(clusterId: string) {
      const rows = await reads
        .selectFrom("faces")
        .select("id")
        .where("clusterId", "=", clusterId)
        .where("isRemoved", "=", 0)
        .where("isIgnored", "=", 0)
        .orderBy("quality", "desc")
        .orderBy("id")
        .execute();
      return rows.map(({ id }) => id);
    },
    async counts() {
      const row = await reads
        .selectFrom("faces")
        .where("isRemoved", "=", 0)
        .select((eb) => [
          eb.fn.countAll<number>().as("total"),
          eb.fn.count<number>("personId").as("assigned"),
          eb.fn.count<number>("clusterId").as("clustered"),
          eb.fn.coalesce(eb.fn.sum<number>("isLost"), eb.lit(0)).as("lost"),
          eb.fn
            .coalesce(
              eb.fn.sum<number>(eb.case().when("state", "=", "confirmed").then(1).else(0).end()),
              eb.lit(0),
            )
            .as("confirmed"),
        ])
        .executeTakeFirstOrThrow();
      return row;
    },
    async newestFaceId() {
      const row = await reads
        .selectFrom("faces")
        .select((eb) => eb.fn.max("id").as("id"))
        .executeTakeFirst();
      return row?.id ?? 0;
    },
  };
}

/** The reading half for algorithms. */
function createEmbeddingReader(reads: Kysely<Schema>) {
  return {
    async embedded(selection: FaceSelection): Promise<EmbeddedFaces> {
      const { modelId, limit } = selection;
      const rows = await reads
        .selectFrom("faces")
        .innerJoin("embeddings", (join) =>
          join
            .onRef("embeddings.ownerId", "=", "faces.id")
            .on("embeddings.ownerKind", "=", "face")
            .on("embeddings.modelId", "=", modelId),
        )
        .innerJoin("photos", "photos.id", "faces.photoId")
        .where("isRemoved", "=", 0)
        .where("isIgnored", "=", 0)
        .where("photos.hiddenAt", "is", null)
        .$call((query) => (selection.isUnassigned ? query.where("faces.personId", "is", null) : query))
        .$call((query) =>
          selection.confirmedOf === undefined
            ? query
            : query
                .where("faces.personId", "=", selection.confirmedOf)
                .where("faces.state", "=", "confirmed"),
        )
        .$call((query) =>
          selection.clusterId === undefined
            ? query
            : query.where("faces.clusterId", "=", selection.clusterId),
        )
        .$call((query) =>
          selection.minQuality === undefined
            ? query
            : query.where("faces.quality", ">=", selection.minQuality),
        )
        .$call((query) =>
          selection.since === undefined ? query : query.where("faces.createdAt", ">=", selection.since),
        )
        .$call((query) =>
          selection.photoId === undefined ? query : query.where("faces.photoId", "=", selection.photoId),
        )
        .$call((query) =>
          selection.faceIds === undefined
            ? query
            : query.where("faces.id", "in", valueList(selection.faceIds)),
        )
        .$call((query) => {
          if (selection.timeBucket === undefined) return query;
          const [from, to] = daysOfMonth(selection.timeBucket);
          return query.where("photos.takenDay", ">=", from).where("photos.takenDay", "<", to);
        })
        .select([
          "faces.id",
          "faces.photoId",
          "faces.quality",
          "embeddings.embedding",
          "embeddings.dimensions",
        ])
        .orderBy("faces.id")
        .$if(limit !== undefined, (query) => query.limit(limit ?? 0))
        .execute();
      const dimensions = rows[0]?.dimensions ?? 0;
      const embeddings = new Float32Array(rows.length * dimensions);
      for (const [i, row] of rows.entries()) {
        embeddings.set(fromEmbeddingBytes(row.embedding), i * dimensions);
      }
      return {
        faceIds: rows.map(({ id }) => id),
        photoIds: rows.map(({ photoId }) => photoId),
        qualities: Float32Array.from(rows, ({ quality }) => quality),
        embeddings,
        dimensions,
      };
    },
    async withoutEmbedding(modelId: string, limit: number) {
      const rows = await missingEmbedding(reads, modelId)
        .where("origin", "!=", "detector")
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

/** First day of the month and of the next one, days since 1970-01-01. `bad_request` when it is no month. */
function daysOfMonth(month: string): readonly [number, number] {
  const match = /^(\d{4})-(\d{2})$/.exec(month);
  const [year, number] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || number < 1 || number > 12) {
    throw new KeepsightError("bad_request", `"${month}" is no month: write it as YYYY-MM.`);
  }
  return [Date.UTC(year, number - 1, 1) / 86_400_000, Date.UTC(year, number, 1) / 86_400_000];
}

type OnPhotosChanged = (transaction: Transaction<Schema>, photoIds: readonly number[]) => Promise<void>;

/** The writing half. */
function createWriter({ writes }: Database, onPhotosChanged: OnPhotosChanged) {
  return {
    async saveClusters(
      faces: readonly {
        readonly faceId: number;
        readonly clusterId: string | null;
        readonly score: number | null;
      }[],
    ) {
      await writes.transaction().execute(async (transaction) => {
        await sql`
          update faces set cluster_id = entry.value ->> 1, cluster_score = entry.value ->> 2
          from json_each(${JSON.stringify(faces.map(({ faceId, clusterId, score }) => [faceId, clusterId, score]))}) as entry
          where faces.id = entry.value ->> 0
        `.execute(transaction);
      });
    },
    async saveGuesses(guesses: readonly FaceGuess[]) {
      return writes.transaction().execute(async (transaction) => {
        const entries = guesses.map(({ faceId, match }) => [
          faceId,
          match?.personId ?? null,
          match?.score ?? null,
          match?.source ?? null,
        ]);
        await sql`
          update faces set matched_person_id = entry.value ->> 1, matched_score = entry.value ->> 2,
            matched_source = entry.value ->> 3
          from json_each(${JSON.stringify(entries)}) as entry where faces.id = entry.value ->> 0
        `.execute(transaction);
        const { faceIds, photoIds } = await refresh(transaction, {
          personIds: [],
          faceIds: guesses.map(({ faceId }) => faceId),
        });
        if (photoIds.length > 0) await onPhotosChanged(transaction, photoIds);
        return { faceIds, photoIds };
      });
    },
    async insertDrawn(photoId: number, face: Omit<DetectedFace, "embedding">, modelId: string) {
      return writes.transaction().execute(async (transaction) => {
        const photo = await transaction
          .selectFrom("photos")
          .select("id")
          .where("id", "=", photoId)
          .executeTakeFirst();
        if (photo === undefined) throw new KeepsightError("not_found", `There is no photo ${photoId}.`);
        return insertFace(transaction, photoId, face, modelId, "drawn");
      });
    },
    async saveEmbedding(faceId: number, face: DetectedFace, { modelId, embedding }: PhotoEmbedding) {
      await writes.transaction().execute(async (transaction) => {
        const row = await transaction
          .updateTable("faces")
          .set({
            quality: face.quality,
            score: face.score,
            landmarks: JSON.stringify(face.landmarks.map(({ x, y }) => [x, y])),
          })
          .where("id", "=", faceId)
          .returning("photoId")
          .executeTakeFirst();
        if (row === undefined) return;
        await transaction
          .insertInto("embeddings")
          .values({
            ownerKind: "face",
            ownerId: faceId,
            photoId: row.photoId,
            modelId,
            dimensions: embedding.length,
            embedding: toEmbeddingBytes(embedding),
          })
          .onConflict((conflict) =>
            conflict
              .columns(["ownerKind", "modelId", "ownerId"])
              .doUpdateSet({ dimensions: embedding.length, embedding: toEmbeddingBytes(embedding) }),
          )
          .execute();
      });
    },
  };
}

/** A row for a face that no detector found. */
export async function insertFace(
  transaction: Transaction<Schema>,
  photoId: number,
  { normalizedBox, landmarks, score, quality }: Omit<DetectedFace, "embedding">,
  modelId: string,
  origin: FaceOrigin,
): Promise<number> {
  const row: Insertable<FacesTable> = {
    photoId,
    ...toBox(normalizedBox),
    landmarks: JSON.stringify(landmarks.map(({ x, y }) => [x, y])),
    score,
    quality,
    modelId,
    origin,
    createdAt: Date.now(),
  };
  const { id } = await transaction.insertInto("faces").values(row).returning("id").executeTakeFirstOrThrow();
  return id;
}

/** The store of faces in this database. */
export function createFaceStore(options: {
  readonly database: Database;
  /** Told of photos whose people changed, inside the transaction. */
  readonly onPhotosChanged: OnPhotosChanged;
}): FaceStore {
  const { database, onPhotosChanged } = options;
  return {
    ...createReader(database.reads),
    ...createEmbeddingReader(database.reads),
    ...createWriter(database, onPhotosChanged),
  };
}
