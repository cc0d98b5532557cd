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
import type { Schema } from "../schema.ts";
import type { TextExplanation } from "../text-index.ts";
import { explainText } from "./explain-text.ts";
import { packHits, type PackedHits } from "./packed-hits.ts";
import { documentsQuery, toDocument } from "./text-documents.ts";
import { searchText } from "./text-search.ts";
import { parseQuery } from "./text-terms.ts";

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
export function createThreadTasks(prepare: (sql: string) => StatementSync): ThreadTasks {
  const compiler = createCompiler();
  const read: ReadRows = <Row>(query: RawBuilder<Row>) => {
    const { sql, parameters } = query.compile(compiler);
    return prepare(sql).all(...(parameters as string[])) as Row[];
  };
  return {
    searchText: ({ query, filter, limit }) =>
      packHits(searchText({ read, filter, limit }, parseQuery(query))),
    explainText({ photoIds, query }) {
      const terms = parseQuery(query);
      const documents = read(documentsQuery(photoIds)).map(toDocument);
      return new Map(explainText(documents, terms).map((found, i) => [documents[i]!.photoId, found]));
    },
  };
}
