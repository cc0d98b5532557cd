import type { ParsedComponents, ParsedResult } from "chrono-node";
import { daysOfMonth, daysOfYear, parseDays, shiftDay, toDay } from "./day-range.ts";
import type { DateSpan, DayRange } from "./vocabulary.ts";

/**
 * Dates in plain words: years, months (alone after a preposition, or with a year), seasons and "last …" by rules of our own
 * with the names of months by Intl; days, ranges and relative dates ("3 weeks ago", "gestern") by chrono-node. What could be
 * an ordinary word as well (sun, may, now, second) is no date unless something beside it says so.
 */

/** Languages in which dates are understood, where chrono-node has them and people's libraries need them. */
export const DATE_LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "ru", "ja", "zh"] as const;
export type DateLanguage = (typeof DATE_LANGUAGES)[number];

type Parser = (text: string, reference: Date) => readonly ParsedResult[];

/** A text longer than this is searched for no dates. */
const MAX_LENGTH = 1000;

/** Words before a month or a year that belong to the date. */
const PREPOSITIONS =
  "in|from|of|since|during|on|im|in|vom|von|seit|aus|am|en|de|du|depuis|au|le|del|desde|di|da|a|nel|dal|em|do|van|uit|op|från|под|в|во|с|за";

/** Words for the one before this one, and for this one. */
const LAST =
  "last|past|previous|letzte[nmrs]?|vorige[nmrs]?|dernier|dernière|pasad[oa]|último|última|scors[oa]|passad[oa]|vorig|afgelopen|förra|прошл(?:ым|ой|ый|ое|ом)";
const THIS = "this|diese[nmrs]?|cet|cette|ce|este|esta|quest[oa]|dit|deze|i|этим|этой|этот|это";

/** Seasons of the northern hemisphere by their first month; winter is named by the year in which it begins. */
const SEASONS: readonly (readonly [firstMonth: number, names: string])[] = [
  [3, "spring|frühling|frühjahr|printemps|primavera|lente|voorjaar|vår|весной|весна"],
  [6, "summer|sommer|été|verano|estate|verão|zomer|sommar|летом|лето"],
  [9, "autumn|fall|herbst|automne|otoño|autunno|outono|herfst|höst|осенью|осень"],
  [12, "winter|hiver|invierno|inverno|vinter|зимой|зима"],
];
const YEAR_WORDS = "year|jahr|année|an|año|anno|ano|jaar|år|году|год";

const NOT_LETTER = "(?<![\\p{L}\\p{N}])";
const NOT_LETTER_AFTER = "(?![\\p{L}\\p{N}])";
const YEAR = "(?<year>(?:19|20)\\d\\d)";
const LINK = "(?:\\s+(?:of|de|del|di|do|von|des))?\\s+";

/** Names of the months in these languages, long and short, without dots; each a regular expression's alternative. */
function monthNames(languages: readonly string[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const language of languages) {
    for (const month of ["long", "short"] as const) {
      const format = new Intl.DateTimeFormat(language, { month, day: "numeric", timeZone: "UTC" });
      for (let i = 0; i < 12; i++) {
        // With a day, since some languages decline the month then; the month alone is in the other form.
        const date = new Date(Date.UTC(2001, i, 1));
        const inDate = format.formatToParts(date).find(({ type }) => type === "month")?.value;
        const alone = new Intl.DateTimeFormat(language, { month, timeZone: "UTC" }).format(date);
        for (const name of [inDate, alone]) {
          const plain = name?.toLowerCase().replace(/\.$/, "");
          if (plain !== undefined && /^\p{L}{3,}$/u.test(plain) && !names.has(plain)) names.set(plain, i + 1);
        }
      }
    }
  }
  names.set("sept", 9);
  return names;
}

interface Rule {
  readonly pattern: RegExp;
  readonly toDays: (
    groups: Readonly<Record<string, string | undefined>>,
    today: Today,
  ) => DayRange | undefined;
}

interface Today {
  readonly year: number;
  readonly month: number;
}

function pattern(source: string): RegExp {
  return new RegExp(NOT_LETTER + source + NOT_LETTER_AFTER, "giu");
}

/** The three months that begin with this one. */
function season(firstMonth: number, year: number): DayRange {
  const lastYear = firstMonth === 12 ? year + 1 : year;
  const lastMonth = ((firstMonth + 1) % 12) + 1;
  return { from: toDay(year, firstMonth, 1), to: daysOfMonth(lastYear, lastMonth).to };
}

/** The latest year in which the month has begun. */
const latestYear = (month: number, today: Today) => (month <= today.month ? today.year : today.year - 1);

