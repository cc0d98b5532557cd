import type { QueryNames } from "../../database/query-names.ts";
import { countryCodeOf, countryName } from "../../core/country-names.ts";
import { foldText } from "../../database/fold-text.ts";
import { editDistance } from "../../database/sqlite/edit-distance.ts";
import { DATE_LANGUAGES, type FindDates, loadDateWords } from "../../query/date-words.ts";
import { parseSearchQuery } from "../../query/parse-query.ts";
import { type ParsedQuery, type QueryChip, quoteValue, toOperator } from "../../query/parsed-query.ts";
import { tokenize } from "../../query/tokens.ts";
import type { QueryConcept, QueryPlace, QueryVocabulary } from "../../query/vocabulary.ts";
import { memoizeAsync } from "../../core/memoize-async.ts";
import type { PlaceThread } from "../places/place-thread.ts";
import { rememberFor } from "./remember-for.ts";

/** Names may be this old, milliseconds: whoever names somebody finds them a moment later. */
const FRESH_MS = 2000;

/** Shorter names have too many neighbours one letter away. */
const MIN_FORGIVEN = 4;

/** Kilometres around the middle of a city that belong to it at least, and what its inhabitants add. */
const MIN_RADIUS_KM = 10;
const INHABITANTS_PER_KM2 = 2500;

/** Operators whose values may be places that no photo has shown yet. */
const PLACE_OPERATORS: ReadonlySet<string> = new Set(["near", "where"]);

/** A name as it is compared, with what it means. */
type Names<Value> = ReadonlyMap<string, Value>;

interface KnownNames {
  /** Full names and their parts. */
  readonly persons: Names<readonly string[]>;
  readonly categories: Names<string>;
  readonly places: Names<QueryPlace>;
  readonly albums: Names<string>;
  readonly concepts: Names<QueryConcept>;
}

export interface UnderstandOptions {
  readonly readNames: () => Promise<QueryNames>;
  readonly thread: Pick<PlaceThread, "find">;
  readonly now?: () => Date;
}

/** A query, understood, whose chips also say how to write them otherwise. */
export interface UnderstoodQuery extends ParsedQuery {
  readonly chips: readonly (QueryChip & {
    /** The same as an operator of the query language. */
    readonly operator: string;
    /** The same part of the query as words that are only searched. */
    readonly plain: string;
  })[];
}

/** Understands what people type with the names that this library knows; see {@link ParsedQuery}. */
export interface UnderstandQuery {
  (query: string): Promise<UnderstoodQuery>;
  /** Loads what dates in words need, ahead of the first query. */
  prepare(): Promise<void>;
}

/** See {@link UnderstandQuery}. */
export function createUnderstandQuery(options: UnderstandOptions): UnderstandQuery {
  const { thread, now = () => new Date() } = options;
  const loadDates = memoizeAsync(() => loadDateWords(DATE_LANGUAGES));
  const readNames = rememberFor(FRESH_MS, async () => indexNames(await options.readNames()));

  async function understand(query: string): Promise<UnderstoodQuery> {
    const [names, dates] = await Promise.all([readNames(), loadDates()]);
    const elsewhere = await findElsewhere(query, names, thread);
    const today = now();
    const vocabulary = toVocabulary(
      { ...names, places: new Map([...names.places, ...elsewhere]) },
      dates,
      today,
    );
    const parsed = parseSearchQuery(query, { vocabulary, now: today });
    const chips = parsed.chips.map((chip) => ({
      ...chip,
      operator: toOperator(chip),
      plain: toPlain(query.slice(chip.start, chip.end)),
    }));
    return { ...parsed, chips };
  }

  return Object.assign(understand, { prepare: async () => void (await loadDates()) });
}

function indexNames({ persons, categories, places, albums, concepts }: QueryNames): KnownNames {
  const byKey = (names: readonly string[]) => new Map(names.map((name) => [foldText(name), name]));
  return {
    persons: indexPersons(persons),
    categories: byKey(categories),
    places: indexCities(places),
    albums: byKey(albums),
    concepts: new Map(concepts.map((concept) => [foldText(concept.name), concept])),
  };
}

