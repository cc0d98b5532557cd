import type { Selectable } from "kysely";
import { KeepsightError } from "../core/errors.ts";
import type { Database } from "./database.ts";
import { foldText } from "./fold-text.ts";
import type { SavedSearchesTable } from "./schema.ts";

/** A search that somebody keeps. */
export type SavedSearch = Omit<Selectable<SavedSearchesTable>, "nameKey">;

/** Searches that people keep. Names are unique; case does not matter. */
export interface SavedSearchStore {
  /** By name. */
  list(page: {
    readonly limit: number;
    readonly offset: number;
  }): Promise<{ readonly items: readonly SavedSearch[]; readonly total: number }>;
  get(id: number): Promise<SavedSearch | undefined>;
  /** `conflict` when the name is taken. */
  create(search: { readonly name: string; readonly query: string }): Promise<SavedSearch>;
  /** What is left out stays. Undefined for an unknown id; `conflict` when the name is taken. */
  change(
    id: number,
    change: { readonly name?: string | undefined; readonly query?: string | undefined },
  ): Promise<SavedSearch | undefined>;
  /** False for an unknown id. */
  remove(id: number): Promise<boolean>;
  /** Those whose name has a word that starts like this, by name. */
  suggest(prefix: string, limit: number): Promise<readonly SavedSearch[]>;
}

const COLUMNS = ["id", "name", "query", "createdAt", "updatedAt"] as const;

const toKey = (name: string) => name.normalize("NFC").toLowerCase();

/** The store of saved searches in this database. */
export function createSavedSearchStore({ database }: { readonly database: Database }): SavedSearchStore {
  const { reads, writes } = database;

  async function checkNameIsFree(db: typeof writes, name: string, exceptId: number): Promise<void> {
    const other = await db
      .selectFrom("savedSearches")
      .select("name")
      .where("nameKey", "=", toKey(name))
      .where("id", "<>", exceptId)
      .executeTakeFirst();
    if (other === undefined) return;
    throw new KeepsightError("conflict", `A search is called "${other.name}" already; choose another name.`);
  }

  return {
    async list({ limit, offset }) {
      const items = await reads
        .selectFrom("savedSearches")
        .select(COLUMNS)
        .orderBy("nameKey")
        .orderBy("id")
        .limit(limit)
        .offset(offset)
        .execute();
      const { total } = await reads
        .selectFrom("savedSearches")
        .select((eb) => eb.fn.countAll<number>().as("total"))
        .executeTakeFirstOrThrow();
      return { items, total };
    },
    get: (id) => reads.selectFrom("savedSearches").select(COLUMNS).where("id", "=", id).executeTakeFirst(),
    create: ({ name, query }) =>
      writes.transaction().execute(async (transaction) => {
        await checkNameIsFree(transaction, name, 0);
        const now = Date.now();
        return transaction
          .insertInto("savedSearches")
          .values({ name, nameKey: toKey(name), query, createdAt: now, updatedAt: now })
          .returning(COLUMNS)
          .executeTakeFirstOrThrow();
      }),
    change: (id, { name, query }) =>
      writes.transaction().execute(async (transaction) => {
        const known = transaction.selectFrom("savedSearches").select("id").where("id", "=", id);
        if ((await known.executeTakeFirst()) === undefined) return undefined;
        if (name !== undefined) await checkNameIsFree(transaction, name, id);
        return transaction
          .updateTable("savedSearches")
          .set({
            ...(name === undefined ? {} : { name, nameKey: toKey(name) }),
            ...(query === undefined ? {} : { query }),
            updatedAt: Date.now(),
          })
          .where("id", "=", id)
          .returning(COLUMNS)
          .executeTakeFirst();
      }),
    async remove(id) {
      const { numDeletedRows } = await writes
        .deleteFrom("savedSearches")
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
    async suggest(prefix, limit) {
      // A person keeps some dozens of searches.
      const all = await reads.selectFrom("savedSearches").select(COLUMNS).orderBy("nameKey").execute();
      const start = foldText(prefix.trim());
      const isMeant = ({ name }: SavedSearch) =>
        foldText(name).startsWith(start) ||
        foldText(name)
          .split(/\s+/)
          .some((word) => word.startsWith(start));
      return all.filter(isMeant).slice(0, limit);
    },
  };
}
