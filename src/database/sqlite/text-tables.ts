import { type Kysely, sql } from "kysely";

/**
 * Makes the full-text tables, empty, in place of those that are there. What goes in is folded already (see `foldText`), so the tokenizers need not.
 *
 * - `text_words`: the words of each field, and for scripts without spaces single characters and pairs of neighbours. The
 *   rowid is the photo's id. It stores no text, only the index (`content=''`), so that nothing is kept twice, and its rows
 *   can be replaced (`contentless_delete`).
 * - `text_vocabulary`: how many photos each word of the index is on.
 * - `text_terms` and their trigrams `text_term_parts`: the different words, to find those that hold a part, or that are
 *   spelt nearly alike. Searching these few and then whole words is some twenty times as fast as trigrams of every photo's
 *   text (100,000 photos × 20 words: p95 of two-word queries 99 ms that way), and costs a fraction of the space. Words that
 *   are no longer in any photo stay until the next rebuild, and do no harm.
 */
export async function createTextTables(db: Kysely<unknown>): Promise<void> {
  for (const table of ["text_vocabulary", "text_words", "text_terms", "text_term_parts"])
    await sql`drop table if exists ${sql.table(table)}`.execute(db);
  await sql`
    create virtual table text_words using fts5(
      text, tags, objects, people, file_name, caption, place,
      content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
    )`.execute(db);
  await sql`create virtual table text_vocabulary using fts5vocab('text_words', 'row')`.execute(db);
  await sql`create table text_terms (id integer primary key, term text not null unique)`.execute(db);
  await sql`
    create virtual table text_term_parts using fts5(
      term, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
    )`.execute(db);
  await sql`
    create trigger text_terms_insert after insert on text_terms
    begin insert into text_term_parts (rowid, term) values (new.id, new.term); end`.execute(db);
  await sql`
    create trigger text_terms_delete after delete on text_terms
    begin delete from text_term_parts where rowid = old.id; end`.execute(db);
}
