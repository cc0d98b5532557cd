import { lastDayOf } from "../core/last-day-of.ts";
import type { DayRange } from "./vocabulary.ts";

const pad = (value: number, digits: number) => String(value).padStart(digits, "0");

/** `YYYY-MM-DD`; months from 1. */
export function toDay(year: number, month: number, day: number): string {
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

/** All days of a month, 1 to 12, of a year from 1 to 9999. */
export function daysOfMonth(year: number, month: number): DayRange {
  return { from: toDay(year, month, 1), to: lastDayOf(`${pad(year, 4)}-${pad(month, 2)}`) };
}

/** All days of a year from 1 to 9999. */
export function daysOfYear(year: number): DayRange {
  return { from: toDay(year, 1, 1), to: toDay(year, 12, 31) };
}

const DATE = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/;

/** The days that `YYYY`, `YYYY-MM` or `YYYY-MM-DD` names; undefined when there are none. */
export function parseDays(text: string): DayRange | undefined {
  const match = DATE.exec(text.trim());
  if (match === null) return undefined;
  const [year, month, day] = match.slice(1).map((part) => (part === undefined ? undefined : Number(part)));
  if (year === undefined || year < 1) return undefined;
  if (month === undefined) return daysOfYear(year);
  if (month < 1 || month > 12) return undefined;
  const days = daysOfMonth(year, month);
  if (day === undefined) return days;
  const date = toDay(year, month, day);
  return day >= 1 && date <= days.to ? { from: date, to: date } : undefined;
}

/** The day before or after, `YYYY-MM-DD`. */
export function shiftDay(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
