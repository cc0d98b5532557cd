import { sep } from "node:path";
import { type Expression, type ExpressionBuilder, type RawBuilder, sql, type SqlBool } from "kysely";
import { countryCodeOf } from "../core/country-names.ts";
import { KeepsightError } from "../core/errors.ts";
import type { PhotoCondition, PhotoFilter } from "../core/photo-filter.ts";
import { fromTakenDay, toTakenDay } from "../core/taken-day.ts";
import { toConceptKey } from "./concepts/concept-facts.ts";
import { foldText } from "./fold-text.ts";
import type { Schema } from "./schema.ts";
import { parseQuery, toWordExpression } from "./sqlite/text-terms.ts";
import { valueList } from "./sqlite/value-list.ts";

/** Mean radius of the earth (IUGG), kilometres. */
const EARTH_RADIUS_KM = 6371.0088;
const KM_PER_DEGREE_LATITUDE = (EARTH_RADIUS_KM * Math.PI) / 180;

/** Conditions refer to the table `photos` by its name, so that they fit into any query that has it. */
export type Photos = ExpressionBuilder<Schema, "photos">;
export type Condition = Expression<SqlBool>;

/** One thing that a filter says of photos, in two ways that mean the same. */
export interface FilterPart {
  readonly condition: Condition;
  /** A sub-select whose only column, `photo_id`, has the photos of which it holds, each once or several times. */
  readonly photoIds: Expression<unknown>;
  /** The first and the last day, where it is about the day alone. */
  readonly days?: readonly [first: number, last: number];
  /** The ids, where it is about these alone. */
  readonly ids?: readonly number[];
  /** It reads tables of which nobody tells what changes, so that nothing may be remembered of it. */
  readonly isFleeting?: boolean;
}

/** What a filter says: all of the parts hold, and of the other lists none holds as a whole. */
export interface FilterParts {
  readonly all: readonly FilterPart[];
  readonly none: readonly FilterParts[];
}

/** What a filter says of photos, but for what is in sight. `bad_request` when a date is none. */
export function filterParts(eb: Photos, filter: PhotoCondition): FilterParts {
  const nested = (filter.all ?? []).map((condition) => filterParts(eb, condition));
  return {
    all: [
      ...dayParts(eb, filter),
      ...columnParts(eb, filter),
      ...findingParts(eb, filter),
      ...nested.flatMap(({ all }) => all),
    ],
    none: [
      ...absentParts(eb, filter).map((part) => ({ all: [part], none: [] })),
      ...(filter.none ?? []).map((condition) => filterParts(eb, condition)),
      ...nested.flatMap(({ none }) => none),
    ],
  };
}

/** A part about columns of photos. */
export function columnPart(condition: Condition): FilterPart {
  return { condition, photoIds: sql`(select photos.id as photo_id from photos where ${condition})` };
}

/** A part about what other tables hold of photos. */
function foundPart(photoIds: Expression<unknown>): FilterPart {
  return { condition: sql<SqlBool>`photos.id in ${photoIds}`, photoIds };
}

function dayParts(eb: Photos, { takenFrom, takenTo }: PhotoFilter): FilterPart[] {
  const parts: FilterPart[] = [];
  if (takenFrom !== undefined) {
    const first = toDayNumber(takenFrom);
    parts.push({ ...columnPart(eb("photos.takenDay", ">=", first)), days: [first, Infinity] });
  }
  if (takenTo !== undefined) {
    const last = toDayNumber(takenTo);
    parts.push({ ...columnPart(eb("photos.takenDay", "<=", last)), days: [-Infinity, last] });
  }
  return parts;
}

/** Days since 1970-01-01 of a calendar date; `bad_request` when it is none. */
function toDayNumber(date: string): number {
  const milliseconds = Date.parse(`${date}T00:00:00Z`);
  // A day that does not exist (30 February) is read as a later one, or as none.
  if (Number.isNaN(milliseconds) || fromTakenDay(toTakenDay(milliseconds)) !== date) {
    throw new KeepsightError("bad_request", `"${date}" is no date: write it as YYYY-MM-DD.`);
  }
  return toTakenDay(milliseconds);
}

