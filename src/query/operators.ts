import { IMAGE_FORMATS, type ImageFormat } from "../core/photo-analysis.ts";
import { countryCodeOf, countryName } from "../core/country-names.ts";
import type { PhotoCondition, PhotoFilter } from "../core/photo-filter.ts";
import type { ChipKind, QueryProblemCode } from "../core/search-vocabulary.ts";
import { parseDays, shiftDay } from "./day-range.ts";
import { nameDays } from "./name-days.ts";
import { quoteValue } from "./parsed-query.ts";
import type { DayRange, QueryPlace, QueryVocabulary } from "./vocabulary.ts";

/** What an operator's values came to. */
export interface OperatorResult {
  /** Absent where nothing could be made of them. */
  readonly chip?: {
    readonly kind: ChipKind;
    readonly label: string;
    readonly value: string;
    readonly condition: PhotoCondition;
    /** For what holds of the whole query, not of a part of it. */
    readonly outer?: Pick<PhotoFilter, "duplicates">;
  };
  readonly problem?: {
    readonly code: QueryProblemCode;
    readonly message: string;
    /** Another value. */
    readonly suggestion?: string;
  };
}

interface Context {
  readonly vocabulary: QueryVocabulary;
  readonly now: Date;
}

type Operator = (values: readonly string[], context: Context) => OperatorResult;

const join = (values: readonly string[]) => values.map(quoteValue).join("|");
const list = (values: readonly string[]) => values.join(" / ");

function chip(kind: ChipKind, values: readonly string[], condition: PhotoCondition): OperatorResult {
  return { chip: { kind, label: list(values), value: join(values), condition } };
}

/** Any one of several conditions holds: none of them fails. */
function anyOf(conditions: readonly PhotoCondition[]): PhotoCondition {
  if (conditions.length === 1) return conditions[0]!;
  return { none: [{ all: conditions.map((condition) => ({ none: [condition] })) }] };
}

interface Found<Value> {
  readonly value: Value | undefined;
  /** The one name that is spelt nearly so took the place of the one that was written. */
  readonly isCorrected: boolean;
}

function look<Value>(
  name: string,
  find: (name: string) => Value | undefined,
  closest: (name: string) => Value | undefined,
): Found<Value> {
  const value = find(name);
  return value === undefined ? { value: closest(name), isCorrected: true } : { value, isCorrected: false };
}

/** What to tell of names that nobody has, or that are spelt differently. */
function problemOf(
  names: readonly string[],
  found: readonly Found<unknown>[],
  labels: readonly (string | undefined)[],
  unknown: { readonly code: QueryProblemCode; readonly what: string },
): Pick<OperatorResult, "problem"> {
  const strangers = names.filter((_, i) => found[i]!.value === undefined);
  if (strangers.length > 0)
    return {
      problem: {
        code: unknown.code,
        message: `${unknown.what} "${strangers.join('", "')}" in this library.`,
      },
    };
  if (!found.some(({ isCorrected }) => isCorrected)) return {};
  const corrected = labels.map((label, i) => label ?? names[i]!);
  return {
    problem: {
      code: "corrected",
      message: `Searched for ${corrected.map((name) => `"${name}"`).join(", ")}, which is spelt nearly so.`,
      suggestion: join(corrected),
    },
  };
}

const person: Operator = (names, { vocabulary }) => {
  const found = names.map((name) =>
    look(
      name,
      (text) => nonEmpty(vocabulary.persons(text)),
      (text) => {
        const closest = vocabulary.closestPerson(text);
        return closest === undefined ? undefined : [closest];
      },
    ),
  );
  const persons = found.flatMap(({ value }, i) => value ?? [names[i]!]);
  const labels = found.map(({ value }) => value?.join(" / "));
  return {
    ...chip("person", persons, { persons: persons.length === 1 ? { all: persons } : { any: persons } }),
    ...problemOf(names, found, labels, { code: "unknown-person", what: "There is nobody called" }),
  };
};

function nonEmpty<Value>(values: readonly Value[]): readonly Value[] | undefined {
  return values.length === 0 ? undefined : values;
}

const category: Operator = (names, { vocabulary }) => {
  const found = names.map((name) => look(name, vocabulary.category, vocabulary.closestCategory));
  const categories = found.map(({ value }, i) => value ?? names[i]!);
  return {
    ...chip("category", categories, { categories }),
    ...problemOf(names, found, categories, { code: "unknown-category", what: "There is no category" }),
  };
};

