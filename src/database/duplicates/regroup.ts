import type { Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { checkMembers } from "./check-groups.ts";
import { insertMembers } from "./duplicate-changes.ts";
import { type MemberRow, readGroups, readMembers } from "./refresh-groups.ts";

/** What carrying a decision out leaves behind. */
export interface Effect {
  /** The groups to look at: those that it was about, and new ones. */
  readonly groupIds: readonly number[];
  /** Photos of different parts are told apart from now on. */
  readonly parts?: readonly (readonly number[])[];
}

/** All become the first group. */
export async function merge(transaction: Transaction<Schema>, groupIds: readonly number[]): Promise<Effect> {
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

/** The photos leave the group, as one of their own where they are several. */
export async function split(
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

/** The members are told apart from each other. */
export async function dismiss(
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
export async function tellApart(
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

/** Open groups that these photos are in. */
export async function findOpenGroups(transaction: Transaction<Schema>, photoIds: readonly number[]) {
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
