import { type Kysely, type Selectable, sql } from "kysely";
import { type Box, type Point, toBox } from "../../core/geometry.ts";
import type { Database } from "../database.ts";
import type { AssignmentSource, FaceOrigin, FacesTable, FaceState, Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { createFaceEmbeddings, type FaceEmbeddings } from "./face-selection.ts";
import { createFaceWriter, type FaceWriter, type OnPhotosChanged } from "./write-faces.ts";

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

/** Faces: what detectors and humans found, and what algorithms think of it. */
export interface FaceStore extends FaceEmbeddings, FaceWriter {
  get(faceId: number): Promise<Face | undefined>;
  /** In the order of the ids; unknown and removed ones are left out. */
  getMany(faceIds: readonly number[]): Promise<readonly Face[]>;
  ofPhoto(photoId: number): Promise<readonly Face[]>;
  /** Faces of a person, of a cluster, lost ones, or of nobody, best first. */
  list(page: FacePage): Promise<{ readonly items: readonly Face[]; readonly total: number }>;
  /** Largest first; without `includeLabeled` only those of which some face has no person. */
  clusters(page: ClusterPage): Promise<{ readonly items: readonly FaceCluster[]; readonly total: number }>;
  cluster(clusterId: string): Promise<FaceCluster | undefined>;
  /** Ids of all faces in a cluster that count, best first. */
  facesOfCluster(clusterId: string): Promise<readonly number[]>;
  /** Those of several clusters at once. */
  facesOfClusters(clusterIds: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>>;
  /** The cluster of each of these faces that is in one. */
  clustersOf(faceIds: readonly number[]): Promise<ReadonlyMap<number, string>>;
  /** Clusters with at least so many faces of nobody. */
  openClusters(minFaces: number): Promise<readonly string[]>;
  /** Persons with faces that an algorithm gave them, or only this one of them. */
  unconfirmed(personId?: string): Promise<
    readonly {
      readonly personId: string;
      readonly faceCount: number;
      /** The mean similarity. */
      readonly score: number;
    }[]
  >;
  /** Ids of the faces that an algorithm gave to each of these persons, the least sure first. */
  suggestedOf(personIds: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>>;
  /** Photos of these faces, and of those that an algorithm takes for one of the persons. */
  photosOfFaces(faceIds: readonly number[], matchedTo: readonly string[]): Promise<readonly number[]>;
  counts(): Promise<{ total: number; assigned: number; clustered: number; confirmed: number; lost: number }>;
  /** A number that grows with every face found: what a nightly run compares to skip itself. */
  newestFaceId(): Promise<number>;
}

export interface FacePage {
  readonly personId?: string;
  readonly clusterId?: string;
  readonly states?: readonly FaceState[];
  /** Only strangers that a human put aside. */
  readonly isIgnored?: boolean;
  /** Only named faces that the newest detection did not find again, whosever they are. */
  readonly isLost?: boolean;
  readonly limit: number;
  readonly offset: number;
}

export interface ClusterPage {
  readonly includeLabeled: boolean;
  readonly limit: number;
  readonly offset: number;
}

type FaceRow = Selectable<FacesTable> & {
  readonly personName: string | null;
  readonly photoWidth: number | null;
  readonly photoHeight: number | null;
};

/**
 * Faces that are there, in photos that are not hidden. Flags stand in the statement, not beside it as parameters: only so are
 * they known to be those of the indexes.
 */
function visibleFaces(reads: Kysely<Schema>) {
  return reads
    .selectFrom("faces")
    .where(sql<boolean>`is_removed = 0`)
    .where(
      sql<boolean>`faces.photo_id not in (
        select id from photos where (hidden_at is not null or missing_since is not null) and hidden_at is not null)`,
    );
}

function withDetails(chosen: ReturnType<typeof visibleFaces>) {
  return chosen
    .innerJoin("photos", "photos.id", "faces.photoId")
    .leftJoin("persons", "persons.id", "faces.personId")
    .selectAll("faces")
    .select(FACE_DETAILS);
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
  async function describeClusters(clusterIds: readonly string[]): Promise<ReadonlyMap<string, FaceCluster>> {
    const { rows } = await sql<{
      clusterId: string;
      faces: number;
      quality: number;
      samples: string;
      personId: string | null;
      personName: string | null;
    }>`
      with described as (
        select value as cluster_id,
          (select count(*) from faces where cluster_id = value and is_removed = 0 and is_ignored = 0) as faces,
          (select avg(quality) from faces where cluster_id = value and is_removed = 0 and is_ignored = 0) as quality,
          (select json_group_array(id) from (
            select id from faces where cluster_id = value and is_removed = 0 and is_ignored = 0
            order by quality desc, id limit ${SAMPLES})) as samples,
          (select person_id from faces where cluster_id = value and is_removed = 0 and is_ignored = 0 and person_id is not null
            group by person_id order by count(*) desc, person_id limit 1) as person_id
        from json_each(${JSON.stringify(clusterIds)})
      )
      select described.*, persons.name as person_name
      from described left join persons on persons.id = described.person_id where faces > 0
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
      const row = await withDetails(visibleFaces(reads)).where("faces.id", "=", faceId).executeTakeFirst();
      return row && toFace(row);
    },
    async getMany(faceIds: readonly number[]) {
      const rows = await withDetails(visibleFaces(reads))
        .where("faces.id", "in", valueList(faceIds))
        .execute();
      const byId = new Map(rows.map((row) => [row.id, toFace(row)]));
      return faceIds.flatMap((id) => byId.get(id) ?? []);
    },
    async ofPhoto(photoId: number) {
      const rows = await withDetails(visibleFaces(reads))
        .where("faces.photoId", "=", photoId)
        .orderBy("faces.x")
        .orderBy("faces.id")
        .execute();
      return rows.map(toFace);
    },
    async list({ personId, clusterId, states, isLost = false, isIgnored = false, limit, offset }: FacePage) {
      const chosen = visibleFaces(reads)
        .$if(personId !== undefined, (query) => query.where("faces.personId", "=", personId ?? ""))
        .$if(clusterId !== undefined, (query) => query.where("faces.clusterId", "=", clusterId ?? ""))
        .$if(isLost, (query) => query.where(sql<boolean>`is_lost = 1`))
        .$if(isIgnored, (query) => query.where(sql<boolean>`is_ignored = 1`))
        .$if(personId === undefined && clusterId === undefined && !isLost && !isIgnored, (query) =>
          query.where("faces.personId", "is", null).where(sql<boolean>`is_ignored = 0`),
        )
        .$if(states !== undefined, (query) => query.where("faces.state", "in", valueList(states ?? [])));
      const { total } = await chosen
        .select((eb) => eb.fn.countAll<number>().as("total"))
        .executeTakeFirstOrThrow();
      // Pages far down skip entries of an index, not faces with all their details.
      const page = chosen
        .select("faces.id")
        .orderBy("faces.quality", "desc")
        .orderBy("faces.id")
        .limit(limit)
        .offset(offset);
      const rows = await withDetails(visibleFaces(reads).where("faces.id", "in", page))
        .orderBy("faces.quality", "desc")
        .orderBy("faces.id")
        .execute();
      return { items: rows.map(toFace), total };
    },
    async clusters({ includeLabeled, limit, offset }: ClusterPage) {
      const { rows } = await sql<{ total: number; clusterId: string | null }>`
        with groups as materialized (
          select cluster_id, count(*) as faces from faces
          where cluster_id is not null and is_removed = 0 and is_ignored = 0 group by cluster_id
          ${includeLabeled ? sql`` : sql`having count(person_id) < count(*)`}
        )
        select total, cluster_id from (select count(*) as total from groups)
        left join (select cluster_id from groups order by faces desc, cluster_id limit ${limit} offset ${offset})
      `.execute(reads);
      const ids = rows.flatMap(({ clusterId }) => clusterId ?? []);
      const described = await describeClusters(ids);
      return { items: ids.flatMap((id) => described.get(id) ?? []), total: rows[0]?.total ?? 0 };
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
    async facesOfClusters(clusterIds: readonly string[]) {
      const rows = await reads
        .selectFrom("faces")
        .select(["id", "clusterId"])
        .where("clusterId", "in", valueList(clusterIds))
        .where("isRemoved", "=", 0)
        .where("isIgnored", "=", 0)
        .orderBy("clusterId")
        .orderBy("quality", "desc")
        .orderBy("id")
        .execute();
      return toLists(rows.map(({ id, clusterId }) => [clusterId ?? "", id]));
    },
    async clustersOf(faceIds: readonly number[]) {
      const rows = await reads
        .selectFrom("faces")
        .select(["id", "clusterId"])
        .where("id", "in", valueList(faceIds))
        .where("clusterId", "is not", null)
        .execute();
      return new Map(rows.map(({ id, clusterId }) => [id, clusterId ?? ""]));
    },
    async openClusters(minFaces: number) {
      const rows = await reads
        .selectFrom("faces")
        .select("clusterId")
        .where("clusterId", "is not", null)
        .where("personId", "is", null)
        .where("isRemoved", "=", 0)
        .where("isIgnored", "=", 0)
        .groupBy("clusterId")
        .having((eb) => eb(eb.fn.countAll<number>(), ">=", minFaces))
        .orderBy("clusterId")
        .execute();
      return rows.map(({ clusterId }) => clusterId ?? "");
    },
    async unconfirmed(personId?: string) {
      const { rows } = await sql<{ personId: string; faces: number; score: number }>`
        select person_id, count(*) as faces, avg(matched_score) as score
        from faces where person_id ${personId === undefined ? sql`is not null` : sql`= ${personId}`} and state = 'suggested'
        group by person_id
      `.execute(reads);
      return rows.map((row) => ({ personId: row.personId, faceCount: row.faces, score: row.score }));
    },
    async suggestedOf(personIds: readonly string[]) {
      const rows = await reads
        .selectFrom("faces")
        .select(["id", "personId"])
        .where("personId", "in", valueList(personIds))
        .where(sql<boolean>`state = 'suggested'`)
        .orderBy("personId")
        .orderBy("matchedScore")
        .orderBy("id")
        .execute();
      return toLists(rows.map(({ id, personId }) => [personId ?? "", id]));
    },
    async photosOfFaces(faceIds: readonly number[], matchedTo: readonly string[]) {
      const { rows } = await sql<{ photoId: number }>`
        select photo_id from faces where id in ${valueList(faceIds)}
        union select photo_id from faces where matched_person_id in ${valueList(matchedTo)}
      `.execute(reads);
      return rows.map(({ photoId }) => photoId);
    },
    async counts() {
      // Each from the index that has just these faces.
      const { rows } = await sql<Awaited<ReturnType<FaceStore["counts"]>>>`
        select
          (select count(*) from faces) - (select count(*) from faces where is_removed = 1) as total,
          (select count(*) from faces where person_id is not null) as assigned,
          (select count(*) from faces where person_id is not null and state = 'confirmed') as confirmed,
          (select count(*) from faces where cluster_id is not null and is_removed = 0) as clustered,
          (select count(*) from faces where is_lost = 1 and is_removed = 0) as lost
      `.execute(reads);
      return rows[0]!;
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

/** The store of faces in this database. */
export function createFaceStore(options: {
  readonly database: Database;
  /** Told of photos whose people changed, inside the transaction. */
  readonly onPhotosChanged: OnPhotosChanged;
}): FaceStore {
  const { database, onPhotosChanged } = options;
  return {
    ...createReader(database.reads),
    ...createFaceEmbeddings(database.reads),
    ...createFaceWriter(database, onPhotosChanged),
  };
}

function toLists(entries: readonly (readonly [string, number])[]): ReadonlyMap<string, readonly number[]> {
  const lists = new Map<string, number[]>();
  for (const [key, value] of entries) {
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [value]);
    else list.push(value);
  }
  return lists;
}
