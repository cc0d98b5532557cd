import { strings } from "./strings.ts";
import { locale } from "./strings/words.ts";

const numberFormat = new Intl.NumberFormat(locale);
const oneDigit = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const utc = { timeZone: "UTC" } as const;
const monthFormat = new Intl.DateTimeFormat(locale, { ...utc, month: "long", year: "numeric" });
const dayFormat = new Intl.DateTimeFormat(locale, {
  ...utc,
  weekday: "short",
  day: "numeric",
  month: "short",
});
const dateFormat = new Intl.DateTimeFormat(locale, { ...utc, dateStyle: "full" });
const shortDateFormat = new Intl.DateTimeFormat(locale, {
  ...utc,
  day: "numeric",
  month: "short",
  year: "numeric",
});
const momentFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

/** `12,345`. */
export function formatCount(count: number): string {
  return numberFormat.format(count);
}

/** `3.4 MB`; decimal units, as file managers show them. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  let value = bytes;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? numberFormat.format(Math.round(value)) : oneDigit.format(value)} ${units[unit]!}`;
}

/** `June 2025` for `2025-06`. */
export function formatMonth(month: string): string {
  return monthFormat.format(new Date(`${month}-01T00:00:00Z`));
}

/** `Sat, 14 Jun` for a day `YYYY-MM-DD`. */
export function formatDay(day: string): string {
  return dayFormat.format(new Date(`${day}T00:00:00Z`));
}

/** `14 Jun 2025` for a wall-clock time or a day. */
export function formatShortDate(takenAt: string): string {
  return shortDateFormat.format(new Date(`${takenAt.slice(0, 10)}T00:00:00Z`));
}

/** `Saturday, 14 June 2025` for a wall-clock time. */
export function formatDate(takenAt: string): string {
  return dateFormat.format(new Date(`${takenAt.slice(0, 10)}T00:00:00Z`));
}

/** `15:42` for a wall-clock time. */
export function formatTime(takenAt: string): string {
  return takenAt.slice(11, 16);
}

/** An instant (ISO 8601) in the viewer's own zone. */
export function formatMoment(instant: string): string {
  return momentFormat.format(new Date(instant));
}

/** `2 hours ahead of UTC (+02:00)`; says so when the offset is not known. */
export function formatOffset(utcOffsetMinutes: number | null): string {
  if (utcOffsetMinutes === null) return strings.photo.zoneUnknown;
  if (utcOffsetMinutes === 0) return strings.photo.zoneUtc;
  const minutes = Math.abs(utcOffsetMinutes);
  const sign = utcOffsetMinutes < 0 ? "−" : "+";
  const clock = `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  return strings.photo.zone(minutes / 60, utcOffsetMinutes > 0, `${sign}${clock}`);
}

/** `41.89021° N, 12.49223° E`. */
export function formatPlace(latitude: number, longitude: number): string {
  const part = (value: number, positive: string, negative: string) =>
    `${Math.abs(value).toFixed(5)}° ${value < 0 ? negative : positive}`;
  return `${part(latitude, "N", "S")}, ${part(longitude, "E", "W")}`;
}

/** `about 13 min`; coarse on purpose, since the rest of an import is never known to the second. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return strings.duration.seconds(Math.max(1, Math.round(seconds)));
  if (seconds < 90 * 60) return strings.duration.minutes(Math.round(seconds / 60));
  if (seconds < 36 * 3600) return strings.duration.hours(oneDigit.format(seconds / 3600));
  return strings.duration.days(Math.round(seconds / 86_400));
}

/** A time to come in words: `less than a minute`, `about 25 minutes`, `about 3.5 hours`, `about 2 days`. */
export function formatLongDuration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return strings.time.seconds;
  if (minutes < 90) return strings.time.minutes(minutes);
  const hours = seconds / 3600;
  // Halves where they matter: nobody plans by a tenth of an hour.
  if (hours < 10) return strings.time.hours(Math.round(hours * 2) / 2);
  return hours < 36 ? strings.time.hours(Math.round(hours)) : strings.time.days(Math.round(hours / 24));
}

/** `3.4/s`, or per minute where it is slower than one in two seconds. */
export function formatRate(perSecond: number): string {
  return perSecond >= 0.5
    ? strings.rate.perSecond(oneDigit.format(perSecond))
    : strings.rate.perMinute(oneDigit.format(perSecond * 60));
}

/** `240 ms` or `1.3 s`. */
export function formatMilliseconds(durationMs: number): string {
  return durationMs < 1000
    ? `${numberFormat.format(Math.round(durationMs))} ms`
    : `${oneDigit.format(durationMs / 1000)} s`;
}

/** `1/250 s` or `2.5 s`. */
export function formatExposure(seconds: number): string {
  return seconds > 0 && seconds < 0.4
    ? `1/${numberFormat.format(Math.round(1 / seconds))} s`
    : `${oneDigit.format(seconds)} s`;
}

/** `87%` for 0.87. */
export function formatPercent(fraction: number): string {
  return `${Math.round(fraction * 100)}%`;
}

/** One digit after the point where needed. */
export function formatDecimal(value: number): string {
  return oneDigit.format(value);
}
