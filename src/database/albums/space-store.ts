import { type RawBuilder, sql, type Transaction } from "kysely";
import { type AlbumSpace, BOX_LABELS } from "../../core/album-space.ts";
import type { Database } from "../database.ts";
import { applyAlbumPhotos } from "../decided/apply-album-facts.ts";
import { fromEmbeddingBytes, toEmbeddingBytes } from "../embedding-bytes.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";

/** A run of what a space is made of. */
export interface SpacePage {
  readonly ownerIds: readonly number[];
  readonly photoIds: readonly number[];
  /** The auto-album that each belongs to so far; empty for none. */
  readonly albumIds: readonly string[];
  /** Row-major. */
  readonly embeddings: Float32Array;
  readonly dimensions: number;
}

/** One centroid and the auto-album that it draws together. */
export interface Centroid {
  readonly albumId: string;
  readonly embedding: Float32Array;
}

/** Which centroid is nearest to a photo, a box or a face. */
export interface Membership {
  readonly ownerId: number;
  readonly photoId: number;
  readonly albumId: string;
  /** Cosine similarity. */
  readonly similarity: number;
}

/** How a space stands, in numbers. */
export interface SpaceCounts {
  readonly embeddings: number;
  readonly assigned: number;
  readonly centroids: number;
  readonly albums: number;
  readonly meanSimilarity?: number;
  readonly smallest?: number;
  readonly largest?: number;
  /** Epoch milliseconds. */
  readonly trainedAt?: number;
}

/** What auto-albums are computed from, and their centroids and members. */
export interface SpaceStore {
  /** The next embeddings of a space above `afterOwnerId`, by owner id; photos out of sight are left out. */
  readPage(options: {
    readonly space: AlbumSpace;
    readonly modelId: string;
    readonly afterOwnerId: number;
    readonly limit: number;
    /** Only every so many-th, for a sample. */
    readonly step?: number;
  }): Promise<SpacePage>;
  /** Those of one photo. */
  ofPhoto(space: AlbumSpace, modelId: string, photoId: number): Promise<SpacePage>;
  /** How many there are, and the newest owner: what tells that nothing has come since. */
  extent(space: AlbumSpace, modelId: string): Promise<{ readonly count: number; readonly newestId: number }>;
  centroids(space: AlbumSpace, modelId: string): Promise<readonly Centroid[]>;
  /** Auto-albums of which a human said something: these are kept whatever an algorithm finds. */
  decidedAlbums(space: AlbumSpace): Promise<ReadonlySet<string>>;
  /**
   * Makes these the centroids of the space: new albums for new ids; albums that have none any more go, except those of which a
   * human said something, which keep what the human put there.
   */
  replaceCentroids(space: AlbumSpace, modelId: string, centroids: readonly Centroid[]): Promise<void>;
  /** Stores to which centroids these belong now; the albums' photos follow with {@link SpaceStore.settle}. */
  saveMembers(space: AlbumSpace, members: readonly Membership[]): Promise<void>;
  /** Forgets members that are gone, and makes the photos of all albums of the space anew. */
  settle(space: AlbumSpace, modelId: string): Promise<void>;
  /** Makes these the memberships of one photo in a space, and its albums follow at once. */
  joinPhoto(space: AlbumSpace, photoId: number, members: readonly Membership[]): Promise<void>;
  counts(space: AlbumSpace, modelId: string, minPhotos: number): Promise<SpaceCounts>;
  setAutoTitles(titles: ReadonlyMap<string, string>): Promise<void>;
}

interface MemberRow {
  readonly ownerId: number;
  readonly photoId: number;
  readonly albumId: string | null;
  readonly embedding: Uint8Array;
}

const OWNER_KINDS = { photos: "photo", people: "object", vehicles: "object", faces: "face" } as const;

/** The embeddings of a space, with `conditions` on `embeddings`. */
function embeddingsOf(
  space: AlbumSpace,
  modelId: string,
  conditions: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const owners =
    space === "people" || space === "vehicles"
      ? sql`join objects on objects.id = embeddings.owner_id and objects.label in ${valueList(BOX_LABELS[space])}`
      : space === "faces"
        ? sql`join faces on faces.id = embeddings.owner_id and faces.is_removed = 0 and faces.is_ignored = 0 and faces.is_lost = 0`
        : sql``;
  return sql`
    from embeddings join photos on photos.id = embeddings.photo_id ${owners}
    where embeddings.owner_kind = ${OWNER_KINDS[space]} and embeddings.model_id = ${modelId}
      and photos.hidden_at is null and photos.missing_since is null and ${conditions}`;
}