const concept: Operator = (names, { vocabulary }) => {
  const found = names.map((name) => look(name, vocabulary.concept, vocabulary.closestConcept));
  const concepts = found.map(({ value }, i) => value?.name ?? names[i]!);
  return {
    ...chip("concept", concepts, anyOf(concepts.map((name) => ({ concepts: [name] })))),
    ...problemOf(names, found, concepts, {
      code: "unknown-concept",
      what: "Nothing has been taught by the name",
    }),
  };
};

const album: Operator = (names, { vocabulary }) => {
  const found = names.map((name) => look(name, vocabulary.album, vocabulary.closestAlbum));
  const albums = found.map(({ value }, i) => value ?? names[i]!);
  return {
    ...chip("album", albums, { albums }),
    ...problemOf(names, found, albums, { code: "unknown-album", what: "There is no album" }),
  };
};

const tag: Operator = (names) => chip("tag", names, anyOf(names.map((name) => ({ tags: [name] }))));

const CLASS = /^(?<label>.*?)(?:\s*(?:>=?|:)\s*(?<score>[\d.,]+)\s*(?<percent>%)?)?$/su;

const objectClass: Operator = (values) => {
  const classes = values.map((value) => CLASS.exec(value)?.groups ?? {});
  const conditions: PhotoCondition[] = [];
  for (const { label = "", score, percent } of classes) {
    const minScore =
      score === undefined ? undefined : Number(score.replace(",", ".")) / (percent === undefined ? 1 : 100);
    if (label.trim() === "")
      return invalid("missing-value", `Name a class of objects, such as class:dog>0.6.`);
    if (minScore !== undefined && !(minScore >= 0 && minScore <= 1))
      return invalid(
        "invalid-number",
        `"${score}" is no confidence: write a number from 0 to 1, such as class:dog>0.6.`,
        `${quoteValue(label)}>0.5`,
      );
    conditions.push({ objects: [{ label: label.trim(), ...(minScore === undefined ? {} : { minScore }) }] });
  }
  const shown = conditions.map(({ objects }) => objects![0]!);
  const value = shown
    .map(({ label, minScore }) => quoteValue(label) + (minScore === undefined ? "" : `>${minScore}`))
    .join("|");
  const label = shown
    .map((object) =>
      object.minScore === undefined
        ? object.label
        : `${object.label} ≥ ${Math.round(object.minScore * 100)} %`,
    )
    .join(" / ");
  return { chip: { kind: "class", label, value, condition: anyOf(conditions) } };
};

function invalid(code: QueryProblemCode, message: string, suggestion?: string): OperatorResult {
  return { problem: { code, message, ...(suggestion === undefined ? {} : { suggestion }) } };
}

const text: Operator = (values) =>
  chip("text", values, anyOf(values.map((value) => ({ textContains: value }))));

const POINT =
  /^(?<latitude>-?\d{1,2}(?:\.\d+)?),(?<longitude>-?\d{1,3}(?:\.\d+)?)(?:,(?<radius>\d+(?:\.\d+)?)(?:\s*km)?)?$/u;
const NAMED = /^(?<name>.*?)(?:~(?<radius>\d+(?:[.,]\d+)?)\s*(?:km)?)?$/su;

/** Kilometres around a point that is given without a radius. */
const DEFAULT_RADIUS_KM = 10;
/** Half the circumference of the earth. */
const MAX_RADIUS_KM = 20_038;

const near: Operator = ([value = ""], { vocabulary }) => {
  const point = POINT.exec(value)?.groups;
  if (point !== undefined) return nearPoint(value, point);
  const { name = "", radius } = NAMED.exec(value)?.groups ?? {};
  const radiusKm = radius === undefined ? undefined : Number(radius.replace(",", "."));
  if (radiusKm !== undefined && !(radiusKm > 0 && radiusKm <= MAX_RADIUS_KM))
    return invalid(
      "invalid-number",
      `"${radius}" is no distance: write kilometres, such as near:Rome~25km.`,
      `${quoteValue(name)}~25km`,
    );
  const found = look(name, vocabulary.place, vocabulary.closestPlace);
  const place = found.value;
  if (place === undefined)
    return invalid(
      "unknown-place",
      `There is no city or country called "${name}"; coordinates work too, such as near:41.9,12.5,25.`,
    );
  const condition =
    place.filter.near === undefined || radiusKm === undefined
      ? place.filter
      : { near: { ...place.filter.near, radiusKm } };
  const suffix = radiusKm === undefined ? "" : `~${radiusKm}km`;
  const problem = problemOf([name], [found], [place.label], {
    code: "unknown-place",
    what: "There is no place",
  });
  return {
    chip: {
      kind: "near",
      label: place.label + (radiusKm === undefined ? "" : ` ± ${radiusKm} km`),
      value: quoteValue(place.label + suffix),
      condition,
    },
    ...problem,
  };
};

