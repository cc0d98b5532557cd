import { type Kysely, sql } from "kysely";
import type { Database } from "../database.ts";
import { foldText } from "../fold-text.ts";
import type { Schema } from "../schema.ts";
import { TEXT_FIELDS, type TextIndex } from "../text-index.ts";
import { executeBatch } from "./dialect.ts";
import { explainText } from "./explain-text.ts";
import { readTextDocuments, type TextDocument, toParts } from "./text-documents.ts";
import { parseQuery, toIndexTokens } from "./text-terms.ts";
import { searchText } from "./text-search.ts";
import type { Statement } from "./thread-protocol.ts";

/** Photos made anew in one transaction of a rebuild: short enough to let other writers in between. */
const REBUILD_PAGE = 200;

const DELETE_WORDS = "delete from text_words where rowid = ?";
const DELETE_PARTS = "delete from text_parts where rowid = ?";
const INSERT_WORDS =
  "insert into text_words (rowid, text, tags, people, file_name, caption) values (?, ?, ?, ?, ?, ?)";
const INSERT_PARTS = "insert into text_parts (rowid, parts) values (?, ?)";

function toStatements(document: TextDocument): Statement[] {
  const { photoId, fields } = document;
  const columns = TEXT_FIELDS.map((field) => toIndexTokens(foldText(fields[field].join("\n"))));
  return [
    { sql: DELETE_WORDS, parameters: [photoId] },
    { sql: DELETE_PARTS, parameters: [photoId] },
    { sql: INSERT_WORDS, parameters: [photoId, ...columns] },
    { sql: INSERT_PARTS, parameters: [photoId, toParts(document)] },
  ];
}

async function updateRows(db: Kysely<Schema>, photoIds: readonly number[]): Promise<void> {
  const documents = await readTextDocuments(db, photoIds);
  await executeBatch(db, documents.flatMap(toStatements));
}

async function removeOrphans(writes: Kysely<Schema>): Promise<void> {
  for (const table of ["text_words", "text_parts"]) {
    await sql`delete from ${sql.table(table)} where rowid not in (select id from photos)`.execute(writes);
  }
}

async function rebuildRows(writes: Kysely<Schema>, progress?: (done: number) => void): Promise<void> {
  let done = 0;
  let lastId = 0;
  await removeOrphans(writes);
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

/** Full-text search on SQLite's FTS5; see `text-tables.ts` for what is indexed and `text-search.ts` for how it is found. */
export function createSqliteTextIndex({ database }: { readonly database: Database }): TextIndex {
  const { reads, writes } = database;
  return {
    search: (query, { limit, filter = {} }) => searchText({ reads, filter, limit }, parseQuery(query)),
    async suggest(prefix, limit) {
      const start = parseQuery(prefix).at(-1)?.text;
      if (start === undefined) return [];
      const { rows } = await sql<{ word: string; photos: number }>`
        select term as word, doc as photos from text_vocabulary
        where term >= ${start} and term < ${`${start}\u{10ffff}`}
        order by doc desc, term limit ${limit}
      `.execute(reads);
      return rows;
    },
    async explain(photoIds, query) {
      const terms = parseQuery(query);
      const documents = await readTextDocuments(reads, photoIds);
      return new Map(documents.map((document) => [document.photoId, explainText(document, terms)]));
    },
    update: updateRows,
    rebuild: (progress) => rebuildRows(writes, progress),
  };
}