function toPage(rows: readonly MemberRow[]): SpacePage {
  const vectors = rows.map(({ embedding }) => fromEmbeddingBytes(embedding));
  const dimensions = vectors[0]?.length ?? 0;
  const embeddings = new Float32Array(rows.length * dimensions);
  for (const [i, vector] of vectors.entries()) embeddings.set(vector, i * dimensions);
  return {
    ownerIds: rows.map(({ ownerId }) => ownerId),
    photoIds: rows.map(({ photoId }) => photoId),
    albumIds: rows.map(({ albumId }) => albumId ?? ""),
    embeddings,
    dimensions,
  };
}

async function insertMembers(
  transaction: Transaction<Schema>,
  space: AlbumSpace,
  members: readonly Membership[],
): Promise<void> {
  const rows = members.map(({ ownerId, photoId, albumId, similarity }) => [
    ownerId,
    photoId,
    albumId,
    similarity,
  ]);
  // A photo or an album may have gone since the members were read.
  await sql`
    insert into centroid_members (space, owner_id, photo_id, album_id, similarity)
    select ${space}, value ->> 0, photos.id, albums.id, value ->> 3 from json_each(${JSON.stringify(rows)})
    join photos on photos.id = value ->> 1 join albums on albums.id = value ->> 2
    on conflict (space, owner_id) do update set photo_id = excluded.photo_id, album_id = excluded.album_id,
      similarity = excluded.similarity
  `.execute(transaction);
}

/** Albums of these ids, as a photo joins or leaves them. */
async function joinAlbums(
  transaction: Transaction<Schema>,
  photoId: number,
  albumIds: readonly string[],
): Promise<void> {
  await sql`
    delete from album_photos where photo_id = ${photoId} and source = 'auto' and album_id in ${valueList(albumIds)}
  `.execute(transaction);
  await sql`
    insert into album_photos (album_id, photo_id, source, score)
    select album_id, photo_id, 'auto', max(similarity) from centroid_members
    where photo_id = ${photoId} and album_id in ${valueList(albumIds)} and not exists (
      select 1 from library_facts where subject = 'album' and subject_id = centroid_members.album_id
        and field = 'photo' and key = cast(${photoId} as text) and is_active = 1)
    group by album_id
    on conflict (album_id, photo_id) do nothing
  `.execute(transaction);
}

function createSpaceReader({
  reads,
}: Database): Pick<SpaceStore, "readPage" | "ofPhoto" | "extent" | "centroids" | "decidedAlbums" | "counts"> {
  const readRows = async (
    space: AlbumSpace,
    modelId: string,
    conditions: RawBuilder<unknown>,
    limit: number,
  ) => {
    const { rows } = await sql<MemberRow>`
      select embeddings.owner_id, embeddings.photo_id, embeddings.embedding,
        (select album_id from centroid_members where space = ${space} and owner_id = embeddings.owner_id) as album_id
      ${embeddingsOf(space, modelId, conditions)} order by embeddings.owner_id limit ${limit}
    `.execute(reads);
    return toPage(rows);
  };
  return {
    readPage: ({ space, modelId, afterOwnerId, limit, step = 1 }) => {
      const isSampled = step === 1 ? sql`true` : sql`embeddings.owner_id % ${step} = 0`;
      return readRows(space, modelId, sql`embeddings.owner_id > ${afterOwnerId} and ${isSampled}`, limit);
    },
    ofPhoto: (space, modelId, photoId) =>
      readRows(space, modelId, sql`embeddings.photo_id = ${photoId}`, 1000),
    async extent(space, modelId) {
      const { rows } = await sql<{ count: number; newestId: number | null }>`
        select count(*) as count, max(embeddings.owner_id) as newest_id ${embeddingsOf(space, modelId, sql`true`)}
      `.execute(reads);
      return { count: rows[0]?.count ?? 0, newestId: rows[0]?.newestId ?? 0 };
    },
    async centroids(space, modelId) {
      const rows = await reads
        .selectFrom("centroids")
        .select(["albumId", "embedding"])
        .where("space", "=", space)
        .where("modelId", "=", modelId)
        .orderBy("albumId")
        .execute();
      return rows.map(({ albumId, embedding }) => ({ albumId, embedding: fromEmbeddingBytes(embedding) }));
    },
    async decidedAlbums(space) {
      const { rows } = await sql<{ id: string }>`
        select id from albums where space = ${space} and kind = 'auto'
          and exists (select 1 from library_facts where subject = 'album' and subject_id = albums.id and is_active = 1)
      `.execute(reads);
      return new Set(rows.map(({ id }) => id));
    },
    async counts(space, modelId, minPhotos) {
      const { rows } = await sql<
        Record<"embeddings" | "centroids" | "albums", number> & {
          assigned: number;
          mean: number | null;
          smallest: number | null;
          largest: number | null;
          trainedAt: number | null;
        }
      >`
        with sizes as (
          select album_id, count(*) as size, sum(similarity) as total from centroid_members
          where space = ${space} group by album_id)
        select (select count(*) ${embeddingsOf(space, modelId, sql`true`)}) as embeddings,
          (select count(*) from centroids where space = ${space} and model_id = ${modelId}) as centroids,
          (select count(*) from albums where space = ${space} and is_deleted = 0 and (
            select count(*) from album_photos join photos on photos.id = photo_id where album_id = albums.id
              and hidden_at is null and missing_since is null) >= ${minPhotos}) as albums,
          (select coalesce(sum(size), 0) from sizes) as assigned,
          (select sum(total) / sum(size) from sizes) as mean,
          (select min(size) from sizes) as smallest, (select max(size) from sizes) as largest,
          (select max(trained_at) from centroids where space = ${space}) as trained_at
      `.execute(reads);
      const { mean, smallest, largest, trainedAt, ...counts } = rows[0]!;
      return {
        ...counts,
        ...(mean === null ? {} : { meanSimilarity: mean }),
        ...(smallest === null ? {} : { smallest }),
        ...(largest === null ? {} : { largest }),
        ...(trainedAt === null ? {} : { trainedAt }),
      };
    },
  };
}

