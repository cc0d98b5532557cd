import type { Transaction } from "kysely";
import type { GroupResolution } from "../../core/duplicate-decision.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { checkMembers } from "./check-groups.ts";
import { readMembers } from "./refresh-groups.ts";

/** One copy stays, the others go out of sight, and their files to the trash where that is wanted. */
export async function resolveGroup(
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

/** Puts the losers out of sight again, as an undo of an undo does. */
export async function hideAgain(
  transaction: Transaction<Schema>,
  decisionId: number,
  groups: readonly GroupResolution[],
): Promise<void> {
  for (const { keeperId, loserIds } of groups) {
    await checkInSight(transaction, keeperId);
    await hide(transaction, decisionId, keeperId, loserIds);
  }
}

/** Brings into sight what the decision hid. */
export async function show(transaction: Transaction<Schema>, decisionId: number): Promise<void> {
  await transaction
    .updateTable("photos")
    .set({ hiddenAt: null, hiddenBy: null, duplicateOf: null })
    .where("hiddenBy", "=", decisionId)
    .execute();
}
