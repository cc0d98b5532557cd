import type { Selectable, Transaction } from "kysely";
import { DUPLICATE_KINDS } from "../../core/duplicates.ts";
import type { Photo } from "../photo-store.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { withoutNulls } from "../without-nulls.ts";
import type { DuplicateGroupsTable, DuplicateMembersTable } from "./tables.ts";

export type GroupRow = Selectable<DuplicateGroupsTable>;
export type MemberRow = Selectable<DuplicateMembersTable>;

/** The best of some copies; gives one of them. */
export type ChooseKeeper = (photos: readonly Photo[]) => Photo;

/**
 * Brings what groups say of their members up to date: kind, score, sizes, and the keeper that is suggested. A group of less
 * than two members ends; its last member is free. Gives the groups that are left.
 */
export async function refreshGroups(
  transaction: Transaction<Schema>,
  groupIds: readonly number[],
  choose: ChooseKeeper,
): Promise<readonly number[]> {
  const groups = await readGroups(transaction, groupIds);
  const members = await readMembers(transaction, groupIds);
  const photos = await readPhotos(
    transaction,
    members.map(({ photoId }) => photoId),
  );
  const byGroup = Map.groupBy(members, ({ groupId }) => groupId);
  const left: number[] = [];
  for (const group of groups) {
    const own = byGroup.get(group.id) ?? [];
    if (own.length < 2) {
      await transaction.deleteFrom("duplicateGroups").where("id", "=", group.id).execute();
      continue;
    }
    left.push(group.id);
    const summary = summarize(group, own, photos, choose);
    const isSame = Object.entries(summary).every(([key, value]) => group[key as keyof GroupRow] === value);
    if (isSame) continue;
    await transaction
      .updateTable("duplicateGroups")
      .set({ ...summary, updatedAt: Date.now() })
      .where("id", "=", group.id)
      .execute();
  }
  return left;
}

function summarize(
  group: GroupRow,
  members: readonly MemberRow[],
  photos: ReadonlyMap<number, Photo>,
  choose: ChooseKeeper,
) {
  const primaryPhotoId = members.some(({ photoId }) => photoId === group.primaryPhotoId)
    ? group.primaryPhotoId
    : (group.keeperId ?? members[0]!.photoId);
  const others = members.filter(({ photoId }) => photoId !== primaryPhotoId);
  const kind = DUPLICATE_KINDS.findLast((one) => others.some((member) => member.kind === one))!;
  // What is out of sight already is not to be kept.
  const visible = members.filter(({ outcome }) => outcome === null || outcome === "kept");
  const candidates = visible.flatMap(({ photoId }) => photos.get(photoId) ?? []);
  const keeper = choose(candidates.length === 0 ? [...photos.values()] : candidates);
  const totalBytes = candidates.reduce((sum, { byteSize }) => sum + byteSize, 0);
  const isDecided = members.every(({ outcome }) => outcome !== null);
  return {
    kind,
    score: Math.min(...others.map(({ score }) => score)),
    // A copy that came after the decision asks for another one.
    state:
      group.state === "dismissed"
        ? ("dismissed" as const)
        : isDecided
          ? ("resolved" as const)
          : ("open" as const),
    primaryPhotoId,
    suggestedKeeperId: keeper.id,
    memberCount: members.length,
    totalBytes,
    reclaimableBytes: isDecided ? 0 : totalBytes - keeper.byteSize,
  };
}

export async function readGroups(
  transaction: Transaction<Schema>,
  groupIds: readonly number[],
): Promise<readonly GroupRow[]> {
  return transaction
    .selectFrom("duplicateGroups")
    .selectAll()
    .where("id", "in", valueList(groupIds))
    .orderBy("id")
    .execute();
}

export async function readMembers(
  transaction: Transaction<Schema>,
  groupIds: readonly number[],
): Promise<readonly MemberRow[]> {
  return transaction
    .selectFrom("duplicateMembers")
    .selectAll()
    .where("groupId", "in", valueList(groupIds))
    .orderBy("groupId")
    .orderBy("photoId")
    .execute();
}

async function readPhotos(transaction: Transaction<Schema>, photoIds: readonly number[]) {
  const rows = await transaction
    .selectFrom("photos")
    .selectAll()
    .where("id", "in", valueList(photoIds))
    .execute();
  return new Map<number, Photo>(rows.map((row) => [row.id, withoutNulls(row)]));
}
