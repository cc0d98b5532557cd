import { type Kysely, type Selectable, sql } from "kysely";
import type { DecisionsTable, Schema } from "./schema.ts";
import { isInForce } from "./undo-decision.ts";

/** A search as it is kept. */
export interface KeptSearch {
  readonly name: string;
  /** Query string. */
  readonly query: string;
  readonly createdAt: number;
}

/** What is to become of a saved search; what is left out stays. */
export interface SearchChanges {
  readonly name?: string | undefined;
  readonly query?: string | undefined;
}

/** What a human can decide about searches that are kept. */
export type SearchDecision =
  | { readonly kind: "search.create"; readonly searchId: number; readonly kept: KeptSearch }
  | {
      readonly kind: "search.update";
      readonly searchId: number;
      readonly changes: SearchChanges;
      /** As it was, for searches that are older than their decisions. */
      readonly former: KeptSearch;
    }
  | { readonly kind: "search.delete"; readonly searchId: number; readonly former: KeptSearch };

/** Beginning of the kinds of {@link SearchDecision}. */
export const SEARCH_DECISIONS = /^search\./;

/**
 * What all decisions that are in force make of a saved search, one after the other; undefined where there is none. So they can
 * be taken back in any order: the latest of those left counts. Reads every decision once; nobody decides on searches in a hurry.
 */
export async function foldSearch(db: Kysely<Schema>, searchId: number): Promise<KeptSearch | undefined> {
  const rows = await db
    .selectFrom("decisions")
    .selectAll()
    .where("kind", "in", ["search.create", "search.update", "search.delete"])
    .where(sql<number>`payload ->> 'searchId'`, "=", searchId)
    .orderBy("id")
    .execute();
  const decisions = rows.map(toSearchDecision);
  const [first] = decisions;
  const base = first === undefined || first.kind === "search.create" ? undefined : first.former;
  let kept = base && { ...base, isDeleted: false };
  for (const [i, decision] of decisions.entries()) {
    if (!(await isInForce(db, rows[i]!.id))) continue;
    if (decision.kind === "search.create") kept = { ...decision.kept, isDeleted: false };
    else if (kept !== undefined && decision.kind === "search.delete") kept = { ...kept, isDeleted: true };
    else if (kept !== undefined && decision.kind === "search.update") {
      const { name = kept.name, query = kept.query } = decision.changes;
      kept = { ...kept, name, query };
    }
  }
  if (kept === undefined || kept.isDeleted) return undefined;
  const { name, query, createdAt } = kept;
  return { name, query, createdAt };
}

function toSearchDecision({ kind, payload }: Selectable<DecisionsTable>): SearchDecision {
  return { kind, ...(JSON.parse(payload) as object) } as SearchDecision;
}
