import { type RawBuilder, sql } from "kysely";
import type { AlbumSpace } from "../../core/album-space.ts";
import { fromTakenDay } from "../../core/taken-day.ts";
import type { Database } from "../database.ts";
import type { Photo } from "../photo-store.ts";
import type { AlbumKind } from "../schema.ts";
import { withoutNulls } from "../without-nulls.ts";

/** Auto-albums with fewer photos in sight are not shown: what is alike in so few is chance. */
export const MIN_ALBUM_PHOTOS = 3;

/** An album with what is in sight of it. */
export interface Album {
  readonly id: string;
  readonly kind: AlbumKind;
  readonly space?: AlbumSpace;
  readonly title: string;
  readonly autoTitle?: string;
  readonly description?: string;
  readonly photoCount: number;
  /** Chosen, else the most typical photo of an auto-album, the newest of one made by hand. */
  readonly coverPhotoId?: number;
  readonly coverVersion?: number;
  readonly isCoverChosen: boolean;
  /** `YYYY-MM-DD`. */
  readonly firstDay?: string;
  readonly lastDay?: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Which albums, in which order. */
export interface AlbumListOptions {
  readonly kind?: AlbumKind;
  readonly space?: AlbumSpace;
  /** Only albums with this photo. */
  readonly photoId?: number;
  /** Part of the title; case does not matter. */
  readonly title?: string;
  readonly sort: "newest" | "largest" | "title";
  readonly limit: number;
  readonly offset: number;
}

/** Albums as they are looked at. */
export interface AlbumStore {
  list(options: AlbumListOptions): Promise<{ readonly items: readonly Album[]; readonly total: number }>;
  /** Undefined when there is none, or it was deleted. */
  get(albumId: string): Promise<Album | undefined>;
  /** Photos in sight of an album. */
  photos(
    albumId: string,
    page: { readonly sort: "newest" | "oldest"; readonly limit: number; readonly offset: number },
  ): Promise<readonly Photo[]>;
}

interface AlbumRow {
  readonly id: string;
  readonly kind: AlbumKind;
  readonly space: AlbumSpace | null;
  readonly title: string;
  readonly autoTitle: string | null;
  readonly description: string | null;
  readonly photoCount: number;
  readonly coverPhotoId: number | null;
  readonly coverVersion: number | null;
  readonly isCoverChosen: number;
  readonly firstTaken: number | null;
  readonly lastTaken: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

function toAlbum({ isCoverChosen, firstTaken, lastTaken, ...row }: AlbumRow): Album {
  return {
    ...withoutNulls(row),
    isCoverChosen: isCoverChosen === 1,
    ...(firstTaken === null ? {} : { firstDay: fromTakenDay(firstTaken) }),
    ...(lastTaken === null ? {} : { lastDay: fromTakenDay(lastTaken) }),
  } as Album;
}

const IN_SIGHT = sql`photos.hidden_at is null and photos.missing_since is null`;

/** Albums that match with their numbers; auto-albums of too few photos are left out. */
function counted(condition: RawBuilder<unknown>, minPhotos = MIN_ALBUM_PHOTOS): RawBuilder<unknown> {
  return sql`
    select albums.id, count(photos.id) as photo_count, min(photos.taken_day) as first_taken,
      max(photos.taken_day) as last_taken
    from albums left join album_photos on album_photos.album_id = albums.id
    left join photos on photos.id = album_photos.photo_id and ${IN_SIGHT}
    where albums.is_deleted = 0 and ${condition} group by albums.id
    having albums.kind = 'made' or count(photos.id) >= ${minPhotos}`;
}

function toCondition({ kind, space, photoId, title }: Partial<AlbumListOptions>): RawBuilder<unknown> {
  const conditions: RawBuilder<unknown>[] = [sql`true`];
  if (kind !== undefined) conditions.push(sql`albums.kind = ${kind}`);
  if (space !== undefined) conditions.push(sql`albums.space = ${space}`);
  if (photoId !== undefined)
    conditions.push(sql`albums.id in (select album_id from album_photos where photo_id = ${photoId})`);
  if (title !== undefined && title.trim() !== "") {
    const pattern = `%${title.trim().replace(/[\\%_]/g, "\\$&")}%`;
    conditions.push(sql`albums.title like ${pattern} escape '\\'`);
  }
  return sql.join(conditions, sql` and `);
}

const ORDERS = {
  newest: sql`counted.last_taken desc nulls last, albums.title, albums.id`,
  largest: sql`counted.photo_count desc, albums.title, albums.id`,
  title: sql`lower(albums.title), albums.id`,
} as const;

/** The store of albums in this database. */
export function createAlbumStore({ database }: { readonly database: Database }): AlbumStore {
  const { reads } = database;

  async function read(
    condition: RawBuilder<unknown>,
    { sort, limit, offset }: Pick<AlbumListOptions, "sort" | "limit" | "offset">,
    minPhotos?: number,
  ): Promise<readonly Album[]> {
    // Covers are looked up for the albums of the page only.
    const { rows } = await sql<AlbumRow>`
      with counted as (${counted(condition, minPhotos)}), page as (
        select albums.*, counted.photo_count, counted.first_taken, counted.last_taken,
          row_number() over (order by ${ORDERS[sort]}) as place
        from counted join albums on albums.id = counted.id order by place limit ${limit} offset ${offset}
      ), covered as (
        select page.*,
          (select photos.id from album_photos join photos on photos.id = album_photos.photo_id
            where album_id = page.id and photos.id = page.cover_photo_id and ${IN_SIGHT}) as chosen_id,
          (select photos.id from album_photos join photos on photos.id = album_photos.photo_id
            where album_id = page.id and ${IN_SIGHT}
            order by (case when page.kind = 'auto' then score end) desc nulls last,
              photos.taken_day desc, photos.taken_at_ms desc, photos.id desc limit 1) as usual_id
        from page
      )
      select covered.id, kind, space, covered.title, auto_title, covered.description, photo_count, first_taken, last_taken,
        photos.id as cover_photo_id, photos.content_version as cover_version, chosen_id is not null as is_cover_chosen,
        covered.created_at, covered.updated_at
      from covered left join photos on photos.id = coalesce(chosen_id, usual_id) order by place
    `.execute(reads);
    return rows.map(toAlbum);
  }

  return {
    async list(options) {
      const condition = toCondition(options);
      const [items, { rows }] = await Promise.all([
        read(condition, options),
        sql<{ total: number }>`select count(*) as total from (${counted(condition)})`.execute(reads),
      ]);
      return { items, total: rows[0]?.total ?? 0 };
    },
    async get(albumId) {
      const page = { sort: "newest", limit: 1, offset: 0 } as const;
      // Whoever takes photos out of an album goes on seeing it, however few are left.
      const [album] = await read(sql`albums.id = ${albumId}`, page, 0);
      return album;
    },
    async photos(albumId, { sort, limit, offset }) {
      const direction = sort === "newest" ? "desc" : "asc";
      const rows = await reads
        .selectFrom("albumPhotos")
        .innerJoin("photos", "photos.id", "albumPhotos.photoId")
        .selectAll("photos")
        .where("albumPhotos.albumId", "=", albumId)
        .where("photos.hiddenAt", "is", null)
        .where("photos.missingSince", "is", null)
        .orderBy("photos.takenDay", direction)
        .orderBy("photos.takenAtMs", direction)
        .orderBy("photos.id", direction)
        .limit(limit)
        .offset(offset)
        .execute();
      return rows.map(withoutNulls);
    },
  };
}