/** The latest season that has ended, or with `isThis` has begun. */
function latestSeason(firstMonth: number, today: Today, isThis: boolean): DayRange {
  const year = latestYear(firstMonth, today);
  const days = season(firstMonth, year);
  const hasEnded = days.to < toDay(today.year, today.month, 1);
  return isThis || hasEnded ? days : season(firstMonth, year - 1);
}

function makeRules(languages: readonly string[]): readonly Rule[] {
  const months = monthNames(languages);
  const month = `(?<month>${[...months.keys()].toSorted((a, b) => b.length - a.length).join("|")})\\.?`;
  const before = `(?:(?:${PREPOSITIONS})(?:\\s+the)?\\s+)?`;
  const needed = `(?:${PREPOSITIONS})\\s+`;
  const monthOf = (groups: Readonly<Record<string, string | undefined>>) =>
    months.get((groups["month"] ?? "").toLowerCase().replace(/\.$/, "")) ?? 1;
  const seasons = SEASONS.flatMap(([firstMonth, names]): Rule[] => [
    {
      pattern: pattern(`${before}(?:${names})${LINK}${YEAR}`),
      toDays: ({ year }) => season(firstMonth, Number(year)),
    },
    {
      pattern: pattern(`${before}(?:(?<this>${THIS})|${LAST})\\s+(?:${names})`),
      toDays: (groups, today) => latestSeason(firstMonth, today, groups["this"] !== undefined),
    },
    {
      pattern: pattern(`${before}(?:l['’]\\s?)?(?:${names})\\s+(?:${LAST})`),
      toDays: (_, today) => latestSeason(firstMonth, today, false),
    },
  ]);
  return [
    // Before all others: 2023-04-05 holds a year.
    {
      pattern: pattern(`${before}(?<date>\\d{4}-\\d{1,2}(?:-\\d{1,2})?)`),
      toDays: ({ date }) => parseDays(date!),
    },
    {
      pattern: pattern(`${before}(?<date>\\d{4})年(?:(?<no>\\d{1,2})月)?`.replace(NOT_LETTER_AFTER, "")),
      toDays: ({ date, no }) => parseDays(no === undefined ? date! : `${date}-${no}`),
    },
    ...seasons,
    {
      pattern: pattern(`${before}(?:(?<this>${THIS})|${LAST})\\s+(?:${YEAR_WORDS})`),
      toDays: (groups, today) => daysOfYear(today.year - (groups["this"] === undefined ? 1 : 0)),
    },
    {
      pattern: pattern(`${before}(?:l['’]\\s?)?(?:${YEAR_WORDS})\\s+(?:${LAST})`),
      toDays: (_, today) => daysOfYear(today.year - 1),
    },
    {
      pattern: pattern(`(?<!\\d\\.?\\s*)${before}${month}${LINK}${YEAR}`),
      toDays: (groups) => daysOfMonth(Number(groups["year"]), monthOf(groups)),
    },
    {
      pattern: pattern(`(?:${LAST})\\s+${month}`),
      toDays: (groups, today) =>
        daysOfMonth(latestYear(monthOf(groups), { ...today, month: today.month - 1 }), monthOf(groups)),
    },
    {
      pattern: pattern(`${needed}${month}(?!\\s*\\d)`),
      toDays: (groups, today) => daysOfMonth(latestYear(monthOf(groups), today), monthOf(groups)),
    },
    {
      pattern: pattern(`${before}${YEAR}(?!\\s*(?:年|[-./]\\d))`),
      toDays: ({ year }, today) => (Number(year) <= today.year ? daysOfYear(Number(year)) : undefined),
    },
  ];
}

const overlaps = (a: { start: number; end: number }, b: { start: number; end: number }) =>
  a.start < b.end && b.start < a.end;

function applyRules(text: string, rules: readonly Rule[], today: Today): DateSpan[] {
  const spans: DateSpan[] = [];
  for (const { pattern: rule, toDays } of rules) {
    for (const match of text.matchAll(rule)) {
      const span = { start: match.index, end: match.index + match[0].length };
      if (spans.some((known) => overlaps(known, span))) continue;
      const days = toDays(match.groups ?? {}, today);
      if (days !== undefined) spans.push({ ...span, ...days });
    }
  }
  return spans;
}

/** The days that a part of chrono's answer means: a day, a month or a year, whatever is certain. */
function toDays(parts: ParsedComponents): DayRange | undefined {
  const [year, month, day] = [parts.get("year"), parts.get("month"), parts.get("day")];
  if (year === null || year < 1000 || year > 9999 || month === null) return undefined;
  if (parts.isCertain("day") || parts.isCertain("weekday")) {
    if (day === null) return undefined;
    return { from: toDay(year, month, day), to: toDay(year, month, day) };
  }
  if (parts.isCertain("month")) return daysOfMonth(year, month);
  return parts.isCertain("year") ? daysOfYear(year) : undefined;
}

