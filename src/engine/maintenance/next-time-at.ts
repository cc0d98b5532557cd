/** The next moment at which the clock shows this hour. */
export function nextTimeAt(hour: number, now: Date): Date {
  const next = new Date(now);
  next.setHours(hour, 0, 0, 0);
  if (next <= now) next.setDate(next.getDate() + 1);
  return next;
}
