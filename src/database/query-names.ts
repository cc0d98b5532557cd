import type { Database } from "./database.ts";

/** Names by which a query may speak of something in the library. */
export interface QueryNames {
  readonly persons: readonly string[];
  readonly categories: readonly string[];
  readonly albums: readonly string[];
  readonly places: readonly {
    readonly name: string;
    readonly latitude: number;
    readonly longitude: number;
    readonly population: number;
  }[];
}

/** Reads all names, without counting what they stand for: a few milliseconds however many photos there are. */
export async function readQueryNames({ reads }: Pick<Database, "reads">): Promise<QueryNames> {
  const [persons, categories, albums, places] = await Promise.all([
    reads.selectFrom("persons").select("name").where("status", "=", "active").execute(),
    reads.selectFrom("categories").select("name").execute(),
    reads.selectFrom("albums").select("title").where("isDeleted", "=", 0).execute(),
    reads.selectFrom("places").select(["name", "latitude", "longitude", "population"]).execute(),
  ]);
  return {
    persons: persons.map(({ name }) => name),
    categories: categories.map(({ name }) => name),
    albums: albums.map(({ title }) => title),
    places,
  };
}
