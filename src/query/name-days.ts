import { lastDayOf } from "../core/last-day-of.ts";
import type { DayRange } from "./vocabulary.ts";

const utc = { timeZone: "UTC" } as const;
const monthFormat = new Intl.DateTimeFormat("en-GB", { ...utc, month: "long", year: "numeric" });
const dayFormat = new Intl.DateTimeFormat("en-GB", {
  ...utc,
  day: "numeric",
  month: "short",
  year: "numeric",
});

/** A range of days as people say it: `2005`, `2005 – 2007`, `March 2005`, `14 Jul 2005`, `14 Jul 2005 – 2 Aug 2005`. */
export function nameDays({ from, to }: DayRange): string {
  const [firstMonth, lastMonth] = [from.slice(0, 7), to.slice(0, 7)];
  const isOfMonths = from.endsWith("-01") && to === lastDayOf(lastMonth);
  if (!isOfMonths) return nameSpan(dayFormat.format(new Date(from)), dayFormat.format(new Date(to)));
  const isOfYears = firstMonth.endsWith("-01") && lastMonth.endsWith("-12");
  if (isOfYears) return nameSpan(from.slice(0, 4), to.slice(0, 4));
  return nameSpan(monthFormat.format(new Date(from)), monthFormat.format(new Date(to)));
}

function nameSpan(first: string, last: string): string {
  return first === last ? first : `${first} – ${last}`;
}
