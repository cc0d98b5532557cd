/** A wall-clock time as some block of metadata states it. */
export interface RecordedTime {
  /** `YYYY-MM-DDTHH:mm:ss[.sss]`, no zone. */
  readonly local: string;
  /** Minutes east of UTC, where stated. */
  readonly offsetMinutes?: number;
}

const DATE_TIME =
  /^(\d{4})[:\-/.](\d{2})[:\-/.](\d{2})[ T](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;

const OFFSET = /^([+-])(\d{2}):?(\d{2})$/;

/** Year of the oldest surviving photograph (Niépce, Le Gras). */
const FIRST_YEAR = 1826;
const LAST_YEAR = 2199;

/** What clocks that were never set, and programs without a date, write: the zeros of QuickTime, Unix, DOS and of nobody. */
const FILLERS: ReadonlySet<string> = new Set([
  "1900-01-01T00:00:00",
  "1904-01-01T00:00:00",
  "1970-01-01T00:00:00",
  "1980-01-01T00:00:00",
]);

/**
 * Reads the date of EXIF (`2023:10:05 18:04:59`) or XMP (`2023-10-05T18:04:59.120+02:00`). Undefined for dates without a time,
 * impossible ones (month 0, 30 February, hour 25), ones before photography, and the fillers of unset clocks.
 */
export function parseDateTime(text: string | undefined): RecordedTime | undefined {
  const match = DATE_TIME.exec(text?.trim() ?? "");
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = "00", fraction, zone] = match;
  const whole = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  if (!isRealTime(whole) || FILLERS.has(whole)) return undefined;
  const offsetMinutes = parseOffset(zone);
  const local = withFraction(whole, fraction);
  return offsetMinutes === undefined ? { local } : { local, offsetMinutes };
}

/** `…:59` and the digits "1" or "123456" give `…:59.100` or `…:59.123`; without digits the time stays as it is. */
export function withFraction(local: string, digits: string | undefined): string {
  return digits !== undefined && /^\d{1,9}$/.test(digits) && !local.includes(".")
    ? `${local}.${digits.padEnd(3, "0").slice(0, 3)}`
    : local;
}

/** Minutes east of UTC from `+05:30`, `-0800` or `Z`; undefined when it is none or no place on Earth has it. */
export function parseOffset(text: string | undefined): number | undefined {
  if (text?.trim() === "Z") return 0;
  const match = OFFSET.exec(text?.trim() ?? "");
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  const signed = match[1] === "-" && minutes > 0 ? -minutes : minutes;
  return Number(match[3]) < 60 && signed >= -14 * 60 && signed <= 14 * 60 ? signed : undefined;
}

/** The wall clock read as if it were UTC, milliseconds since 1970. */
export function wallClockMs(local: string): number {
  return Date.parse(`${local}Z`);
}

/** The wall clock of an instant at an offset, in the form of {@link RecordedTime.local}. */
export function toLocal(instantMs: number, offsetMinutes: number): string {
  const text = new Date(instantMs + offsetMinutes * 60_000).toISOString().slice(0, -1);
  return text.endsWith(".000") ? text.slice(0, -4) : text;
}

function isRealTime(whole: string): boolean {
  const year = Number(whole.slice(0, 4));
  if (year < FIRST_YEAR || year > LAST_YEAR) return false;
  const ms = wallClockMs(whole);
  // Date.parse takes 30 February as 1 March, so the way back must give the same.
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(whole);
}
