import { type Expression, expressionBuilder, sql } from "kysely";
import type { PhotoFilter } from "../../core/photo-filter.ts";
import { columnPart, type FilterPart, type FilterParts, filterParts } from "../filter-parts.ts";
import { inSightConditions } from "../photo-filter.ts";
import type { Schema } from "../schema.ts";
import type { ChangeLog, LogMark } from "./change-log.ts";
import {
  addIds,
  copyWords,
  createWords,
  intersect,
  type PhotoSet,
  removeIds,
  subtract,
  toPhotoSet,
} from "../photo-set.ts";
import type { Statement } from "./thread-protocol.ts";
import type { ReadRows } from "./thread-tasks.ts";
import { valueList } from "./value-list.ts";

/** Bytes of sets kept; what was used longest ago goes first. A set of a million photos takes 125 KB. */
const MAX_BYTES = 32 * 2 ** 20;

/** Of more photos than this a set is read anew, not looked up one by one. */
const MAX_LOOKED_UP = 5000;

/** No photo was taken on this day: the day of those that are out of sight. */
const NO_DAY = -(2 ** 31);

type Words = Uint32Array<SharedArrayBuffer>;

interface KeptSet {
  words: Words;
  mark: LogMark;
  readonly namesVersion: number;
}

interface KeptDays {
  /** The day of each photo in sight by its id. */
  days: Int32Array;
  mark: LogMark;
}

export interface FilterSetsOptions {
  readonly read: ReadRows;
  readonly compile: (query: Expression<unknown>) => Statement;
  readonly log: ChangeLog;
}

/**
 * Finds the photos that pass a filter by sets in memory: each part of a filter has one, read from its index when it is first
 * asked for (0.1 µs a photo), kept, and brought up to date by looking up the photos that the log says were written to. So a
 * combination costs some intersections of bits, however many photos each part lets pass. Days have an array, since ranges of
 * them are without number. 4 bytes a photo and up to 32 MB of sets.
 *
 * What it finds is never older than what was written before it was asked; while nobody keeps the log, everything is read anew.
 */
