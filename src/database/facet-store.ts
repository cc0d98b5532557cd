import { type Expression, expressionBuilder, type RawBuilder, sql, type SqlBool } from "kysely";
import type { PhotoFilter } from "../core/photo-filter.ts";
import type { Database } from "./database.ts";
import { photoMatches } from "./photo-filter.ts";
import type { Schema } from "./schema.ts";

/** What photos can be counted by. */
export const FACETS = [
  "category",
  "tag",
  "object",
  "person",
  "place",
  "country",
  "year",
  "camera",
  "format",
  "has",
] as const;
export type Facet = (typeof FACETS)[number];

/** A value with on how many photos it is. */
export interface FacetCount {
  readonly value: string;
  readonly count: number;
}

/** Counts of photos by what they have. */
export interface FacetStore {
  /** The most frequent values of a facet among the photos that pass the filter. */
  count(facet: Facet, filter: PhotoFilter, limit: number): Promise<readonly FacetCount[]>;
}

/** Days since 1970-01-01 as the year of that day. */
const YEAR = sql`strftime('%Y', photos.taken_day * 86400, 'unixepoch')`;

/** The photos, and how each facet is counted among them. `matches` is a condition on `photos`. */
function facetQuery(facet: Exclude<Facet, "has">, matches: Expression<SqlBool>): RawBuilder<FacetCount> {
  switch (facet) {
    case "tag":
      return sql`select tags.name as value, count(distinct photo_tags.photo_id) as count
        from photos cross join photo_tags on photo_tags.photo_id = photos.id join tags on tags.id = photo_tags.tag_id
        where ${matches} group by tags.id`;
    case "category":
      return sql`select categories.name as value, count(distinct photo_tags.photo_id) as count
        from photos cross join photo_tags on photo_tags.photo_id = photos.id
        join category_tags on category_tags.tag_id = photo_tags.tag_id
        join categories on categories.id = category_tags.category_id
        where ${matches} group by categories.id`;
    case "object":
      return sql`select objects.label as value, count(distinct objects.photo_id) as count
        from photos cross join objects on objects.photo_id = photos.id where ${matches} group by objects.label`;
    case "person":
      return sql`select persons.name as value, count(distinct faces.photo_id) as count
        from photos cross join faces on faces.photo_id = photos.id join persons on persons.id = faces.person_id
        where persons.status = 'active' and ${matches} group by persons.id`;
    case "place":
      return sql`select places.name as value, count(*) as count
        from photos cross join photo_places on photo_places.photo_id = photos.id
        join places on places.id = photo_places.place_id where ${matches} group by places.search_name`;
    case "country":
      return sql`select photo_places.country_code as value, count(*) as count
        from photos cross join photo_places on photo_places.photo_id = photos.id
        where photo_places.country_code is not null and ${matches} group by photo_places.country_code`;
    case "year":
      return sql`select ${YEAR} as value, count(*) as count from photos where ${matches} group by ${YEAR}`;
    case "camera":
      return sql`select photos.camera_model as value, count(*) as count from photos
        where photos.camera_model is not null and ${matches} group by photos.camera_model`;
    case "format":
      return sql`select photos.format as value, count(*) as count from photos
        where photos.format is not null and ${matches} group by photos.format`;
  }
}

/** Counts of facets in this database, each in a reader thread. */
export function createFacetStore({ database }: { readonly database: Database }): FacetStore {
  const { reads } = database;
  const eb = () => expressionBuilder<Schema, "photos">();

  async function countHas(filter: PhotoFilter): Promise<readonly FacetCount[]> {
    const { rows } = await sql<{ faces: number; text: number; gps: number }>`
      select
        count(*) filter (where exists (select 1 from faces where faces.photo_id = photos.id and is_removed = 0)) as faces,
        count(*) filter (where exists (select 1 from text_lines where text_lines.photo_id = photos.id)) as text,
        count(photos.latitude) as gps
      from photos where ${photoMatches(filter)(eb())}
    `.execute(reads);
    return Object.entries(rows[0] ?? {})
      .map(([value, count]) => ({ value, count }))
      .filter(({ count }) => count > 0)
      .toSorted((a, b) => b.count - a.count);
  }

  return {
    async count(facet, filter, limit) {
      if (facet === "has") return (await countHas(filter)).slice(0, limit);
      const query = facetQuery(facet, photoMatches(filter)(eb()));
      const { rows } = await sql<FacetCount>`${query} order by count desc, value limit ${limit}`.execute(
        reads,
      );
      return rows;
    },
  };
}
