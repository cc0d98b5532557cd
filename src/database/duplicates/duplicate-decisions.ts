import { sql, type Transaction } from "kysely";
import { DUPLICATE_DECISIONS, type DuplicateDecision } from "../../core/duplicate-decision.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { Database } from "../database.ts";
import { appendDecision, type Decision } from "../decision-store.ts";
import type { Schema } from "../schema.ts";
import { appendUndo } from "../undo-decision.ts";
import { checkGroups } from "./check-groups.ts";
import { compareMoments, type GroupsChange, readMoment, switchMoment } from "./duplicate-changes.ts";
import { type Inheritor, switchInheritance } from "./inherit.ts";
import { type ChooseKeeper, refreshGroups } from "./refresh-groups.ts";
import { dismiss, type Effect, findOpenGroups, merge, split, tellApart } from "./regroup.ts";
import { hideAgain, resolveGroup, show } from "./resolve-group.ts";

/** A decision that was carried out or taken back. */
export interface DuplicateChange {
  readonly decision: Decision;
  /** Groups that are left of those it was about, and new ones. */
  readonly groupIds: readonly number[];
  /** Photos that went out of sight or came back into it. */
  readonly photoIds: readonly number[];
}

/** Carries out what humans decide about duplicates and takes it back, in one transaction with its record. */
export interface DuplicateDecisions {
  /** `not_found` for unknown groups, `conflict` for what does not fit the group as it is now. */
  decide(decision: DuplicateDecision, actor: string): Promise<DuplicateChange>;
  /** Takes a decision or an undo of one back. `conflict` where its photos are elsewhere by a later decision. */
  undo(decisionId: number, actor: string): Promise<DuplicateChange>;
}

export function createDuplicateDecisions(options: {
  readonly database: Database;
  readonly choose: ChooseKeeper;
  readonly inherit: Inheritor;
}): DuplicateDecisions {
  const { database, choose, inherit } = options;
  const { writes } = database;

  async function carryOut(
    transaction: Transaction<Schema>,
    decision: DuplicateDecision,
    decisionId: number,
  ): Promise<Effect> {
    switch (decision.kind) {
      case "duplicate.resolve":
        for (const group of decision.groups)
          await resolveGroup(transaction, group, decision.trash, decisionId);
        await inherit.give(transaction, decisionId, decision.groups);
        return { groupIds: decision.groups.map(({ groupId }) => groupId) };
      case "duplicate.merge":
        return merge(transaction, decision.groupIds);
      case "duplicate.split":
        return split(transaction, decision.groupId, decision.photoIds);
      case "duplicate.dismiss":
        return dismiss(transaction, decision.groupId, decisionId);
      case "duplicate.apart":
        return tellApart(transaction, decision.parts, decisionId);
    }
  }

  return {
    decide: (wanted, actor) =>
      writes.transaction().execute(async (transaction) => {
        const groupIds = await groupsOf(transaction, wanted);
        await checkGroups(transaction, groupIds);
        const before = await readMoment(transaction, groupIds);
        const { kind, ...payload } = wanted;
        const inverse = { undo: "this" };
        const decision = await appendDecision(transaction, { kind, actor, payload, inverse });
        const { groupIds: touched, parts = [] } = await carryOut(transaction, wanted, decision.id);
        const left = await refreshGroups(transaction, touched, choose);
        const after = await readMoment(transaction, [...new Set([...groupIds, ...touched])]);
        const change = JSON.stringify(compareMoments(before, after));
        await transaction
          .insertInto("duplicateChanges")
          .values({ decisionId: decision.id, change })
          .execute();
        await insertApart(transaction, decision.id, parts);
        return { decision, groupIds: left, photoIds: losersOf(wanted) };
      }),
    undo: (decisionId, actor) =>
      writes.transaction().execute(async (transaction) => {
        const { decision, root } = await appendUndo(transaction, decisionId, actor);
        if (!DUPLICATE_DECISIONS.test(root.kind))
          throw new KeepsightError("not_found", `Decision ${decisionId} is none about duplicates.`);
        const { change } = await transaction
          .selectFrom("duplicateChanges")
          .select("change")
          .where("decisionId", "=", root.id)
          .executeTakeFirstOrThrow();
        const { before, after } = JSON.parse(change) as GroupsChange;
        const touched = await switchMoment(
          transaction,
          root.isActive ? { from: after, to: before } : { from: before, to: after },
        );
        await transaction
          .updateTable("duplicatesApart")
          .set({ isActive: root.isActive ? 0 : 1 })
          .where("decisionId", "=", root.id)
          .execute();
        const wanted = { kind: root.kind, ...(JSON.parse(root.payload) as object) } as DuplicateDecision;
        if (wanted.kind === "duplicate.resolve") {
          await (root.isActive ? show(transaction, root.id) : hideAgain(transaction, root.id, wanted.groups));
          await transaction
            .updateTable("trashedFiles")
            .set({ isWanted: root.isActive ? 0 : 1 })
            .where("decisionId", "=", root.id)
            .execute();
          await switchInheritance(transaction, root.id, !root.isActive, inherit.onPhotosChanged);
        }
        return {
          decision,
          groupIds: await refreshGroups(transaction, touched, choose),
          photoIds: losersOf(wanted),
        };
      }),
  };
}

async function groupsOf(
  transaction: Transaction<Schema>,
  decision: DuplicateDecision,
): Promise<readonly number[]> {
  if (decision.kind === "duplicate.resolve") return decision.groups.map(({ groupId }) => groupId);
  if (decision.kind === "duplicate.merge") return decision.groupIds;
  return decision.kind === "duplicate.apart"
    ? findOpenGroups(transaction, decision.parts.flat())
    : [decision.groupId];
}

function losersOf(decision: DuplicateDecision): readonly number[] {
  return decision.kind === "duplicate.resolve" ? decision.groups.flatMap(({ loserIds }) => loserIds) : [];
}

async function insertApart(
  transaction: Transaction<Schema>,
  decisionId: number,
  parts: readonly (readonly number[])[],
): Promise<void> {
  const rows = parts.flatMap((part, i) => part.map((photoId) => [i, photoId]));
  await sql`
    insert into duplicates_apart (decision_id, part, photo_id, imohash)
    select ${decisionId}, value ->> 0, value ->> 1, (select imohash from photos where id = value ->> 1)
    from json_each(${JSON.stringify(rows)})
  `.execute(transaction);
}
