import { type Kysely, sql } from "kysely";
import { TEXT_FIELDS } from "../../core/search-vocabulary.ts";
import type { Database } from "../database.ts";
import { foldText } from "../fold-text.ts";
import type { Schema } from "../schema.ts";
import type { TextIndex } from "../text-index.ts";
import { executeBatch } from "./dialect.ts";
import { unpackHits } from "./packed-hits.ts";
import { readTextDocuments, type TextDocument } from "./text-documents.ts";
import { parseQuery, toIndexWords } from "./text-terms.ts";
import type { Statement } from "./thread-protocol.ts";
import { createWordCounts, type WordCount } from "./word-counts.ts";

/** Photos made anew in one transaction of a rebuild: short enough to let other writers in between. */
const REBUILD_PAGE = 200;

const DELETE_WORDS = "delete from text_words where rowid = ?";
const INSERT_WORDS =
  "insert into text_words (rowid, text, tags, objects, people, file_name, caption, place) values (?, ?, ?, ?, ?, ?, ?, ?)";
const INSERT_TERMS =
  "insert into text_terms (term) select value from json_each(?) where true on conflict do nothing";

function toStatements({ photoId, fields }: TextDocument): Statement[] {
  const columns = TEXT_FIELDS.map((field) => toIndexWords(foldText(fields[field].join("\n"))));
  const terms = new Set(columns.flatMap(({ words }) => words));
  return [
    { sql: DELETE_WORDS, parameters: [photoId] },
    {
      sql: INSERT_WORDS,
      parameters: [photoId, ...columns.map(({ words, grams }) => [...words, ...grams].join(" "))],
    },
    { sql: INSERT_TERMS, parameters: [JSON.stringify([...terms])] },
  ];
}

async function updateRows(db: Kysely<Schema>, photoIds: readonly number[]): Promise<void> {
  const documents = await readTextDocuments(db, photoIds);
  await executeBatch(db, documents.flatMap(toStatements));
}

/** Rows of photos that are gone, and words that may be. Every word still in use comes back with its photo's page. */
async function removeLeftovers(writes: Kysely<Schema>): Promise<void> {
  await sql`delete from text_words where rowid not in (select id from photos)`.execute(writes);
  await sql`delete from text_terms`.execute(writes);
}

async function rebuildRows(writes: Kysely<Schema>, progress?: (done: number) => void): Promise<void> {
  let done = 0;
  let lastId = 0;
  await removeLeftovers(writes);
  for (;;) {
    const page = await writes
      .selectFrom("photos")
      .select("id")
      .where("id", ">", lastId)
      .orderBy("id")
      .limit(REBUILD_PAGE)
      .execute();
    const ids = page.map(({ id }) => id);
    if (ids.length === 0) return;
    await writes.transaction().execute((transaction) => updateRows(transaction, ids));
    lastId = ids.at(-1) ?? lastId;
    done += ids.length;
    progress?.(done);
  }
}

/** The most frequent words that begin so, each with its photos counted. */
async function countWords(
  reads: Kysely<Schema>,
  start: string,
  limit: number,
): Promise<readonly WordCount[]> {
  const { rows } = await sql<WordCount>`
    select term as word, doc as photos from text_vocabulary
    where term >= ${start} and term < ${`${start}\u{10ffff}`}
    order by doc desc, term limit ${limit}
  `.execute(reads);
  return rows;
}

async function readVocabulary(
  reads: Kysely<Schema>,
  after: string,
  limit: number,
): Promise<readonly WordCount[]> {
  const { rows } = await sql<WordCount>`
    select term as word, doc as photos from text_vocabulary where term > ${after} order by term limit ${limit}
  `.execute(reads);
  return rows;
}

/** Words that are no longer in any photo count too, until the next rebuild. */
async function countTerms(reads: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ last: number | null }>`select max(id) as last from text_terms`.execute(reads);
  return rows[0]!.last ?? 0;
}

/** Full-text search on SQLite's FTS5; see `text-tables.ts` for what is indexed and `text-search.ts` for how it is found. */
export function createSqliteTextIndex({ database }: { readonly database: Database }): TextIndex {
  const { reads, writes } = database;
  const wordCounts = createWordCounts({
    countWords: () => countTerms(reads),
    readPage: (after, limit) => readVocabulary(reads, after, limit),
  });
  return {
    async search(query, { limit, filter = {}, among }) {
      const passing = among ?? (await database.runTask("findPassing", { filter }));
      return unpackHits(await database.runTask("searchText", { query, among: passing, limit }));
    },
    async suggest(prefix, limit) {
      const start = parseQuery(prefix).at(-1)?.text;
      if (start === undefined) return [];
      return wordCounts.find(start, limit) ?? countWords(reads, start, limit);
    },
    prepareSuggest: () => wordCounts.count(),
    explain: async (photoIds, query) =>
      photoIds.length === 0 ? new Map() : database.runTask("explainText", { photoIds, query }),
    update: updateRows,
    rebuild: (progress) => rebuildRows(writes, progress),
  };
}