export function createFilterSets({ read, compile, log }: FilterSetsOptions) {
  const kept = new Map<string, KeptSet>();
  let keptBytes = 0;
  let keptDays: KeptDays | undefined;
  const eb = expressionBuilder<Schema, "photos">();

  return function findPassing(filter: PhotoFilter): PhotoSet {
    const parts = filterParts(eb, filter);
    if (hasUsualSight(filter)) return toPhotoSet(findAmong(takenWithin(dayRange(parts)), parts, true));
    const inSight = columnPart(eb.and([...inSightConditions(eb, filter)]));
    return toPhotoSet(findAmong(copyWords(readSet(inSight)), parts, false));
  };

  /** Photos in sight that were taken on these days. */
  function takenWithin([first, last]: readonly [first: number, last: number]): Words {
    const days = readDays();
    const words = createWords(days.length);
    for (let id = 0; id < days.length; id++) {
      const day = days[id]!;
      if (day >= first && day <= last && day !== NO_DAY) words[id >>> 5]! |= 1 << (id & 31);
    }
    return words;
  }

  /** Those of the photos of which the parts hold; writes to the words. */
  function findAmong(words: Words, { all, none }: FilterParts, areDaysKnown: boolean): Words {
    for (const part of all) if (!areDaysKnown || part.days === undefined) intersect(words, readSet(part));
    for (const parts of none) subtract(words, findAmong(copyWords(words), parts, false));
    return words;
  }

  function readSet(part: FilterPart): Words {
    if (part.ids !== undefined) return addIds(createWords(0), part.ids);
    const { sql: text, parameters } = compile(part.photoIds);
    if (part.isFleeting || !log.isKept()) return readWords(part.photoIds);
    const key = JSON.stringify([text, parameters]);
    const namesVersion = log.namesVersion(text);
    // The mark is taken before the tables are read, so that what is written meanwhile is looked up next time.
    const mark = log.mark();
    const known = recall(key);
    const words =
      (known?.namesVersion === namesVersion && catchUp(known, part.photoIds)) || readWords(part.photoIds);
    keep(key, { words, mark, namesVersion });
    return words;
  }

  function readWords(photoIds: Expression<unknown>): Words {
    const [row] = read(sql<{ ids: string }>`select json_group_array(photo_id) as ids from ${photoIds}`);
    return addIds(createWords(0), JSON.parse(row!.ids) as number[]);
  }

  function catchUp({ words, mark }: KeptSet, photoIds: Expression<unknown>): Words | undefined {
    const changed = log.since(mark);
    if (changed === undefined || changed.length > MAX_LOOKED_UP) return undefined;
    if (changed.length === 0) return words;
    const rows = read(
      sql<{
        id: number;
      }>`select photo_id as id from ${photoIds} where photo_id in ${valueList([...new Set(changed)])}`,
    );
    removeIds(words, changed);
    return addIds(
      words,
      rows.map(({ id }) => id),
    );
  }

  function recall(key: string): KeptSet | undefined {
    const known = kept.get(key);
    if (known === undefined) return undefined;
    kept.delete(key);
    keptBytes -= known.words.byteLength;
    return known;
  }

  function keep(key: string, set: KeptSet): void {
    kept.set(key, set);
    keptBytes += set.words.byteLength;
    for (const oldest of kept.keys()) {
      if (keptBytes <= MAX_BYTES) return;
      recall(oldest);
    }
  }

  function readDays(): Int32Array {
    const mark = log.mark();
    const days = (log.isKept() && keptDays && catchUpDays(keptDays)) || readAllDays();
    keptDays = { days, mark };
    return days;
  }

  function readAllDays(): Int32Array {
    const rows = read(sql<{ day: number; ids: string }>`
      select taken_day as day, json_group_array(id) as ids from photos
      where hidden_at is null and missing_since is null group by taken_day
    `);
    const [{ largest }] = read(
      sql<{ largest: number }>`select coalesce(max(id), 0) as largest from photos`,
    ) as [{ largest: number }];
    const days = createDays(largest);
    for (const { day, ids } of rows)
      for (const id of JSON.parse(ids) as number[]) if (id <= largest) days[id] = day;
    return days;
  }

  function catchUpDays({ days, mark }: KeptDays): Int32Array | undefined {
    const changed = log.since(mark);
    if (changed === undefined || changed.length > MAX_LOOKED_UP) return undefined;
    if (changed.length === 0) return days;
    const rows = read(sql<{ id: number; day: number }>`
      select id, taken_day as day from photos
      where id in ${valueList([...new Set(changed)])} and hidden_at is null and missing_since is null
    `);
    const largest = rows.reduce((most, { id }) => Math.max(most, id), 0);
    const roomy = largest < days.length ? days : createDays(largest + largest / 16);
    if (roomy !== days) roomy.set(days);
    for (const id of changed) if (id < roomy.length) roomy[id] = NO_DAY;
    for (const { id, day } of rows) roomy[id] = day;
    return roomy;
  }
}

/** Whether a filter leaves out just what is out of sight for everybody. */
function hasUsualSight({ includeHidden, includeMissing, duplicates = "hidden" }: PhotoFilter): boolean {
  return !includeHidden && !includeMissing && duplicates === "hidden";
}

const createDays = (largest: number) => new Int32Array(Math.floor(largest) + 1).fill(NO_DAY);

/** The days in which all parts about days agree. */
function dayRange({ all }: FilterParts): readonly [first: number, last: number] {
  const ranges = all.flatMap(({ days }) => (days === undefined ? [] : [days]));
  return [
    Math.max(-Infinity, ...ranges.map(([first]) => first)),
    Math.min(Infinity, ...ranges.map(([, last]) => last)),
  ];
}
