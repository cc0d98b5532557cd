import type { StatementSync } from "node:sqlite";
import {
  CamelCasePlugin,
  DummyDriver,
  Kysely,
  type RawBuilder,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { Facet } from "../../core/facets.ts";
import type { FacetCounts } from "../facet-store.ts";
import { passedIds, photoMatches } from "../photo-filter.ts";
import type { Schema } from "../schema.ts";
import type { TextExplanation } from "../text-index.ts";
import { explainText } from "./explain-text.ts";
import { createFacetCache } from "./facet-cache.ts";
import { countPostings, toPhotoSet } from "./facet-postings.ts";
import { packHits, type PackedHits } from "./packed-hits.ts";
import { documentsQuery, toDocument } from "./text-documents.ts";
import { searchText } from "./text-search.ts";
import { parseQuery } from "./text-terms.ts";
import type { Statement } from "./thread-protocol.ts";

/**
 * Pieces of work that need several statements one after the other: they run in the thread of a connection, in one message
 * there and one back, since each message costs as much as a quick statement.
 */
export interface ThreadTasks {
  searchText(input: {
    readonly query: string;
    readonly filter: PhotoFilter;
    readonly limit: number;
  }): PackedHits;
  explainText(input: {
    readonly photoIds: readonly number[];
    readonly query: string;
  }): ReadonlyMap<number, readonly TextExplanation[]>;
  countFacets(input: {
    readonly facets: readonly Facet[];
    readonly filter: PhotoFilter;
    readonly limit: number;
  }): FacetCounts;
}

/** Runs a query on the connection of this thread and gives its rows, with the names of columns as the query has them. */
export type ReadRows = <Row>(query: RawBuilder<Row>) => readonly Row[];

/** Builds statements and never runs any. */
function createCompiler(): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createIntrospector: (db) => new SqliteIntrospector(db),
    },
    plugins: [new CamelCasePlugin()],
  });
}

/** The tasks on a connection, by way of its prepared statements. */
export function createThreadTasks(
  prepare: (sql: string) => StatementSync,
  readIds: (statement: Statement) => Uint32Array,
): ThreadTasks {
  const compiler = createCompiler();
  const read: ReadRows = <Row>(query: RawBuilder<Row>) => {
    const { sql, parameters } = query.compile(compiler);
    return prepare(sql).all(...(parameters as string[])) as Row[];
  };
  const listIds = (filter: PhotoFilter) =>
    Uint32Array.from(
      passedIds(filter) ??
        readIds(compiler.selectFrom("photos").where(photoMatches(filter)).select("photos.id").compile()),
    );
  const readFacets = createFacetCache(read, () => listIds({}));
  return {
    countFacets({ facets, filter, limit }) {
      const known = readFacets();
      const isWhole = Object.values(filter).every((value) => value === undefined);
      const among = isWhole ? known.inSight : toPhotoSet(listIds(filter));
      return { total: among.size, counts: facets.map((facet) => countPostings(known, facet, among, limit)) };
    },
    searchText: ({ query, filter, limit }) =>
      packHits(searchText({ read, filter, limit }, parseQuery(query))),
    explainText({ photoIds, query }) {
      const terms = parseQuery(query);
      const documents = read(documentsQuery(photoIds)).map(toDocument);
      return new Map(explainText(documents, terms).map((found, i) => [documents[i]!.photoId, found]));
    },
  };
}
