/** The last day, `YYYY-MM-DD`, of a month `YYYY-MM`. */
export function lastDayOf(month: string): string {
  const date = new Date(`${month}-01T00:00:00Z`);
  // Day 0 of the next month is the last day of this one.
  date.setUTCMonth(date.getUTCMonth() + 1, 0);
  return date.toISOString().slice(0, 10);
}
