/**
 * The shapes of all photos by day, small enough to send for a whole library: one character a photo, from which a page
 * knows the exact height of everything before it has fetched any photo.
 *
 * Cost: one pass along the index of the timeline, O(n); about 1.2 MB for a million photos.
 */
import { type Kysely, sql } from "kysely";
import type { PhotoFilter } from "../core/photo-filter.ts";
import { fromTakenDay } from "../core/taken-day.ts";
import { photoMatches } from "./photo-filter.ts";
import type { Schema } from "./schema.ts";

/** A day with photos. */
export interface DayShapes {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** How many of its photos do not record when they were taken. */
  readonly undated: number;
  /** One character a photo, newest first; see {@link shapeCharacter}. */
  readonly shapes: string;
}

/** The scale of shapes: width / (width + height) in steps of 1/210, on which 1:1, 4:3, 3:2 and their upright forms lie. */
const STEPS = 210;

/** Steps of the narrowest and the widest shape that is told apart: 1:2 and 12:5. */
const FIRST_STEP = 70;
const LAST_STEP = 148;

/** Step of 4:3, for photos whose size is not known yet. */
const UNKNOWN_STEP = 120;

/** More days than there are in ten thousand years. */
const NO_LIMIT = 10_000_000;

/** The character of a step: `#` for the first and on in the order of ASCII, without the backslash. */
function shapeCharacter(step: number): string {
  const code = 35 + Math.min(LAST_STEP, Math.max(FIRST_STEP, step)) - FIRST_STEP;
  return String.fromCharCode(code < 92 ? code : code + 1);
}

/** The characters of all steps from 0 to 210. */
const CHARACTERS = Array.from({ length: STEPS + 1 }, (_, step) => shapeCharacter(step)).join("");

/**
 * The days that have matching photos, newest first; their photos in the order of lists of newest photos. With `limit` so
 * many days and no more, in milliseconds however large the library is.
 */
export async function readDayShapes(
  reads: Kysely<Schema>,
  filter: PhotoFilter,
  limit = NO_LIMIT,
): Promise<DayShapes[]> {
  const step = sql`cast(round(${STEPS} * 1.0 * width / (width + height)) as integer)`;
  const shape = sql`substr(${CHARACTERS}, 1 + coalesce(${step}, ${UNKNOWN_STEP}), 1)`;
  const inOrder = sql<string>`string_agg(${shape}, '' order by taken_at_ms desc, id desc)`;
  const rows = await reads
    .selectFrom("photos")
    .where(photoMatches(filter))
    .select(({ fn }) => [
      "takenDay",
      fn.countAll<number>().as("count"),
      fn.count<number>("takenAtLocal").as("dated"),
      inOrder.as("shapes"),
    ])
    .groupBy("takenDay")
    .orderBy("takenDay", "desc")
    .limit(limit)
    .execute();
  return rows.map(({ takenDay, count, dated, shapes }) => ({
    day: fromTakenDay(takenDay),
    undated: count - dated,
    shapes,
  }));
}
