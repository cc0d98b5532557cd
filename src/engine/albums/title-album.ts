import type { AlbumSpace } from "../../core/album-space.ts";

/** What an automatic title is made of. */
export interface TitleFacts {
  readonly photos: number;
  /** Tags of its photos: on how many of them, and on which share of all photos of the library. */
  readonly tags: readonly { readonly name: string; readonly photos: number; readonly share: number }[];
  /** Named persons, and in how many of its photos. */
  readonly persons: readonly { readonly name: string; readonly photos: number }[];
  /** Where its photos were taken, and how many of them. */
  readonly places: readonly { readonly name: string; readonly photos: number }[];
  /** `YYYY-MM-DD`, of the photos between the first and the last tenth, so that a stray one does not count. */
  readonly firstDay?: string;
  readonly lastDay?: string;
}

/** A name speaks for an album when it stands for this share of its photos. */
const MAJORITY = 0.6;
/** A tag is worth naming when it is this share of an album… */
const COMMON = 0.3;
/** …and so many times as frequent as in the whole library. */
const DISTINCTIVE = 1.5;
const MOST_TAGS = 2;

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** The title of an auto-album: who or what it shows, where, and when, as far as most of its photos agree. */
export function titleAlbum(facts: TitleFacts, space: AlbumSpace): string {
  const isOfPeople = space === "people" || space === "faces";
  const { photos, persons, places } = facts;
  const isMost = (count: number) => count >= photos * MAJORITY;
  const person = persons.find(({ photos: count }) => isMost(count))?.name;
  const place = places.find(({ photos: count }) => isMost(count))?.name;
  // What stands around a face says nothing about whose it is.
  const tags =
    space === "faces"
      ? []
      : distinctiveTags(facts).filter((tag) => !isOfPeople || tag.toLowerCase() !== "person");
  const what = person ?? joinWords(tags) ?? (isOfPeople ? "Somebody" : undefined);
  const parts = [what, place, titlePeriod(facts)];
  const title = parts.filter((part) => part !== undefined).join(" · ");
  return title === "" ? "Photos that look alike" : title;
}

function distinctiveTags({ tags, photos }: TitleFacts): readonly string[] {
  return tags
    .map((tag) => ({ ...tag, ofAlbum: tag.photos / photos }))
    .filter(({ ofAlbum, share }) => ofAlbum >= COMMON && (ofAlbum >= share * DISTINCTIVE || ofAlbum >= 0.9))
    .map(({ name, ofAlbum, share }) => ({
      name,
      weight: ofAlbum * Math.log1p(ofAlbum / Math.max(share, 1e-6)),
    }))
    .toSorted((one, other) => other.weight - one.weight || (one.name < other.name ? -1 : 1))
    .slice(0, MOST_TAGS)
    .map(({ name }) => name);
}

function joinWords(words: readonly string[]): string | undefined {
  const [first, ...rest] = words;
  if (first === undefined) return undefined;
  return [first.charAt(0).toUpperCase() + first.slice(1), ...rest].join(", ");
}

/** The month, the year, or the years in which nearly all were taken; nothing when that is half a life. */
function titlePeriod({ firstDay, lastDay }: TitleFacts): string | undefined {
  if (firstDay === undefined || lastDay === undefined) return undefined;
  const [firstYear, firstMonth] = firstDay.split("-").map(Number) as [number, number];
  const [lastYear, lastMonth] = lastDay.split("-").map(Number) as [number, number];
  if (firstYear !== lastYear) return lastYear - firstYear <= 3 ? `${firstYear}–${lastYear}` : undefined;
  return firstMonth === lastMonth ? `${MONTHS[firstMonth - 1]} ${firstYear}` : String(firstYear);
}

/** The titles with numbers behind those that occur more than once. */
export function numberTitles(titles: readonly string[]): readonly string[] {
  const total = new Map<string, number>();
  for (const title of titles) total.set(title, (total.get(title) ?? 0) + 1);
  const seen = new Map<string, number>();
  return titles.map((title) => {
    if (total.get(title) === 1) return title;
    seen.set(title, (seen.get(title) ?? 0) + 1);
    return `${title} (${seen.get(title)})`;
  });
}
