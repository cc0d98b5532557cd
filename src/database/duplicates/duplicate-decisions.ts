import { sql, type Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import type { Database } from "../database.ts";
import { appendDecision, type Decision } from "../decision-store.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { appendUndo } from "../undo-decision.ts";
import {
  compareMoments,
  type GroupsChange,
  insertMembers,
  readMoment,
  switchMoment,
} from "./duplicate-changes.ts";
import { type Inheritor, switchInheritance } from "./inherit.ts";
import {
  type ChooseKeeper,
  type MemberRow,
  readGroups,
  readMembers,
  refreshGroups,
} from "./refresh-groups.ts";

/** Which copy of a group stays. */
export interface GroupResolution {
  readonly groupId: number;
  readonly keeperId: number;
  readonly loserIds: readonly number[];
}

/** What a human can decide about groups of duplicates. */
export type DuplicateDecision =
  | {
      readonly kind: "duplicate.resolve";
      readonly groups: readonly GroupResolution[];
      /** Where the losers' files are to go, by photo; absent: they stay where they are. */
      readonly trash?: Readonly<Record<number, string>>;
    }
  /** All become the first. */
  | { readonly kind: "duplicate.merge"; readonly groupIds: readonly number[] }
  /** The photos become a group of their own, one alone is in none; they are never brought together with the rest again. */
  | { readonly kind: "duplicate.split"; readonly groupId: number; readonly photoIds: readonly number[] }
  /** The members are no duplicates of each other: they are never asked about again. */
  | { readonly kind: "duplicate.dismiss"; readonly groupId: number }
  /** Photos of different parts are no duplicates of each other, whether they are in a group or not: as another library says. */
  | { readonly kind: "duplicate.apart"; readonly parts: readonly (readonly number[])[] };

/** Beginning of the kinds of {@link DuplicateDecision}. */
export const DUPLICATE_DECISIONS = /^duplicate\./;

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

/** What carrying a decision out leaves behind. */
interface Effect {
  /** The groups to look at: those that it was about, and new ones. */
  readonly groupIds: readonly number[];
  /** Photos of different parts are told apart from now on. */
  readonly parts?: readonly (readonly number[])[];
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
        for (const group of decision.groups) await resolve(transaction, group, decision.trash, decisionId);
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

async function findOpenGroups(transaction: Transaction<Schema>, photoIds: readonly number[]) {
  const rows = await transaction
    .selectFrom("duplicateMembers")
    .innerJoin("duplicateGroups", "duplicateGroups.id", "duplicateMembers.groupId")
    .select("groupId")
    .distinct()
    .where("photoId", "in", valueList(photoIds))
    .where("state", "=", "open")
    .orderBy("groupId")
    .execute();
  return rows.map(({ groupId }) => groupId);
}

function losersOf(decision: DuplicateDecision): readonly number[] {
  return decision.kind === "duplicate.resolve" ? decision.groups.flatMap(({ loserIds }) => loserIds) : [];
}

async function checkGroups(transaction: Transaction<Schema>, groupIds: readonly number[]): Promise<void> {
  const groups = new Map((await readGroups(transaction, groupIds)).map((group) => [group.id, group]));
  for (const groupId of groupIds) {
    const group = groups.get(groupId);
    if (group === undefined)
      throw new KeepsightError("not_found", `There is no group of duplicates ${groupId}.`);
    if (group.state === "open") continue;
    throw new KeepsightError(
      "conflict",
      `Group ${groupId} was ${group.state} by decision ${group.decisionId}: take that back first.`,
    );
  }
}

async function resolve(
  transaction: Transaction<Schema>,
  { groupId, keeperId, loserIds }: GroupResolution,
  trash: Readonly<Record<number, string>> | undefined,
  decisionId: number,
): Promise<void> {
  const members = await readMembers(transaction, [groupId]);
  checkMembers(groupId, members, [keeperId, ...loserIds]);
  if (loserIds.includes(keeperId))
    throw new KeepsightError("bad_request", `Photo ${keeperId} cannot be kept and put out of sight.`);
  await checkInSight(transaction, keeperId);
  const outcome = trash === undefined ? "hidden" : "trashed";
  for (const { photoId, outcome: former } of members) {
    const isLoser = loserIds.includes(photoId);
    // What an earlier decision put out of sight stays as that decision left it.
    if (!isLoser && former !== null && former !== "kept") continue;
    await transaction
      .updateTable("duplicateMembers")
      .set({ outcome: isLoser ? outcome : "kept" })
      .where("groupId", "=", groupId)
      .where("photoId", "=", photoId)
      .execute();
  }
  await hide(transaction, decisionId, keeperId, loserIds);
  if (trash !== undefined) await planTrash(transaction, decisionId, loserIds, trash);
  await transaction
    .updateTable("duplicateGroups")
    // Who comes later is compared with the copy that is there.
    .set({ state: "resolved", keeperId, primaryPhotoId: keeperId, decisionId })
    .where("id", "=", groupId)
    .execute();
}

/** The files are moved after the decision is on record: a crash in between is made up for at the next start. */
async function planTrash(
  transaction: Transaction<Schema>,
  decisionId: number,
  loserIds: readonly number[],
  trash: Readonly<Record<number, string>>,
): Promise<void> {
  for (const photoId of loserIds) {
    const { path, folderId } = await transaction
      .selectFrom("photos")
      .select(["path", "folderId"])
      .where("id", "=", photoId)
      .executeTakeFirstOrThrow();
    await transaction
      .insertInto("trashedFiles")
      .values({
        decisionId,
        photoId,
        trashPath: trash[photoId]!,
        originalPath: path,
        originalFolderId: folderId,
      })
      .execute();
  }
}

async function checkInSight(transaction: Transaction<Schema>, keeperId: number): Promise<void> {
  const keeper = await transaction
    .selectFrom("photos")
    .select("id")
    .where("id", "=", keeperId)
    .where("hiddenAt", "is", null)
    .where("missingSince", "is", null)
    .executeTakeFirst();
  if (keeper !== undefined) return;
  throw new KeepsightError("conflict", `Photo ${keeperId} is not in sight, so it cannot be the one to keep.`);
}

async function hide(
  transaction: Transaction<Schema>,
  decisionId: number,
  keeperId: number,
  loserIds: readonly number[],
): Promise<void> {
  await transaction
    .updateTable("photos")
    .set({ hiddenAt: Date.now(), hiddenBy: decisionId, duplicateOf: keeperId })
    .where("id", "in", valueList(loserIds))
    // Who was removed from the library stays removed, whatever becomes of this decision.
    .where("hiddenAt", "is", null)
    .execute();
}

async function hideAgain(
  transaction: Transaction<Schema>,
  decisionId: number,
  groups: readonly GroupResolution[],
): Promise<void> {
  for (const { keeperId, loserIds } of groups) {
    await checkInSight(transaction, keeperId);
    await hide(transaction, decisionId, keeperId, loserIds);
  }
}

async function show(transaction: Transaction<Schema>, decisionId: number): Promise<void> {
  await transaction
    .updateTable("photos")
    .set({ hiddenAt: null, hiddenBy: null, duplicateOf: null })
    .where("hiddenBy", "=", decisionId)
    .execute();
}

async function merge(transaction: Transaction<Schema>, groupIds: readonly number[]): Promise<Effect> {
  const [targetId, ...sourceIds] = [...new Set(groupIds)];
  if (sourceIds.length === 0)
    throw new KeepsightError("bad_request", "Merging takes two groups at least, and different ones.");
  const members = await readMembers(transaction, [targetId!, ...sourceIds]);
  const target = members.find(({ groupId }) => groupId === targetId)!;
  if (members.some(({ isBurst }) => isBurst !== target.isBurst))
    throw new KeepsightError("conflict", "Bursts and copies are different matters: they cannot be merged.");
  await transaction.deleteFrom("duplicateMembers").where("groupId", "in", valueList(sourceIds)).execute();
  const evidence = JSON.stringify({ method: "human" });
  await insertMembers(
    transaction,
    members
      .filter(({ groupId }) => groupId !== targetId)
      .map((member) => ({
        ...member,
        groupId: targetId!,
        addedBy: "human" as const,
        evidence: member.evidence ?? evidence,
      })),
  );
  return { groupIds: [targetId!, ...sourceIds] };
}

async function split(
  transaction: Transaction<Schema>,
  groupId: number,
  photoIds: readonly number[],
): Promise<Effect> {
  const members = await readMembers(transaction, [groupId]);
  checkMembers(groupId, members, photoIds);
  const leaving = members.filter(({ photoId }) => photoIds.includes(photoId));
  const staying = members.filter(({ photoId }) => !photoIds.includes(photoId));
  if (staying.length === 0)
    throw new KeepsightError("bad_request", "All members would leave: there is nothing to split off from.");
  await transaction
    .deleteFrom("duplicateMembers")
    .where("groupId", "=", groupId)
    .where("photoId", "in", valueList(leaving.map(({ photoId }) => photoId)))
    .execute();
  const parts = [staying, leaving].map((part) => part.map(({ photoId }) => photoId));
  const newId = leaving.length < 2 ? [] : [await insertGroup(transaction, leaving)];
  const [group] = await readGroups(transaction, [groupId]);
  if (leaving.some(({ photoId }) => photoId === group!.primaryPhotoId)) {
    await transaction
      .updateTable("duplicateGroups")
      .set({ primaryPhotoId: staying[0]!.photoId })
      .where("id", "=", groupId)
      .execute();
  }
  return { groupIds: [groupId, ...newId], parts };
}

async function insertGroup(transaction: Transaction<Schema>, members: readonly MemberRow[]): Promise<number> {
  const [first] = members;
  const now = Date.now();
  const { id } = await transaction
    .insertInto("duplicateGroups")
    .values({
      kind: first!.kind,
      state: "open",
      score: 1,
      primaryPhotoId: first!.photoId,
      suggestedKeeperId: first!.photoId,
      memberCount: members.length,
      totalBytes: 0,
      reclaimableBytes: 0,
      createdAt: now,
      updatedAt: now,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await insertMembers(
    transaction,
    members.map((member) => ({ ...member, groupId: id, addedBy: "human" as const })),
  );
  return id;
}

async function dismiss(
  transaction: Transaction<Schema>,
  groupId: number,
  decisionId: number,
): Promise<Effect> {
  const members = await readMembers(transaction, [groupId]);
  await transaction
    .updateTable("duplicateMembers")
    .set({ isActive: 0 })
    .where("groupId", "=", groupId)
    .execute();
  await transaction
    .updateTable("duplicateGroups")
    .set({ state: "dismissed", decisionId })
    .where("id", "=", groupId)
    .execute();
  return { groupIds: [groupId], parts: members.map(({ photoId }) => [photoId]) };
}

/** Open groups lose all that does not belong to the part of their medoid; one in which all are told apart is dismissed. */
async function tellApart(
  transaction: Transaction<Schema>,
  parts: readonly (readonly number[])[],
  decisionId: number,
): Promise<Effect> {
  const partOf = new Map(parts.flatMap((part, i) => part.map((photoId) => [photoId, i] as const)));
  const touched: number[] = [];
  for (const groupId of await findOpenGroups(transaction, [...partOf.keys()])) {
    const members = await readMembers(transaction, [groupId]);
    const said = members.map(({ photoId }) => partOf.get(photoId)).filter((part) => part !== undefined);
    const different = new Set(said);
    if (different.size < 2) continue;
    touched.push(groupId);
    if (different.size === members.length) {
      await dismiss(transaction, groupId, decisionId);
      continue;
    }
    const [group] = await readGroups(transaction, [groupId]);
    const staying = partOf.get(group!.primaryPhotoId) ?? said[0];
    const byPart = Map.groupBy(members, ({ photoId }) => partOf.get(photoId) ?? staying);
    for (const [part, leaving] of byPart) {
      if (part === staying) continue;
      const photoIds = leaving.map(({ photoId }) => photoId);
      touched.push(...(await split(transaction, groupId, photoIds)).groupIds);
    }
  }
  return { groupIds: [...new Set(touched)], parts };
}

function checkMembers(groupId: number, members: readonly MemberRow[], photoIds: readonly number[]): void {
  const known = new Set(members.map(({ photoId }) => photoId));
  const stranger = photoIds.find((id) => !known.has(id));
  if (stranger !== undefined)
    throw new KeepsightError("conflict", `Photo ${stranger} is not in group ${groupId}.`);
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
