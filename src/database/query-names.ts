import type { ExpressionBuilder } from "kysely";
import type { Database } from "./database.ts";
import type { Schema } from "./schema.ts";

/** Names by which a query may speak of something in the library. */
export interface QueryNames {
  readonly persons: readonly string[];
  readonly categories: readonly string[];
  readonly albums: readonly string[];
  /** What the user taught by name, and whether a photo is known to show it. */
  readonly concepts: readonly { readonly name: string; readonly isFound: boolean }[];
  readonly places: readonly {
    readonly name: string;
    readonly latitude: number;
    readonly longitude: number;
    readonly population: number;
  }[];
}

/** Reads all names, without counting what they stand for: a few milliseconds however many photos there are. */
export async function readQueryNames({ reads }: Pick<Database, "reads">): Promise<QueryNames> {
  const [persons, categories, albums, concepts, places] = await Promise.all([
    reads.selectFrom("persons").select("name").where("status", "=", "active").execute(),
    reads.selectFrom("categories").select("name").execute(),
    reads.selectFrom("albums").select("title").where("isDeleted", "=", 0).execute(),
    reads
      .selectFrom("concepts")
      .select(["name", (eb) => eb.exists(selectSurePhotos(eb)).as("isFound")])
      .where("kind", "=", "named")
      .execute(),
    reads.selectFrom("places").select(["name", "latitude", "longitude", "population"]).execute(),
  ]);
  return {
    persons: persons.map(({ name }) => name),
    categories: categories.map(({ name }) => name),
    albums: albums.map(({ title }) => title),
    concepts: concepts.map(({ name, isFound }) => ({ name, isFound: Boolean(isFound) })),
    places,
  };
}

function selectSurePhotos(eb: ExpressionBuilder<Schema, "concepts">) {
  return eb
    .selectFrom("conceptPhotos")
    .select("photoId")
    .whereRef("conceptPhotos.conceptId", "=", "concepts.id")
    .where("section", "=", "strong");
}