/** The store of spaces in this database. */
export function createSpaceStore({ database }: { readonly database: Database }): SpaceStore {
  const { writes } = database;
  return {
    ...createSpaceReader(database),
    replaceCentroids: (space, modelId, centroids) =>
      writes.transaction().execute(async (transaction) => {
        const now = Date.now();
        await transaction.deleteFrom("centroids").where("space", "=", space).execute();
        for (const { albumId, embedding } of centroids) {
          const album = {
            id: albumId,
            kind: "auto",
            space,
            title: "",
            createdAt: now,
            updatedAt: now,
          } as const;
          await transaction
            .insertInto("albums")
            .values(album)
            .onConflict((conflict) => conflict.column("id").doNothing())
            .execute();
          await transaction
            .insertInto("centroids")
            .values({
              albumId,
              space,
              modelId,
              dimensions: embedding.length,
              embedding: toEmbeddingBytes(embedding),
              trainedAt: now,
            })
            .execute();
        }
        await sql`
          delete from albums where kind = 'auto' and space = ${space}
            and id not in (select album_id from centroids where space = ${space})
            and not exists (select 1 from library_facts where subject = 'album' and subject_id = albums.id and is_active = 1)
        `.execute(transaction);
      }),
    saveMembers: (space, members) =>
      writes.transaction().execute((transaction) => insertMembers(transaction, space, members)),
    async settle(space, modelId) {
      const albumIds = await writes.transaction().execute(async (transaction) => {
        await sql`
          delete from centroid_members where space = ${space} and (
            owner_id not in (select embeddings.owner_id ${embeddingsOf(space, modelId, sql`true`)})
            or album_id not in (select album_id from centroids where space = ${space}))
        `.execute(transaction);
        return transaction.selectFrom("albums").select("id").where("space", "=", space).execute();
      });
      for (const { id } of albumIds)
        await writes.transaction().execute((transaction) => applyAlbumPhotos(transaction, id));
    },
    joinPhoto: (space, photoId, members) =>
      writes.transaction().execute(async (transaction) => {
        const former = await transaction
          .deleteFrom("centroidMembers")
          .where("photoId", "=", photoId)
          .where("space", "=", space)
          .returning("albumId")
          .execute();
        await insertMembers(transaction, space, members);
        const touched = new Set([...former, ...members].map(({ albumId }) => albumId));
        if (touched.size > 0) await joinAlbums(transaction, photoId, [...touched]);
      }),
    async setAutoTitles(titles) {
      const rows = JSON.stringify([...titles]);
      await sql`
        update albums set auto_title = said.value ->> 1, title = coalesce((
          select value from library_facts where subject = 'album' and subject_id = albums.id and field = 'title'
            and is_active = 1 order by id desc limit 1), said.value ->> 1)
        from json_each(${rows}) as said where albums.id = said.value ->> 0
      `.execute(writes);
    },
  };
}
