import type { Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import type { ConceptDecision } from "../../core/concept-decision.ts";
import type { Database } from "../database.ts";
import { appendDecision, type Decision } from "../decision-store.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { appendUndo } from "../undo-decision.ts";
import { cleanConceptName, refreshConcept, toConceptFacts } from "./concept-facts.ts";

/** Tells decisions about concepts by the beginning of their kind. */
export const CONCEPT_DECISIONS = /^concept\./;

/** A decision that was carried out; the concept has to be learnt again. */
export interface ConceptChange {
  readonly decision: Decision;
  readonly conceptId: string;
}

/**
 * Carries out what humans decide about concepts and takes it back: every decision is appended to the history in the
 * transaction of its effect, as statements that can be switched off.
 */
export interface ConceptDecisions {
  /**
   * Throws `not_found` for unknown concepts and photos, `conflict` for a name that is in use, `bad_request` for one with
   * nothing in it. Nothing has changed then.
   */
  decide(decision: ConceptDecision, actor: string): Promise<ConceptChange>;
  /** Takes a decision back, or an undo of one; `conflict` where the name is in use by now. */
  undo(decisionId: number, actor: string): Promise<ConceptChange>;
}

export interface ConceptDecisionsOptions {
  readonly database: Database;
  /** Told of photos whose tags changed, inside the transaction. */
  readonly onPhotosChanged: (transaction: Transaction<Schema>, photoIds: readonly number[]) => Promise<void>;
}

export function createConceptDecisions({
  database,
  onPhotosChanged,
}: ConceptDecisionsOptions): ConceptDecisions {
  const { writes } = database;

  async function settle(transaction: Transaction<Schema>, conceptId: string): Promise<void> {
    const photoIds = await refreshConcept(transaction, conceptId);
    if (photoIds.length > 0) await onPhotosChanged(transaction, photoIds);
  }

  return {
    decide: (wanted, actor) =>
      writes.transaction().execute(async (transaction) => {
        const checked = await check(transaction, wanted);
        const { kind, ...payload } = checked;
        const { conceptId } = checked;
        const inverse = { undo: "this" };
        const decision = await appendDecision(transaction, { kind, actor, payload, inverse });
        const rows = toConceptFacts(checked).map((fact) => ({ ...fact, decisionId: decision.id }));
        await transaction.insertInto("conceptFacts").values(rows).execute();
        await settle(transaction, conceptId);
        return { decision, conceptId };
      }),
    undo: (decisionId, actor) =>
      writes.transaction().execute(async (transaction) => {
        const { decision, root } = await appendUndo(transaction, decisionId, actor);
        const [fact] = await transaction
          .updateTable("conceptFacts")
          .set({ isActive: root.isActive ? 0 : 1 })
          .where("decisionId", "=", root.id)
          .returning("conceptId")
          .execute();
        if (fact === undefined)
          throw new KeepsightError("not_found", `Decision ${decisionId} is none about concepts.`);
        await settle(transaction, fact.conceptId);
        return { decision, conceptId: fact.conceptId };
      }),
  };
}

async function check(transaction: Transaction<Schema>, decision: ConceptDecision): Promise<ConceptDecision> {
  if (decision.kind !== "concept.create") await checkConcept(transaction, decision.conceptId);
  if ("examples" in decision) await checkPhotos(transaction, decision.examples);
  if (decision.kind === "concept.create" || decision.kind === "concept.rename")
    return { ...decision, name: cleanConceptName(decision.name) };
  return decision;
}

async function checkConcept(transaction: Transaction<Schema>, conceptId: string): Promise<void> {
  const known = await transaction
    .selectFrom("concepts")
    .select("id")
    .where("id", "=", conceptId)
    .executeTakeFirst();
  if (known === undefined) throw new KeepsightError("not_found", `There is no concept ${conceptId}.`);
}

async function checkPhotos(
  transaction: Transaction<Schema>,
  examples: readonly { readonly photoId: number }[],
): Promise<void> {
  const wanted = examples.map(({ photoId }) => photoId);
  const rows = await transaction
    .selectFrom("photos")
    .select("id")
    .where("id", "in", valueList(wanted))
    .where("hiddenAt", "is", null)
    .execute();
  const known = new Set(rows.map(({ id }) => id));
  const unknown = wanted.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw new KeepsightError("not_found", `There is no photo ${unknown} in the library.`);
}