function columnParts(eb: Photos, filter: PhotoFilter): FilterPart[] {
  const conditions: Condition[] = [];
  if (filter.hasGps !== undefined)
    conditions.push(eb("photos.latitude", filter.hasGps ? "is not" : "is", null));
  if (filter.near !== undefined) conditions.push(isNear(filter.near));
  if (filter.cameras?.length) conditions.push(isIn(sql.ref("photos.cameraModel"), filter.cameras));
  if (filter.cameraLike)
    conditions.push(
      sql<SqlBool>`coalesce(photos.camera_make, '') || ' ' || coalesce(photos.camera_model, '') like ${anywhere(filter.cameraLike)} escape '\\'`,
    );
  if (filter.folderLike)
    conditions.push(sql<SqlBool>`${FOLDER} like ${anywhere(filter.folderLike)} escape '\\'`);
  if (filter.formats?.length) conditions.push(isIn(sql.ref("photos.format"), filter.formats));
  if (filter.statuses?.length) conditions.push(isIn(sql.ref("photos.status"), filter.statuses));
  if (filter.folder) conditions.push(isInFolder(eb, filter.folder));
  if (filter.minRating !== undefined) conditions.push(eb("photos.rating", ">=", filter.minRating));
  if (filter.isFavourite !== undefined)
    // As a literal: the index of favourites serves no parameter.
    conditions.push(eb("photos.isFavourite", "=", eb.lit(filter.isFavourite ? 1 : 0)));
  const parts = conditions.map(columnPart);
  if (filter.ids !== undefined)
    parts.push({ ...columnPart(isIn(sql.ref("photos.id"), filter.ids)), ids: filter.ids });
  return parts;
}

function findingParts(eb: Photos, filter: PhotoFilter): FilterPart[] {
  const { all = [], any = [] } = filter.persons ?? {};
  const parts = (filter.tags ?? []).map((name) => hasTag(eb, name));
  for (const { label, minScore = 0 } of filter.objects ?? []) parts.push(showsObject(eb, label, minScore));
  if (filter.categories?.length) parts.push(isInCategory(eb, filter.categories));
  for (const name of all) parts.push(showsPerson(eb, [name]));
  if (any.length > 0) parts.push(showsPerson(eb, any));
  if (filter.personId !== undefined) parts.push(showsPersonId(eb, filter.personId));
  if (filter.textContains) parts.push(containsText(eb, filter.textContains));
  if (filter.hasFaces) parts.push(exists(eb, "faces"));
  if (filter.hasText) parts.push(exists(eb, "textLines"));
  if (filter.places?.length) parts.push(wasTakenIn(eb, filter.places));
  if (filter.albums?.length) parts.push(isInAlbum(eb, filter.albums));
  for (const name of filter.concepts ?? []) parts.push(showsConcept(eb, name));
  if (filter.words) parts.push(holdsWords(eb, filter.words));
  return parts;
}

/** What must not hold by a field that is no condition of its own. */
function absentParts(eb: Photos, { persons, hasFaces, hasText }: PhotoFilter): FilterPart[] {
  return [
    ...(persons?.none?.length ? [showsPerson(eb, persons.none)] : []),
    ...(hasFaces === false ? [exists(eb, "faces")] : []),
    ...(hasText === false ? [exists(eb, "textLines")] : []),
  ];
}

function isIn(column: RawBuilder<unknown>, values: readonly (string | number)[]): Condition {
  return sql<SqlBool>`${column} in ${valueList(values)}`;
}

function hasTag(eb: Photos, name: string): FilterPart {
  return foundPart(
    eb
      .selectFrom("photoTags")
      .innerJoin("tags", "tags.id", "photoTags.tagId")
      .select("photoTags.photoId")
      .where("tags.nameKey", "=", name.toLowerCase()),
  );
}

function isInCategory(eb: Photos, names: readonly string[]): FilterPart {
  const keys = names.map((name) => name.toLowerCase());
  return foundPart(
    eb
      .selectFrom("photoTags")
      .innerJoin("categoryTags", "categoryTags.tagId", "photoTags.tagId")
      .innerJoin("categories", "categories.id", "categoryTags.categoryId")
      .select("photoTags.photoId")
      .where(isIn(sql.ref("categories.nameKey"), keys)),
  );
}

function showsObject(eb: Photos, label: string, minScore: number): FilterPart {
  return foundPart(
    eb
      .selectFrom("objects")
      .select("objects.photoId")
      .where("objects.label", "=", label)
      .where("objects.score", ">=", minScore),
  );
}

function showsPerson(eb: Photos, names: readonly string[]): FilterPart {
  return foundPart(
    eb
      .selectFrom("faces")
      .innerJoin("persons", "persons.id", "faces.personId")
      .select("faces.photoId")
      .where(isIn(sql.ref("persons.searchName"), names.map(foldText))),
  );
}

