import type { Kysely, Selectable } from "kysely";
import { KeepsightError } from "../core/errors.ts";
import { appendDecision, type Decision } from "./decision-store.ts";
import type { DecisionsTable, Schema } from "./schema.ts";

/** `kind` of a decision that takes another one back. */
export const UNDO = "undo";

/** The decision at the beginning of a chain of undos. */
export interface DecisionRoot extends Pick<Selectable<DecisionsTable>, "id" | "kind"> {
  /** JSON. */
  readonly payload: string;
  /** Whether it is in force: taken back an even number of times. */
  readonly isActive: boolean;
}

/**
 * What a decision, or an undo of it, or an undo of that goes back to. `not_found` for an unknown decision, `conflict` when it
 * is not the last word of its chain.
 */
export async function findRoot(db: Kysely<Schema>, decisionId: number): Promise<DecisionRoot> {
  const find = async (id: number) =>
    db.selectFrom("decisions").selectAll().where("id", "=", id).executeTakeFirst();
  const first = await find(decisionId);
  if (first === undefined) throw new KeepsightError("not_found", `There is no decision ${decisionId}.`);
  const later = await db
    .selectFrom("decisions")
    .select("id")
    .where("undoes", "=", decisionId)
    .executeTakeFirst();
  if (later !== undefined) {
    throw new KeepsightError(
      "conflict",
      `Decision ${decisionId} was taken back already (by ${later.id}); to bring it back, undo that one.`,
    );
  }
  let root = first;
  let undos = 0;
  for (; root.undoes !== null; undos++) root = (await find(root.undoes))!;
  return { id: root.id, kind: root.kind, payload: root.payload, isActive: undos % 2 === 0 };
}

/** The last word on a decision: itself, or the last of the undos that go back to it. */
export async function findTip(db: Kysely<Schema>, decisionId: number): Promise<number> {
  for (let tip = decisionId; ;) {
    const later = db.selectFrom("decisions").select("id").where("undoes", "=", tip);
    const undo = await later.executeTakeFirst();
    if (undo === undefined) return tip;
    tip = undo.id;
  }
}

/** Whether a decision holds: it was taken back never, or an even number of times. */
export async function isInForce(db: Kysely<Schema>, decisionId: number): Promise<boolean> {
  let undos = 0;
  for (let tip = decisionId; ; undos++) {
    const later = db.selectFrom("decisions").select("id").where("undoes", "=", tip);
    const undo = await later.executeTakeFirst();
    if (undo === undefined) return undos % 2 === 0;
    tip = undo.id;
  }
}

/**
 * Appends the undo of a decision, inside the transaction that carries it out. `root` is what it goes back to as it stood
 * before: where that was active it has to be taken back now, else to be brought into force again. Throws as
 * {@link findRoot} does.
 */
export async function appendUndo(
  transaction: Kysely<Schema>,
  decisionId: number,
  actor: string,
): Promise<{ readonly decision: Decision; readonly root: DecisionRoot }> {
  const root = await findRoot(transaction, decisionId);
  const decision = await appendDecision(transaction, {
    kind: UNDO,
    actor,
    payload: { decisionId, kind: root.kind },
    inverse: { undo: "this" },
    undoes: decisionId,
  });
  return { decision, root };
}