/** Persons by their full name and by each part of it; who is called just so comes before who is called so in part. */
function indexPersons(names: readonly string[]): Names<readonly string[]> {
  const full = new Map<string, string[]>();
  const parts = new Map<string, string[]>();
  const add = (index: Map<string, string[]>, key: string, name: string) => {
    const known = index.get(key);
    if (known === undefined) index.set(key, [name]);
    else if (!known.includes(name)) known.push(name);
  };
  for (const name of names) {
    const key = foldText(name);
    add(full, key, name);
    for (const part of key.split(/[\s-]+/)) if (part.length > 1) add(parts, part, name);
  }
  return new Map([...parts, ...full]);
}

/** The larger of two cities of one name is meant. */
function indexCities(cities: QueryNames["places"]): Names<QueryPlace> {
  const smallFirst = cities.toSorted((a, b) => a.population - b.population);
  return new Map(smallFirst.map((city) => [foldText(city.name), toQueryPlace(city)]));
}

function toQueryPlace({ name, latitude, longitude, population }: QueryNames["places"][number]): QueryPlace {
  const radiusKm = Math.max(MIN_RADIUS_KM, Math.round(Math.sqrt(population / INHABITANTS_PER_KM2 / Math.PI)));
  return { label: name, filter: { near: { latitude, longitude, radiusKm } } };
}

/** Cities that operators name and no photo has shown: from the gazetteer, which costs a moment the first time. */
async function findElsewhere(query: string, { places }: KnownNames, thread: Pick<PlaceThread, "find">) {
  const found = new Map<string, QueryPlace>();
  for (const token of tokenize(query)) {
    if (token.kind !== "operator" || !PLACE_OPERATORS.has(token.name.toLowerCase())) continue;
    const name = (token.values[0]?.text ?? "").replace(/~.*$/su, "").trim();
    const key = foldText(name);
    if (name === "" || /^[-\d]/.test(name) || places.has(key) || countryCodeOf(name) !== undefined) continue;
    const [city = "", country] = name.split(",").map((part) => part.trim());
    const [largest] = await thread.find(city, country === undefined ? undefined : countryCodeOf(country));
    if (largest !== undefined) found.set(key, toQueryPlace(largest));
  }
  return found;
}

/** A part of a query in quotation marks, so that it is no operator and no name. */
function toPlain(part: string): string {
  const quoted = quoteValue(part.replace(/^-/, ""));
  return quoted.startsWith('"') ? quoted : `"${quoted}"`;
}

function findCountry(name: string): QueryPlace | undefined {
  const code = countryCodeOf(name);
  return code === undefined ? undefined : { label: countryName(code), filter: { places: [code] } };
}

/** The one name that is a letter away; undefined where there is none, or several mean different things. */
function closest<Value>(names: Names<Value>, name: string): Value | undefined {
  const key = foldText(name);
  if (key.length < MIN_FORGIVEN) return undefined;
  const near = new Set<Value>();
  for (const [known, value] of names) if (editDistance(known, key, 1) === 1) near.add(value);
  return near.size === 1 ? [...near][0] : undefined;
}

function toVocabulary(names: KnownNames, dates: FindDates, today: Date): QueryVocabulary {
  const { persons, categories, places, albums, concepts } = names;
  return {
    persons: (name) => persons.get(foldText(name)) ?? [],
    closestPerson(name) {
      const found = closest(persons, name);
      return found?.length === 1 ? found[0] : undefined;
    },
    category: (name) => categories.get(foldText(name)),
    closestCategory: (name) => closest(categories, name),
    place: (name) => places.get(foldText(name)) ?? findCountry(name),
    closestPlace: (name) => closest(places, name),
    album: (name) => albums.get(foldText(name)),
    closestAlbum: (name) => closest(albums, name),
    concept: (name) => concepts.get(foldText(name)),
    closestConcept: (name) => closest(concepts, name),
    dates: (text) => dates(text, today),
  };
}
