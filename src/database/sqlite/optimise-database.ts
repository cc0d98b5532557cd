import { sql } from "kysely";
import type { Database } from "../database.ts";

/** Free pages beyond this share of the file are given back to the disk. */
const WASTED_SHARE = 0.2;
/** A file smaller than this is left as it is, bytes. */
const SMALL_BYTES = 16 * 1024 * 1024;

/** What optimising did. */
export interface Optimised {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly wasCompacted: boolean;
}

/**
 * Merges the full-text index, has the planner look at the tables anew, and gives free pages back where they are many. Each
 * statement holds the writer for as long as it takes: readers go on, writes wait.
 */
export async function optimiseDatabase({ reads, writes }: Database): Promise<Optimised> {
  const before = await readSize({ reads });
  await sql`insert into text_words (text_words) values ('optimize')`.execute(writes);
  await sql`insert into text_term_parts (text_term_parts) values ('optimize')`.execute(writes);
  await sql`pragma optimize`.execute(writes);
  const { freeBytes } = await readSize({ reads });
  const wasCompacted = before.bytes > SMALL_BYTES && freeBytes > before.bytes * WASTED_SHARE;
  if (wasCompacted) await sql`vacuum`.execute(writes);
  await sql`pragma wal_checkpoint(truncate)`.execute(writes);
  const { bytes: bytesAfter } = await readSize({ reads });
  return { bytesBefore: before.bytes, bytesAfter, wasCompacted };
}

async function readSize({ reads }: Pick<Database, "reads">) {
  const { rows } = await sql<{ bytes: number; freeBytes: number }>`
    select page_count * page_size as bytes, freelist_count * page_size as free_bytes
    from pragma_page_count, pragma_page_size, pragma_freelist_count
  `.execute(reads);
  return rows[0]!;
}
