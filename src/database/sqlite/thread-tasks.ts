import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  CamelCasePlugin,
  DummyDriver,
  Kysely,
  type RawBuilder,
  sql,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { Facet } from "../../core/facets.ts";
import type { FacetCounts } from "../facet-store.ts";
import type { Schema } from "../schema.ts";
import type { TextExplanation } from "../text-index.ts";
import type { ChangeLog } from "./change-log.ts";
import { explainText } from "./explain-text.ts";
import { createFacetCache } from "./facet-cache.ts";
import { countPostings } from "./facet-postings.ts";
import { createFilterSets } from "./filter-sets.ts";
import { packHits, type PackedHits } from "./packed-hits.ts";
import type { PhotoSet } from "../photo-set.ts";
import { documentsQuery, toDocument } from "./text-documents.ts";
import { createTextSearch } from "./text-search.ts";
import { parseQuery } from "./text-terms.ts";

/**
 * Pieces of work that need several statements one after the other: they run in the thread of a connection, in one message
 * there and one back, since each message costs as much as a quick statement.
 */
export interface ThreadTasks {
  /** The photos that pass a filter. The thread that runs it remembers parts of filters. */
  findPassing(input: { readonly filter: PhotoFilter }): PhotoSet;
  /** Photos of the set that match the query. */
  searchText(input: { readonly query: string; readonly among: PhotoSet; readonly limit: number }): PackedHits;
  explainText(input: {
    readonly photoIds: readonly number[];
    readonly query: string;
  }): ReadonlyMap<number, readonly TextExplanation[]>;
  countFacets(input: {
    readonly facets: readonly Facet[];
    readonly among: PhotoSet;
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

/** What tasks run on. */
export interface TaskConnection {
  readonly connection: Pick<DatabaseSync, "function">;
  readonly prepare: (sql: string) => StatementSync;
  /** See {@link createChangeLog}. */
  readonly log: ChangeLog;
}

/** The tasks on a connection, by way of its prepared statements. */
export function createThreadTasks({ connection, prepare, log }: TaskConnection): ThreadTasks {
  const compiler = createCompiler();
  const read: ReadRows = <Row>(query: RawBuilder<Row>) => {
    const { sql: text, parameters } = query.compile(compiler);
    return prepare(text).all(...(parameters as string[])) as Row[];
  };
  const readFacets = createFacetCache(read);
  const findPassing = createFilterSets({
    read,
    compile: (query) => sql`${query}`.compile(compiler),
    log,
  });
  const searchWords = createTextSearch({ read, connection });
  return {
    findPassing: ({ filter }) => findPassing(filter),
    countFacets({ facets, among, limit }) {
      const known = readFacets();
      return { total: among.size, counts: facets.map((facet) => countPostings(known, facet, among, limit)) };
    },
    searchText: ({ query, among, limit }) =>
      packHits(searchWords({ terms: parseQuery(query), among, limit })),
    explainText({ photoIds, query }) {
      const terms = parseQuery(query);
      const documents = read(documentsQuery(photoIds)).map(toDocument);
      return new Map(explainText(documents, terms).map((found, i) => [documents[i]!.photoId, found]));
    },
  };
}
