import type { Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import type { Schema } from "../schema.ts";
import { type MemberRow, readGroups } from "./refresh-groups.ts";

/** Throws `not_found` for an unknown group and `conflict` for one that is decided. */
export async function checkGroups(
  transaction: Transaction<Schema>,
  groupIds: readonly number[],
): Promise<void> {
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

/** Throws `conflict` for a photo that is not in the group. */
export function checkMembers(
  groupId: number,
  members: readonly MemberRow[],
  photoIds: readonly number[],
): void {
  const known = new Set(members.map(({ photoId }) => photoId));
  const stranger = photoIds.find((id) => !known.has(id));
  if (stranger !== undefined)
    throw new KeepsightError("conflict", `Photo ${stranger} is not in group ${groupId}.`);
}