function nearPoint(
  value: string,
  { latitude, longitude, radius }: Readonly<Record<string, string | undefined>>,
): OperatorResult {
  const point = {
    latitude: Number(latitude),
    longitude: Number(longitude),
    radiusKm: Number(radius ?? DEFAULT_RADIUS_KM),
  };
  const isValid =
    Math.abs(point.latitude) <= 90 &&
    Math.abs(point.longitude) <= 180 &&
    point.radiusKm > 0 &&
    point.radiusKm <= MAX_RADIUS_KM;
  if (!isValid)
    return invalid(
      "invalid-number",
      `"${value}" is no point on earth: write latitude,longitude,kilometres, such as near:41.9,12.5,25.`,
    );
  const label = `${point.latitude}, ${point.longitude} ± ${point.radiusKm} km`;
  return {
    chip: {
      kind: "near",
      label,
      value: `${point.latitude},${point.longitude},${point.radiusKm}`,
      condition: { near: point },
    },
  };
}

const place: Operator = (names, { vocabulary }) => {
  const found = names.map((name): Found<QueryPlace | string> => {
    const code = countryCodeOf(name);
    return code === undefined
      ? look(name, vocabulary.place, vocabulary.closestPlace)
      : { value: code, isCorrected: false };
  });
  const places = found.map(({ value }, i) => {
    if (value === undefined) return { label: names[i]!, value: names[i]! };
    if (typeof value === "string") return { label: countryName(value), value };
    return { label: value.label, value: value.filter.places?.[0] ?? value.label };
  });
  const condition = { places: places.map(({ value }) => value) };
  const labels = places.map(({ label }) => label);
  return {
    chip: { kind: "place", label: list(labels), value: join(labels), condition },
    ...problemOf(names, found, labels, { code: "unknown-place", what: "No photo was taken in" }),
  };
};

/** The days of an operator's value: a date, or words that name one and nothing else. */
function daysOf(value: string, { vocabulary }: Context): DayRange | undefined {
  const days = parseDays(value);
  if (days !== undefined) return days;
  const [span, ...more] = vocabulary.dates(value.trim());
  const isWhole =
    span !== undefined && more.length === 0 && span.start === 0 && span.end === value.trim().length;
  return isWhole ? { from: span.from, to: span.to } : undefined;
}

function noDate(value: string): OperatorResult {
  return invalid(
    "invalid-date",
    `"${value}" is no date: write 2023, 2023-07, 2023-07-31, or words such as "last summer".`,
  );
}

/** One end of a range of days as a chip; `value` is what its operator takes. */
function bound(
  kind: "before" | "after",
  label: string,
  value: string,
  condition: PhotoCondition,
): OperatorResult {
  return { chip: { kind, label, value: quoteValue(value), condition } };
}

const before: Operator = ([value = ""], context) => {
  const days = daysOf(value, context);
  if (days === undefined) return noDate(value);
  return bound("before", `before ${nameDays(days)}`, value, { takenTo: shiftDay(days.from, -1) });
};

const until: Operator = ([value = ""], context) => {
  const days = daysOf(value, context);
  if (days === undefined) return noDate(value);
  return bound("before", `until ${nameDays(days)}`, shiftDay(days.to, 1), { takenTo: days.to });
};

const after: Operator = ([value = ""], context) => {
  const days = daysOf(value, context);
  if (days === undefined) return noDate(value);
  return bound("after", `after ${nameDays(days)}`, value, { takenFrom: shiftDay(days.to, 1) });
};

