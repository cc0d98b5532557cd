import type { Insertable, Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { type GroupRow, type MemberRow, readGroups, readMembers } from "./refresh-groups.ts";
import type { DuplicateMembersTable } from "./tables.ts";

/** Rows of one insert statement: well below SQLite's limit of 32,766 parameters. */
const INSERT_ROWS = 2000;

/** Groups and their members at one moment. */
export interface GroupsMoment {
  readonly groups: readonly GroupRow[];
  readonly members: readonly MemberRow[];
}

/** What a decision did to groups: all rows that it touched, as they were and as they became. */
export interface GroupsChange {
  readonly before: GroupsMoment;
  readonly after: GroupsMoment;
}

/** The groups as they are now. */
export async function readMoment(
  transaction: Transaction<Schema>,
  groupIds: readonly number[],
): Promise<GroupsMoment> {
  return {
    groups: await readGroups(transaction, groupIds),
    members: await readMembers(transaction, groupIds),
  };
}

/** The rows that differ. */
export function compareMoments(before: GroupsMoment, after: GroupsMoment): GroupsChange {
  const isIn = (rows: readonly object[]) => {
    const known = new Set(rows.map((row) => JSON.stringify(row)));
    return (row: object) => known.has(JSON.stringify(row));
  };
  const [wasMember, isMember] = [isIn(before.members), isIn(after.members)];
  const [wasGroup, isGroup] = [isIn(before.groups), isIn(after.groups)];
  return {
    before: {
      groups: before.groups.filter((row) => !isGroup(row)),
      members: before.members.filter((row) => !isMember(row)),
    },
    after: {
      groups: after.groups.filter((row) => !wasGroup(row)),
      members: after.members.filter((row) => !wasMember(row)),
    },
  };
}

/**
 * Puts the members of the groups back to where they were at `to`, which came from `from`. Members that joined since stay.
 * `conflict` where a later decision moved one of them. Gives all groups that were touched; they are to be refreshed.
 */
export async function switchMoment(
  transaction: Transaction<Schema>,
  { from, to }: { readonly from: GroupsMoment; readonly to: GroupsMoment },
): Promise<readonly number[]> {
  const groupIds = [...new Set([...from.groups, ...to.groups].map(({ id }) => id))];
  const touched = [...new Set([...from.members, ...to.members].map(({ groupId }) => groupId)), ...groupIds];
  await checkInPlace(transaction, from.members);
  for (const { groupId, photoId } of from.members) {
    await transaction
      .deleteFrom("duplicateMembers")
      .where("groupId", "=", groupId)
      .where("photoId", "=", photoId)
      .execute();
  }
  await restoreGroups(transaction, to.groups);
  await checkFree(transaction, to.members);
  await insertMembers(transaction, to.members);
  return [...new Set(touched)];
}

export async function insertMembers(
  transaction: Transaction<Schema>,
  members: readonly Insertable<DuplicateMembersTable>[],
): Promise<void> {
  for (let start = 0; start < members.length; start += INSERT_ROWS) {
    await transaction
      .insertInto("duplicateMembers")
      .values(members.slice(start, start + INSERT_ROWS))
      .execute();
  }
}

/** Groups that are there get their former decision; those that are gone come back. */
async function restoreGroups(transaction: Transaction<Schema>, groups: readonly GroupRow[]): Promise<void> {
  for (const group of groups) {
    const { state, keeperId, decisionId, primaryPhotoId } = group;
    await transaction
      .insertInto("duplicateGroups")
      .values(group)
      .onConflict((conflict) =>
        conflict
          .column("id")
          .doUpdateSet({ state, keeperId, decisionId, primaryPhotoId, updatedAt: Date.now() }),
      )
      .execute();
  }
}

async function checkInPlace(transaction: Transaction<Schema>, expected: readonly MemberRow[]): Promise<void> {
  const rows = await transaction
    .selectFrom("duplicateMembers")
    .selectAll()
    .where("photoId", "in", valueList(expected.map(({ photoId }) => photoId)))
    .execute();
  const key = ({ groupId, photoId, outcome, isActive }: MemberRow) =>
    `${groupId} ${photoId} ${outcome ?? ""} ${isActive}`;
  const there = new Set(rows.map(key));
  const moved = expected.find((member) => !there.has(key(member)));
  if (moved === undefined) return;
  const now = rows.find(({ photoId }) => photoId === moved.photoId);
  throw await describeConflict(transaction, moved.photoId, now);
}

async function checkFree(transaction: Transaction<Schema>, wanted: readonly MemberRow[]): Promise<void> {
  const active = wanted.filter(({ isActive }) => isActive === 1);
  const rows = await transaction
    .selectFrom("duplicateMembers")
    .selectAll()
    .where("photoId", "in", valueList(active.map(({ photoId }) => photoId)))
    .where("isActive", "=", 1)
    .execute();
  const taken = rows.find((row) =>
    active.some(({ photoId, isBurst }) => photoId === row.photoId && isBurst === row.isBurst),
  );
  if (taken !== undefined) throw await describeConflict(transaction, taken.photoId, taken);
}

async function describeConflict(
  transaction: Transaction<Schema>,
  photoId: number,
  now: MemberRow | undefined,
): Promise<KeepsightError> {
  if (now === undefined) {
    return new KeepsightError(
      "conflict",
      `Photo ${photoId} is in no group any more: what was decided about its group since must be taken back first.`,
    );
  }
  const [group] = await readGroups(transaction, [now.groupId]);
  const later =
    group === undefined || group.decisionId === null
      ? "take what was decided about that group back first"
      : `take decision ${group.decisionId} back first`;
  return new KeepsightError("conflict", `Photo ${photoId} is in group ${now.groupId} by now: ${later}.`);
}
