import { sep } from "node:path";
import { type Expression, type ExpressionBuilder, type RawBuilder, sql, type SqlBool } from "kysely";
import { KeepsightError } from "../core/errors.ts";
import { countryCodeOf } from "../core/country-names.ts";
import type { PhotoCondition, PhotoFilter } from "../core/photo-filter.ts";
import { toConceptKey } from "./concepts/concept-facts.ts";
import { foldText } from "./fold-text.ts";
import type { Schema } from "./schema.ts";
import { parseQuery, toWordExpression } from "./sqlite/text-terms.ts";
import { valueList } from "./sqlite/value-list.ts";
import { fromTakenDay, toTakenDay } from "../core/taken-day.ts";

/** Mean radius of the earth (IUGG), kilometres. */
const EARTH_RADIUS_KM = 6371.0088;
const KM_PER_DEGREE_LATITUDE = (EARTH_RADIUS_KM * Math.PI) / 180;

/** Conditions refer to the table `photos` by its name, so that they fit into any query that has it. */
type Photos = ExpressionBuilder<Schema, "photos">;
type Condition = Expression<SqlBool>;

/** Days since 1970-01-01 of a calendar date; `bad_request` when it is none. */
function toDayNumber(date: string): number {
  const milliseconds = Date.parse(`${date}T00:00:00Z`);
  // A day that does not exist (30 February) is read as a later one, or as none.
  if (Number.isNaN(milliseconds) || fromTakenDay(toTakenDay(milliseconds)) !== date) {
    throw new KeepsightError("bad_request", `"${date}" is no date: write it as YYYY-MM-DD.`);
  }
  return toTakenDay(milliseconds);
}

function isIn(column: RawBuilder<unknown>, values: readonly (string | number)[]): Condition {
  return sql<SqlBool>`${column} in ${valueList(values)}`;
}

function hasTag(eb: Photos, name: string): Condition {
  return eb(
    "photos.id",
    "in",
    eb
      .selectFrom("photoTags")
      .innerJoin("tags", "tags.id", "photoTags.tagId")
      .select("photoTags.photoId")
      .where("tags.nameKey", "=", name.toLowerCase()),
  );
}

function isInCategory(eb: Photos, names: readonly string[]): Condition {
  const keys = names.map((name) => name.toLowerCase());
  return eb(
    "photos.id",
    "in",
    eb
      .selectFrom("photoTags")
      .innerJoin("categoryTags", "categoryTags.tagId", "photoTags.tagId")
      .innerJoin("categories", "categories.id", "categoryTags.categoryId")
      .select("photoTags.photoId")
      .where(isIn(sql.ref("categories.nameKey"), keys)),
  );
}

function showsObject(eb: Photos, label: string, minScore: number): Condition {
  return eb(
    "photos.id",
    "in",
    eb
      .selectFrom("objects")
      .select("objects.photoId")
      .where("objects.label", "=", label)
      .where("objects.score", ">=", minScore),
  );
}

function showsPerson(eb: Photos, names: readonly string[]): Condition {
  return eb(
    "photos.id",
    "in",
    eb
      .selectFrom("faces")
      .innerJoin("persons", "persons.id", "faces.personId")
      .select("faces.photoId")
      .where(isIn(sql.ref("persons.searchName"), names.map(foldText))),
  );
}

function showsPersonId(eb: Photos, personId: string): Condition {
  return eb(
    "photos.id",
    "in",
    eb.selectFrom("faces").select("faces.photoId").where("faces.personId", "=", personId),
  );
}

function showsPersons(eb: Photos, { all = [], any = [], none = [] }: NonNullable<PhotoFilter["persons"]>) {
  const conditions = all.map((name) => showsPerson(eb, [name]));
  if (any.length > 0) conditions.push(showsPerson(eb, any));
  if (none.length > 0) conditions.push(eb.not(showsPerson(eb, none)));
  return conditions;
}

