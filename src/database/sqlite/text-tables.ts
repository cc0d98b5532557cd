import { type Kysely, sql } from "kysely";

/**
 * The full-text tables; the rowid is the photo's id. They store no text, only the index (`content=''`), so that nothing is
 * kept twice, and rows can be replaced (`contentless_delete`).
 *
 * - `text_words`: whole words of each field, case and diacritics folded. `joined` holds runs of neighbouring words of the
 *   OCR text written together, because recognisers lose spaces.
 * - `text_parts`: trigrams of all fields in one column, for parts of words and misspellings.
 * - `text_cjk`: single characters and pairs of neighbouring characters of scripts without spaces.
 */
export async function createTextTables(db: Kysely<unknown>): Promise<void> {
  const words = "tokenize = 'unicode61 remove_diacritics 2'";
  await sql`
    create virtual table text_words using fts5(
      text, tags, people, file_name, caption, joined,
      content = '', contentless_delete = 1, prefix = '2 3', ${sql.raw(words)}
    )`.execute(db);
  await sql`
    create virtual table text_parts using fts5(
      parts, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram remove_diacritics 1'
    )`.execute(db);
  await sql`
    create virtual table text_cjk using fts5(
      grams, content = '', contentless_delete = 1, detail = none, ${sql.raw(words)}
    )`.execute(db);
  await sql`create virtual table text_vocabulary using fts5vocab('text_words', 'row')`.execute(db);
}
