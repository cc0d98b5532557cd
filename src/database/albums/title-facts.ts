import { sql } from "kysely";
import type { AlbumSpace } from "../../core/album-space.ts";
import { fromTakenDay } from "../../core/taken-day.ts";
import type { Database } from "../database.ts";

interface Counted {
  readonly name: string;
  readonly photos: number;
}

/** What the photos of an album have in common, counted. */
export interface AlbumFacts {
  readonly albumId: string;
  readonly photos: number;
  /** `share`: of all photos in sight. */
  readonly tags: readonly (Counted & { readonly share: number })[];
  readonly persons: readonly Counted[];
  readonly places: readonly Counted[];
  /** `YYYY-MM-DD`, of photos that tell when they were taken, without the first and the last tenth. */
  readonly firstDay?: string;
  readonly lastDay?: string;
}

type Row = Counted & { readonly albumId: string };

/** A tag on less than this share of an album's photos says nothing of it. */
const LEAST_SHARE = 0.25;

/** What is known of the photos of each auto-album of a space, by a few statements for all of them. */
export async function readAlbumFacts({ reads }: Database, space: AlbumSpace): Promise<readonly AlbumFacts[]> {
  const members = sql`
    select album_photos.album_id, photos.id as photo_id, photos.taken_day from album_photos
    join albums on albums.id = album_photos.album_id and albums.space = ${space} and albums.kind = 'auto'
    join photos on photos.id = album_photos.photo_id and photos.hidden_at is null and photos.missing_since is null`;
  const sizes = await sql<{ albumId: string; photos: number }>`
    select album_id, count(*) as photos from (${members}) group by album_id
  `.execute(reads);
  // The date of a file is no date of a photo.
  const days = await sql<{ albumId: string; firstDay: number; lastDay: number }>`
    select album_id, min(taken_day) as first_day, max(taken_day) as last_day from (
      select album_id, taken_day, count(*) over (partition by album_id) as size,
        row_number() over (partition by album_id order by taken_day) as place
      from (${members} where photos.taken_at_local is not null))
    where place > size / 10 and place <= size - size / 10 group by album_id
  `.execute(reads);
  const daysOf = new Map(days.rows.map((row) => [row.albumId, row]));
  const tags = await sql<Row & { share: number }>`
    with members as materialized (${members}),
      sizes as (select album_id, count(*) as size from members group by album_id),
      counted as (
        select album_id, tag_id, count(distinct members.photo_id) as photos from members
        join photo_tags on photo_tags.photo_id = members.photo_id group by album_id, tag_id),
      common as (select counted.* from counted join sizes using (album_id) where photos >= size * ${LEAST_SHARE}),
      overall as (
        select tag_id, count(distinct photo_id) as photos from photo_tags
        where tag_id in (select tag_id from common) group by tag_id)
    select common.album_id, tags.name, common.photos,
      overall.photos * 1.0 / (select count(*) from photos where hidden_at is null and missing_since is null) as share
    from common join tags on tags.id = common.tag_id join overall on overall.tag_id = common.tag_id
  `.execute(reads);
  const persons = await sql<Row>`
    select album_id, persons.name, count(distinct members.photo_id) as photos from (${members}) as members
    join faces on faces.photo_id = members.photo_id join persons on persons.id = faces.person_id
    group by album_id, persons.id
  `.execute(reads);
  const places = await sql<Row>`
    select album_id, places.name, count(*) as photos from (${members}) as members
    join photo_places on photo_places.photo_id = members.photo_id join places on places.id = photo_places.place_id
    group by album_id, places.id
  `.execute(reads);
  const byAlbum = <T extends Row>(rows: readonly T[]) => Map.groupBy(rows, ({ albumId }) => albumId);
  const [tagsOf, personsOf, placesOf] = [byAlbum(tags.rows), byAlbum(persons.rows), byAlbum(places.rows)];
  return sizes.rows.map(({ albumId, photos }) => ({
    albumId,
    photos,
    tags: tagsOf.get(albumId) ?? [],
    persons: personsOf.get(albumId) ?? [],
    places: placesOf.get(albumId) ?? [],
    ...toPeriod(daysOf.get(albumId)),
  }));
}

function toPeriod(days: { readonly firstDay: number; readonly lastDay: number } | undefined) {
  if (days === undefined) return {};
  return { firstDay: fromTakenDay(days.firstDay), lastDay: fromTakenDay(days.lastDay) };
}
