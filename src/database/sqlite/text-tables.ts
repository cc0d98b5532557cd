import { type Kysely, sql } from "kysely";

/**
 * The full-text tables; the rowid is the photo's id. They store no text, only the index (`content=''`), so that nothing is
 * kept twice, and rows can be replaced (`contentless_delete`).
 *
 * - `text_words`: whole words of each field, and for scripts without spaces single characters and pairs of neighbours.
 * - `text_parts`: trigrams of all fields in one column, for parts of words. Lines of text stand there a second time without
 *   their spaces, because recognisers lose spaces and find false ones.
 *
 * What goes in is folded already (see `foldText`), so the tokenizers need not.
 */
export async function createTextTables(db: Kysely<unknown>): Promise<void> {
  await sql`
    create virtual table text_words using fts5(
      text, tags, people, file_name, caption,
      content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 0'
    )`.execute(db);
  await sql`
    create virtual table text_parts using fts5(
      parts, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
    )`.execute(db);
  await sql`create virtual table text_vocabulary using fts5vocab('text_words', 'row')`.execute(db);
}
