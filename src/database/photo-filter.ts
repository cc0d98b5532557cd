import { sql, type SqlBool } from "kysely";
import type { PhotoFilter } from "../core/photo-filter.ts";
import { type Condition, type FilterParts, filterParts, type Photos } from "./filter-parts.ts";

/** Photos out of sight are left out, but for copies that are asked for. */
export function inSightConditions(
  eb: Photos,
  { includeHidden, includeMissing, duplicates }: PhotoFilter,
): readonly Condition[] {
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

function hold(eb: Photos, { all, none }: FilterParts): Condition {
  return eb.and([
    ...all.map(({ condition }) => condition),
    // Not merely `not`: what is unknown of a photo does not hold of it.
    ...none.map((parts) => sql<SqlBool>`(${hold(eb, parts)}) is not true`),
  ]);
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
  return (eb) => eb.and([...inSightConditions(eb, filter), hold(eb, filterParts(eb, filter))]);
}