const since: Operator = ([value = ""], context) => {
  const days = daysOf(value, context);
  if (days === undefined) return noDate(value);
  return bound("after", `since ${nameDays(days)}`, shiftDay(days.from, -1), { takenFrom: days.from });
};

/** A range of days as a chip. */
export function dateChip({ from, to }: DayRange) {
  const value = from === to ? from : `${from}..${to}`;
  return {
    kind: "date" as const,
    label: nameDays({ from, to }),
    value,
    condition: { takenFrom: from, takenTo: to },
  };
}

const date: Operator = ([value = ""], context) => {
  const [first = "", second] = value.split("..");
  const from = daysOf(first, context);
  const to = second === undefined ? from : daysOf(second, context);
  if (from === undefined || to === undefined) return noDate(value);
  if (from.from > to.to)
    return invalid("invalid-date", `"${value}" ends before it begins.`, `${second}..${first}`);
  return { chip: dateChip({ from: from.from, to: to.to }) };
};

const camera: Operator = (values) =>
  chip("camera", values, anyOf(values.map((value) => ({ cameraLike: value }))));
const folder: Operator = (values) =>
  chip("folder", values, anyOf(values.map((value) => ({ folderLike: value }))));

/** Endings of file names that stand for a format of another name. */
const FORMAT_NAMES: Readonly<Record<string, ImageFormat>> = { jpg: "jpeg", tif: "tiff", heif: "heic" };

const format: Operator = (values) => {
  const formats = values.map((value) => {
    const name = value.toLowerCase().replace(/^\./, "");
    return FORMAT_NAMES[name] ?? IMAGE_FORMATS.find((known) => known === name);
  });
  if (formats.some((known) => known === undefined))
    return invalid(
      "invalid-value",
      `"${list(values)}" is no kind of image file: ${IMAGE_FORMATS.join(", ")}.`,
    );
  return chip("format", formats as ImageFormat[], { formats: formats as ImageFormat[] });
};

const rating: Operator = ([value = ""]) => {
  const stars = /^(?:>=?)?\s*([1-5])\+?$/.exec(value.trim())?.[1];
  if (stars === undefined)
    return invalid(
      "invalid-number",
      `"${value}" is no rating: write 1 to 5, the least that a photo has.`,
      "3",
    );
  return {
    chip: { kind: "rating", label: `${stars}+`, value: stars, condition: { minRating: Number(stars) } },
  };
};

const HAS: Readonly<Record<string, PhotoCondition>> = {
  faces: { hasFaces: true },
  text: { hasText: true },
  gps: { hasGps: true },
  favourite: { isFavourite: true },
};
const HAS_NAMES: Readonly<Record<string, string>> = {
  face: "faces",
  people: "faces",
  words: "text",
  ocr: "text",
  place: "gps",
  location: "gps",
  favorite: "favourite",
  heart: "favourite",
};

const has: Operator = (values) => {
  const names = values.map((value) => HAS_NAMES[value.toLowerCase()] ?? value.toLowerCase());
  if (names.some((name) => HAS[name] === undefined))
    return invalid(
      "invalid-value",
      `A photo may have faces, text or gps, or be a favourite, not "${list(values)}".`,
    );
  return chip("has", names, anyOf(names.map((name) => HAS[name]!)));
};

const duplicates: Operator = ([value = ""]) => {
  const choice = (["hidden", "shown", "only"] as const).find((known) => known === value.toLowerCase());
  if (choice === undefined)
    return invalid("invalid-value", `Duplicates may be hidden, shown or only, not "${value}".`, "shown");
  return {
    chip: { kind: "duplicates", label: choice, value: choice, condition: {}, outer: { duplicates: choice } },
  };
};

/** Every operator of the query language, by name. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  person,
  tag,
  category,
  concept,
  class: objectClass,
  text,
  near,
  place,
  before,
  after,
  until,
  since,
  date,
  camera,
  format,
  folder,
  album,
  rating,
  has,
  duplicates,
};

/** Other names of operators. */
export const ALIASES: Readonly<Record<string, keyof typeof OPERATORS>> = {
  people: "person",
  who: "person",
  face: "person",
  object: "class",
  ocr: "text",
  city: "place",
  country: "place",
  in: "place",
  where: "near",
  from: "since",
  to: "until",
  on: "date",
  year: "date",
  when: "date",
  type: "format",
  path: "folder",
  stars: "rating",
  is: "has",
};
