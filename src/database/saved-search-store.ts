import { type Selectable, sql, type Transaction } from "kysely";
import { KeepsightError } from "../core/errors.ts";
import type { Database } from "./database.ts";
import { appendDecision } from "./decision-store.ts";
import { foldText } from "./fold-text.ts";
import {
  foldSearch,
  type KeptSearch,
  type SearchChanges,
  type SearchDecision,
} from "./saved-search-decisions.ts";
import type { SavedSearchesTable, Schema } from "./schema.ts";
import { appendUndo } from "./undo-decision.ts";

/** A search that somebody keeps. */
export type SavedSearch = Omit<Selectable<SavedSearchesTable>, "nameKey">;

/** A search that was changed, and the decision that takes it back. */
export interface ChangedSearch {
  readonly search: SavedSearch;
  readonly decisionId: number;
}

/**
 * Searches that people keep. Names are unique; case does not matter. Each change is a decision in the history, carried out in
 * one transaction with its record.
 */
export interface SavedSearchStore {
  /** By name. */
  list(page: {
    readonly limit: number;
    readonly offset: number;
  }): Promise<{ readonly items: readonly SavedSearch[]; readonly total: number }>;
  get(id: number): Promise<SavedSearch | undefined>;
  /** `conflict` when the name is taken. */
  create(search: { readonly name: string; readonly query: string }, actor: string): Promise<ChangedSearch>;
  /** What is left out stays. Undefined for an unknown id; `conflict` when the name is taken. */
  change(id: number, changes: SearchChanges, actor: string): Promise<ChangedSearch | undefined>;
  /** Gives the decision; undefined for an unknown id. */
  remove(id: number, actor: string): Promise<number | undefined>;
  /** Takes a decision back, or an undo of one; gives the new decision. `conflict` when somebody else has the name by now. */
  undo(decisionId: number, actor: string): Promise<number>;
  /** Those whose name has a word that starts like this, by name. */
  suggest(prefix: string, limit: number): Promise<readonly SavedSearch[]>;
}

const COLUMNS = ["id", "name", "query", "createdAt", "updatedAt"] as const;

const toKey = (name: string) => name.normalize("NFC").toLowerCase();

/** The store of saved searches in this database. */
export function createSavedSearchStore({ database }: { readonly database: Database }): SavedSearchStore {
  const { reads, writes } = database;

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
    create: ({ name, query }, actor) =>
      writes.transaction().execute(async (transaction) => {
        const kept = { name, query, createdAt: Date.now() };
        const searchId = await findFreeId(transaction);
        return (await decide(transaction, { kind: "search.create", searchId, kept }, actor)) as ChangedSearch;
      }),
    change: (searchId, changes, actor) =>
      writes.transaction().execute(async (transaction) => {
        const former = await find(transaction, searchId);
        if (former === undefined) return undefined;
        const decision = { kind: "search.update", searchId, changes, former } as const;
        return (await decide(transaction, decision, actor)) as ChangedSearch;
      }),
    remove: (searchId, actor) =>
      writes.transaction().execute(async (transaction) => {
        const former = await find(transaction, searchId);
        if (former === undefined) return undefined;
        const decision = { kind: "search.delete", searchId, former } as const;
        return (await decide(transaction, decision, actor)).decisionId;
      }),
    undo: (decisionId, actor) =>
      writes.transaction().execute(async (transaction) => {
        const { decision, root } = await appendUndo(transaction, decisionId, actor);
        const { searchId } = JSON.parse(root.payload) as Pick<SearchDecision, "searchId">;
        await applyDecisions(transaction, searchId);
        return decision.id;
      }),
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

/** Records a decision and carries it out; the search is there afterwards unless it is forgotten. */
async function decide(
  transaction: Transaction<Schema>,
  { kind, ...payload }: SearchDecision,
  actor: string,
): Promise<Partial<ChangedSearch> & Pick<ChangedSearch, "decisionId">> {
  const { id } = await appendDecision(transaction, { kind, actor, payload, inverse: { undo: "this" } });
  const search = await applyDecisions(transaction, payload.searchId);
  return { decisionId: id, ...(search === undefined ? {} : { search }) };
}

/** Makes a search what the decisions about it say, and gives it. */
async function applyDecisions(
  transaction: Transaction<Schema>,
  id: number,
): Promise<SavedSearch | undefined> {
  const kept = await foldSearch(transaction, id);
  if (kept === undefined) {
    await transaction.deleteFrom("savedSearches").where("id", "=", id).execute();
    return undefined;
  }
  await checkNameIsFree(transaction, kept.name, id);
  const values = { ...kept, nameKey: toKey(kept.name), updatedAt: Date.now() };
  return transaction
    .insertInto("savedSearches")
    .values({ id, ...values })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(values))
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
}

async function checkNameIsFree(db: Transaction<Schema>, name: string, exceptId: number): Promise<void> {
  const other = await db
    .selectFrom("savedSearches")
    .select("name")
    .where("nameKey", "=", toKey(name))
    .where("id", "<>", exceptId)
    .executeTakeFirst();
  if (other === undefined) return;
  throw new KeepsightError("conflict", `A search is called "${other.name}" already; choose another name.`);
}

async function find(transaction: Transaction<Schema>, id: number): Promise<KeptSearch | undefined> {
  return transaction
    .selectFrom("savedSearches")
    .select(["name", "query", "createdAt"])
    .where("id", "=", id)
    .executeTakeFirst();
}

/** An id that no search has or had: those that were forgotten can come back. */
async function findFreeId(transaction: Transaction<Schema>): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    select 1 + max(coalesce((select max(id) from saved_searches), 0),
      coalesce((select max(payload ->> 'searchId') from decisions where kind in ('search.create', 'search.update', 'search.delete')), 0)) as id
  `.execute(transaction);
  return rows[0]!.id;
}