function showsPersonId(eb: Photos, personId: string): FilterPart {
  return foundPart(eb.selectFrom("faces").select("faces.photoId").where("faces.personId", "=", personId));
}

function containsText(eb: Photos, text: string): FilterPart {
  const pattern = anywhere(foldText(text));
  return foundPart(
    eb
      .selectFrom("textLines")
      .select("textLines.photoId")
      .where(sql<SqlBool>`text_lines.folded_text like ${pattern} escape '\\'`),
  );
}

/** Haversine distance, with a band of latitudes first so that an index can narrow it. */
function isNear({ latitude, longitude, radiusKm }: NonNullable<PhotoFilter["near"]>): Condition {
  const margin = radiusKm / KM_PER_DEGREE_LATITUDE + 1e-9;
  const haversine = sql`
    pow(sin(radians(photos.latitude - ${latitude}) / 2), 2) +
    cos(radians(${latitude})) * cos(radians(photos.latitude)) *
    pow(sin(radians(photos.longitude - ${longitude}) / 2), 2)`;
  return sql<SqlBool>`(
    photos.latitude between ${latitude - margin} and ${latitude + margin} and
    2 * ${EARTH_RADIUS_KM} * asin(min(1, sqrt(${haversine}))) <= ${radiusKm})`;
}

/** A range instead of a pattern: it uses the index on the path, and names may hold any character. */
function isInFolder(eb: Photos, folder: string): Condition {
  const prefix = folder.endsWith(sep) ? folder : folder + sep;
  const end = prefix.slice(0, -1) + String.fromCharCode(sep.charCodeAt(0) + 1);
  return eb.and([eb("photos.path", ">=", prefix), eb("photos.path", "<", end)]);
}

/** Looked up for each photo where photos are gone through, since listing all that have one takes longer than a page of them. */
function exists(eb: Photos, table: "faces" | "textLines"): FilterPart {
  const found = eb
    .selectFrom(table)
    .select(`${table}.photoId`)
    .$if(table === "faces", (query) => query.where(sql<SqlBool>`faces.is_removed = 0`));
  return {
    condition: eb.exists(found.where(`${table}.photoId`, "=", sql<number>`photos.id`)),
    photoIds: found,
  };
}

/** In a city of one of these names, or a country of one of these names or codes. */
function wasTakenIn(eb: Photos, names: readonly string[]): FilterPart {
  const codes = names.flatMap((name) => countryCodeOf(name) ?? []);
  const cities = sql`select id from places where search_name in ${valueList(names.map(foldText))}`;
  return foundPart(
    eb
      .selectFrom("photoPlaces")
      .select("photoPlaces.photoId")
      .where(sql<SqlBool>`(place_id in (${cities}) or country_code in ${valueList(codes)})`),
  );
}

function isInAlbum(eb: Photos, names: readonly string[]): FilterPart {
  return foundPart(
    eb
      .selectFrom("albumPhotos")
      .innerJoin("albums", "albums.id", "albumPhotos.albumId")
      .select("albumPhotos.photoId")
      .where("albums.isDeleted", "=", 0)
      .where(
        sql<SqlBool>`(albums.id in ${valueList(names)} or lower(albums.title) in ${valueList(names.map((name) => name.toLowerCase()))})`,
      ),
  );
}

/** Surely shows a concept, as it was found or as the user said. */
function showsConcept(eb: Photos, name: string): FilterPart {
  return foundPart(
    eb
      .selectFrom("conceptPhotos")
      .innerJoin("concepts", "concepts.id", "conceptPhotos.conceptId")
      .select("conceptPhotos.photoId")
      .where("conceptPhotos.section", "=", "strong")
      .where("concepts.kind", "=", "named")
      .where((inner) =>
        inner.or([inner("concepts.id", "=", name), inner("concepts.nameKey", "=", toConceptKey(name))]),
      ),
  );
}

/** A pattern for `like` that finds the text anywhere; escaped by a backslash. */
function anywhere(text: string): string {
  return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}

/** The part of the path before the file's name. */
const FOLDER = sql`substr(photos.path, 1, length(photos.path) - length(photos.file_name))`;

function holdsWords(eb: Photos, words: string): FilterPart {
  const terms = parseQuery(words);
  // Words without a letter or a digit are in no photo.
  if (terms.length === 0) return columnPart(eb.lit(false));
  const expression = terms.map(toWordExpression).join(" AND ");
  const photoIds = sql`(select rowid as photo_id from text_words where text_words match ${expression})`;
  return { ...foundPart(photoIds), isFleeting: true };
}
