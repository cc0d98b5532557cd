import type { PhotoMetadata } from "../core/photo-analysis.ts";
import type { TakenAtSource } from "./schema.ts";
import { toTakenDay } from "../core/taken-day.ts";

const MS_PER_MINUTE = 60_000;
/** `Date.parse` alone guesses at anything ("0000:00:00" is the year 2000 to it). */
const WALL_CLOCK = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/;

/** When a photo was taken, in the columns by which photos are sorted and grouped. */
export interface TakenAt {
  readonly takenAtLocal: string | null;
  readonly takenAtMs: number;
  readonly takenDay: number;
  readonly takenAtSource: TakenAtSource;
  readonly utcOffsetMinutes: number | null;
}

/** The moment from the metadata, else from the file: its modification time, whose day is taken in UTC. */
export function computeTakenAt(metadata: PhotoMetadata | undefined, modifiedAtMs: number): TakenAt {
  const { takenAtLocal, utcOffsetMinutes } = metadata ?? {};
  const wallClockMs = WALL_CLOCK.test(takenAtLocal ?? "") ? Date.parse(`${takenAtLocal}Z`) : Number.NaN;
  if (takenAtLocal === undefined || Number.isNaN(wallClockMs)) {
    const takenAtMs = Math.round(modifiedAtMs);
    return {
      takenAtLocal: null,
      takenAtMs,
      takenDay: toTakenDay(takenAtMs),
      takenAtSource: "file",
      utcOffsetMinutes: null,
    };
  }
  return {
    takenAtLocal,
    takenAtMs: wallClockMs - (utcOffsetMinutes ?? 0) * MS_PER_MINUTE,
    takenDay: toTakenDay(wallClockMs),
    takenAtSource: "metadata",
    utcOffsetMinutes: utcOffsetMinutes ?? null,
  };
}