/** Whether chrono read a date where there may be none: a lone weekday, month or time of day, or a moment such as "now". */
function isDoubtful({ text, start }: ParsedResult): boolean {
  const has = (part: "day" | "month" | "year" | "weekday" | "hour") => start.isCertain(part);
  if (has("weekday") && !has("day")) return !/\s/.test(text.trim());
  if (!has("day") && !has("month") && !has("year")) return true;
  const hasDigit = /\d/.test(text);
  if (has("hour") && !hasDigit) return true;
  return !hasDigit && !/\s/.test(text.trim()) && !has("year");
}

/** A day in the future is the last one of its kind: nobody looks for photos of tomorrow. */
function inThePast(days: DayRange, parts: ParsedComponents, today: string): DayRange {
  if (days.from <= today || parts.isCertain("year")) return days;
  if (parts.isCertain("weekday")) return { from: shiftDay(days.from, -7), to: shiftDay(days.to, -7) };
  const earlier = (day: string) => `${String(Number(day.slice(0, 4)) - 1).padStart(4, "0")}${day.slice(4)}`;
  return { from: earlier(days.from), to: earlier(days.to) };
}

/** Weeks are seven days, though chrono names one. */
function widen(days: DayRange, text: string): DayRange {
  return /\b(?:last|past)\s+week\b|letzte\s+woche|semaine\s+dernière|semana\s+pasada/iu.test(text)
    ? { from: days.from, to: shiftDay(days.from, 6) }
    : days;
}

function toSpan(result: ParsedResult, today: string): DateSpan | undefined {
  if (isDoubtful(result)) return undefined;
  const first = toDays(result.start);
  if (first === undefined) return undefined;
  const last = result.end === null || result.end === undefined ? undefined : toDays(result.end);
  const days = inThePast({ from: first.from, to: last?.to ?? first.to }, result.start, today);
  if (days.from > days.to || days.from > today) return undefined;
  const span = widen(days, result.text);
  return { start: result.index, end: result.index + result.text.length, ...span };
}

/** Takes in a preposition that stands before a date. */
function withPreposition(text: string, span: DateSpan): DateSpan {
  const [before] =
    new RegExp(`${NOT_LETTER}(?:${PREPOSITIONS})\\s+$`, "iu").exec(text.slice(0, span.start)) ?? [];
  return before === undefined ? span : { ...span, start: span.start - before.length };
}

function applyChrono(text: string, parsers: readonly Parser[], reference: Date, known: readonly DateSpan[]) {
  const today = reference.toISOString().slice(0, 10);
  const spans: DateSpan[] = [];
  for (const parse of parsers) {
    const found = parse(text, reference).flatMap((result) => toSpan(result, today) ?? []);
    for (const span of found.map((each) => withPreposition(text, each))) {
      // A longer reading wins: "June to August 2020" holds a month of ours.
      const within = known.filter((other) => overlaps(other, span));
      const isLonger = within.every(({ start, end }) => span.start <= start && span.end >= end);
      if (isLonger && !spans.some((other) => overlaps(other, span))) spans.push(span);
    }
  }
  return spans;
}

/** Finds dates in words; see {@link DateSpan}. Never throws. */
export type FindDates = (text: string, now: Date) => readonly DateSpan[];

/**
 * Loads what dates in these languages need (English always); some 0.1 s, once. Spans come from left to right, none within
 * another.
 */
export async function loadDateWords(languages: readonly DateLanguage[]): Promise<FindDates> {
  const chrono = await import("chrono-node");
  const wanted = [...new Set<DateLanguage>(["en", ...languages])];
  const parsers = wanted.map((language): Parser => {
    const { parse } = language === "en" ? chrono.en.GB : chrono[language].casual;
    const own = language === "en" ? chrono.en.GB : chrono[language].casual;
    return (text, reference) => parse.call(own, text, reference, { forwardDate: false });
  });
  const rules = makeRules(wanted);
  return (text, now) => {
    if (text.length > MAX_LENGTH) return [];
    const today = { year: now.getUTCFullYear(), month: now.getUTCMonth() + 1 };
    const byRule = applyRules(text, rules, today);
    let longer: DateSpan[];
    try {
      longer = applyChrono(text, parsers, now, byRule);
    } catch {
      // A library's parser of free text: what it cannot read is no date.
      longer = [];
    }
    const kept = byRule.filter((span) => !longer.some((other) => overlaps(other, span)));
    return [...longer, ...kept].toSorted((a, b) => a.start - b.start);
  };
}
