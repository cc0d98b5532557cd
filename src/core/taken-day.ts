const MS_PER_DAY = 86_400_000;

/** Days since 1970-01-01 of a wall clock given as epoch milliseconds, as if it were UTC. */
export function toTakenDay(wallClockMs: number): number {
  return Math.floor(wallClockMs / MS_PER_DAY);
}

/** The calendar date of a day number, `YYYY-MM-DD` (with a sign and six digits for years before 0 or after 9999). */
export function fromTakenDay(day: number): string {
  const [date = ""] = new Date(day * MS_PER_DAY).toISOString().split("T");
  return date;
}
