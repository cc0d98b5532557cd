import type { IconName } from "../components/icon.tsx";
import { formatDecimal, formatMonth, formatPercent, formatShortDate } from "../format.ts";
import { strings } from "../strings.ts";
import { type Filter, type FilterKind, parseObjectFilter } from "./search-state.ts";

/** A filter as a person sees it: one chip. A date range is one chip though it is two parameters. */
export type ChipKind = Exclude<FilterKind, "from" | "to"> | "date";

/** A chip and the filters it stands for. */
export interface FilterChip {
  readonly kind: ChipKind;
  readonly filters: readonly Filter[];
  readonly name: string;
  readonly value: string;
}

/** Icons of the kinds of filters. */
export const CHIP_ICONS: Readonly<Record<ChipKind, IconName>> = {
  category: "category",
  tag: "tag",
  object: "objects",
  person: "person",
  personMode: "person",
  withoutPerson: "person",
  place: "place",
  date: "calendar",
  text: "text",
  hasFaces: "face",
  hasText: "text",
  hasGps: "place",
  near: "place",
  camera: "camera",
  format: "format",
  folder: "folder",
  album: "album",
  concept: "meaning",
  minRating: "star",
  isFavourite: "heart",
  duplicates: "copy",
  status: "info",
};

/** The chips of some filters, in the filters' order. */
export function chipsOf(filters: readonly Filter[]): FilterChip[] {
  const dates = filters.filter((filter) => filter.kind === "from" || filter.kind === "to");
  const chips: FilterChip[] = [];
  for (const filter of filters) {
    if (filter.kind === "from" || filter.kind === "to") {
      if (filter === dates[0]) {
        chips.push({
          kind: "date",
          filters: dates,
          name: strings.filters.names.date,
          value: wordsOfDates(dates),
        });
      }
    } else {
      const value = wordsOfValue(filter);
      chips.push({ kind: filter.kind, filters: [filter], name: strings.filters.names[filter.kind], value });
    }
  }
  return chips;
}

function wordsOfDates(dates: readonly Filter[]): string {
  const from = dates.find((filter) => filter.kind === "from")?.value;
  const to = dates.find((filter) => filter.kind === "to")?.value;
  if (from !== undefined && from === to) return wordsOfDate(from);
  if (to === undefined) return strings.filters.since(wordsOfDate(from!));
  return from === undefined
    ? strings.filters.until(wordsOfDate(to))
    : `${wordsOfDate(from)} – ${wordsOfDate(to)}`;
}

/** `2024`, `July 2024` or `14 Jul 2024`; something else is shown as it is. */
export function wordsOfDate(value: string): string {
  if (/^\d{4}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(`${value}-01`))) return formatMonth(value);
  if (/^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value.slice(0, 10))))
    return formatShortDate(value);
  return value;
}

function wordsOfValue({ kind, value }: Filter): string {
  const words = strings.filters;
  switch (kind) {
    case "object": {
      const { label, minScore } = parseObjectFilter(value);
      return minScore === undefined ? label : `${label}, ${words.confidenceAtLeast(formatPercent(minScore))}`;
    }
    case "hasFaces":
    case "hasText":
    case "hasGps":
    case "isFavourite":
      return value === "false" ? words.no[kind] : words.yes[kind];
    case "personMode":
      return value === "any" || value === "none" ? words.personModes[value] : words.personModes.all;
    case "withoutPerson":
      return words.without(value);
    case "duplicates":
      return value === "shown" || value === "only" ? words.duplicates[value] : words.duplicates.hidden;
    case "minRating":
      return words.rating(Math.min(5, Math.max(1, Number(value) || 1)));
    case "format":
      return value.toUpperCase();
    case "status":
      return strings.statuses[value] ?? value;
    case "near": {
      const [latitude, longitude, radius] = value.split(",").map(Number);
      return `${formatDecimal(radius ?? 0)} km · ${formatDecimal(latitude ?? 0)}, ${formatDecimal(longitude ?? 0)}`;
    }
    default:
      return value;
  }
}
