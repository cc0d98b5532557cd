import tzLookup from "@photostructure/tz-lookup";
import { wallClockMs } from "./date-time.ts";

/** Offsets in use that are no whole or half hours: Nepal, Eucla, Chatham in winter and summer. */
const QUARTER_HOUR_OFFSETS: ReadonlySet<number> = new Set([345, 525, 765, 825]);

/** A camera's clock may go wrong and a GPS fix may be old by this much, minutes. */
const CLOCK_TOLERANCE_MINUTES = 5;

/**
 * Minutes east of UTC by which the camera's wall clock differed from GPS time; undefined when the difference is no offset in
 * use anywhere (−12 to +14 h), so that a wrong clock does not pass for a time zone.
 */
export function offsetFromGpsTime(local: string, gpsTimeMs: number): number | undefined {
  const difference = (wallClockMs(local) - gpsTimeMs) / 60_000;
  const rounded = Math.round(difference / 15) * 15;
  const isInUse = rounded % 30 === 0 || QUARTER_HOUR_OFFSETS.has(rounded);
  if (!isInUse || rounded < -12 * 60 || rounded > 14 * 60) return undefined;
  return Math.abs(difference - rounded) <= CLOCK_TOLERANCE_MINUTES ? rounded + 0 : undefined;
}

/** Minutes east of UTC at a place when its clocks showed `local`, by the rules of its time zone at that date. */
export function offsetAtPlace(local: string, latitude: number, longitude: number): number | undefined {
  const timeZone = tzLookup(latitude, longitude);
  const wallMs = wallClockMs(local);
  // The first guess takes the wall clock for UTC; near a change of clocks the second one settles it.
  const guess = offsetAtInstant(timeZone, wallMs);
  return guess === undefined ? undefined : offsetAtInstant(timeZone, wallMs - guess * 60_000);
}

/** Minutes east of UTC at a place at an instant. */
export function offsetAtPlaceAndInstant(
  instantMs: number,
  latitude: number,
  longitude: number,
): number | undefined {
  return offsetAtInstant(tzLookup(latitude, longitude), instantMs);
}

function offsetAtInstant(timeZone: string, instantMs: number): number | undefined {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const name = format.formatToParts(instantMs).find((part) => part.type === "timeZoneName")?.value;
  const match = /^GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(name ?? "");
  if (match === null) return undefined;
  const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
  return match[1] === "-" ? -minutes : minutes;
}