function containsText(eb: Photos, text: string): Condition {
  const pattern = anywhere(foldText(text));
  return eb(
    "photos.id",
    "in",
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

function exists(eb: Photos, table: "faces" | "textLines"): Condition {
  return eb.exists(
    eb
      .selectFrom(table)
      .select(sql.lit(1).as("one"))
      .where(`${table}.photoId`, "=", sql<number>`photos.id`)
      .$if(table === "faces", (query) => query.where(sql<SqlBool>`faces.is_removed = 0`)),
  );
}

/** In a city of one of these names, or a country of one of these names or codes. */
function wasTakenIn(eb: Photos, names: readonly string[]): Condition {
  const codes = names.flatMap((name) => countryCodeOf(name) ?? []);
  const cities = sql`select id from places where search_name in ${valueList(names.map(foldText))}`;
  return eb(
    "photos.id",
    "in",
    eb
      .selectFrom("photoPlaces")
      .select("photoPlaces.photoId")
      .where(sql<SqlBool>`(place_id in (${cities}) or country_code in ${valueList(codes)})`),
  );
}

function isInAlbum(eb: Photos, names: readonly string[]): Condition {
  return eb(
    "photos.id",
    "in",
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
function showsConcept(eb: Photos, name: string): Condition {
  return eb(
    "photos.id",
    "in",
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

function holdsWords(eb: Photos, words: string): Condition {
  const terms = parseQuery(words);
  // Words without a letter or a digit are in no photo.
  if (terms.length === 0) return eb.lit(false);
  const expression = terms.map(toWordExpression).join(" AND ");
  return sql<SqlBool>`photos.id in (select rowid from text_words where text_words match ${expression})`;
}

/** Photos out of sight are left out, but for copies that are asked for. */
function inSightConditions(
  eb: Photos,
  { includeHidden, includeMissing, duplicates }: PhotoFilter,
): Condition[] {
  const conditions: Condition[] = [];
  if (!includeMissing) conditions.push(eb("photos.missingSince", "is", null));
  if (duplicates === "only") conditions.push(eb("photos.duplicateOf", "is not", null));
  else if (!includeHidden) {
    const isShown = eb("photos.hiddenAt", "is", null);
    conditions.push(
      duplicates === "shown" ? eb.or([isShown, eb("photos.duplicateOf", "is not", null)]) : isShown,
    );
  }
  return conditions;
}

function combinedConditions(eb: Photos, { all = [], none = [] }: PhotoFilter): Condition[] {
  return [
    ...all.map((condition) => holds(eb, condition)),
    // Not merely `not`: what is unknown of a photo does not hold of it.
    ...none.map((condition) => sql<SqlBool>`(${holds(eb, condition)}) is not true`),
  ];
}

function holds(eb: Photos, condition: PhotoCondition): Condition {
  return eb.and([...columnConditions(eb, condition), ...findingConditions(eb, condition)]);
}

function is(eb: Photos, wanted: boolean, condition: Condition): Condition {
  return wanted ? condition : eb.not(condition);
}

function findingConditions(eb: Photos, filter: PhotoFilter): Condition[] {
  const conditions: Condition[] = [];
  for (const name of filter.tags ?? []) conditions.push(hasTag(eb, name));
  for (const { label, minScore = 0 } of filter.objects ?? [])
    conditions.push(showsObject(eb, label, minScore));
  if (filter.categories?.length) conditions.push(isInCategory(eb, filter.categories));
  if (filter.persons !== undefined) conditions.push(...showsPersons(eb, filter.persons));
  if (filter.personId !== undefined) conditions.push(showsPersonId(eb, filter.personId));
  if (filter.textContains) conditions.push(containsText(eb, filter.textContains));
  if (filter.hasFaces !== undefined) conditions.push(is(eb, filter.hasFaces, exists(eb, "faces")));
  if (filter.hasText !== undefined) conditions.push(is(eb, filter.hasText, exists(eb, "textLines")));
  if (filter.places?.length) conditions.push(wasTakenIn(eb, filter.places));
  if (filter.albums?.length) conditions.push(isInAlbum(eb, filter.albums));
  for (const name of filter.concepts ?? []) conditions.push(showsConcept(eb, name));
  if (filter.words) conditions.push(holdsWords(eb, filter.words));
  return [...conditions, ...combinedConditions(eb, filter)];
}

function columnConditions(eb: Photos, filter: PhotoFilter): Condition[] {
  const conditions: Condition[] = [];
  if (filter.takenFrom !== undefined)
    conditions.push(eb("photos.takenDay", ">=", toDayNumber(filter.takenFrom)));
  if (filter.takenTo !== undefined) conditions.push(eb("photos.takenDay", "<=", toDayNumber(filter.takenTo)));
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
  if (filter.ids !== undefined) conditions.push(isIn(sql.ref("photos.id"), filter.ids));
  return conditions;
}

/** A filter that says of each photo by its id that it has passed another one. */
export function passedFilter(ids: readonly number[]): PhotoFilter {
  return { ids, includeHidden: true, includeMissing: true };
}

/** The ids of a {@link passedFilter}; undefined for any other filter, which has to be asked. */
export function passedIds({ ids, includeHidden, includeMissing, ...others }: PhotoFilter) {
  const isAlone = Object.values(others).every((other) => other === undefined);
  return includeHidden === true && includeMissing === true && isAlone ? ids : undefined;
}

/** Parts of a filter that let more photos pass. */
const WIDENING: ReadonlySet<string> = new Set([
  "includeHidden",
  "includeMissing",
  "duplicates",
] satisfies (keyof PhotoFilter)[]);

/** Whether a filter leaves out photos in sight. */
export function isNarrowing(filter: PhotoFilter): boolean {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return filter.duplicates === "only" || given.some(([name]) => !WIDENING.has(name));
}

/** The filter as a condition on `photos`, for `where`. `bad_request` when a date is none. */
export function photoMatches(filter: PhotoFilter): (eb: Photos) => Condition {
  return (eb) => eb.and([...inSightConditions(eb, filter), holds(eb, filter)]);
}
