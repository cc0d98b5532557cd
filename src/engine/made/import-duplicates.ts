import type { MadeDocument } from "../../core/made-document.ts";
import type { MadeStore } from "../../database/made/made-store.ts";
import type { Duplicates } from "../duplicates/duplicates.ts";
import { type ImportCounts, orNoteProblem } from "./import-counts.ts";

export interface DuplicateImportOptions {
  readonly store: Pick<MadeStore, "findPhotos" | "copiesOf">;
  readonly duplicates: {
    readonly groups: Pick<Duplicates["groups"], "groupsOf" | "apartFrom" | "get">;
    readonly resolving: Pick<Duplicates["resolving"], "resolve">;
    readonly merge: Duplicates["merge"];
    readonly tellApart: Duplicates["tellApart"];
  };
}

type Resolved = MadeDocument["duplicates"]["resolved"][number];

/**
 * Takes over what was said of copies. Files are never moved by an import: copies that were in the trash elsewhere go out of sight
 * here.
 */
export function createDuplicateImport({ store, duplicates }: DuplicateImportOptions) {
  async function isApart(parts: readonly (readonly number[])[]): Promise<boolean> {
    for (const part of parts) {
      const others = parts.filter((other) => other !== part).flat();
      for (const photoId of part) {
        if ((await duplicates.groups.apartFrom(photoId, others)).size < others.length) return false;
      }
    }
    return true;
  }

  async function importApart(
    refs: MadeDocument["duplicates"]["apart"][number],
    actor: string,
    counts: ImportCounts,
  ): Promise<void> {
    const found = await store.findPhotos(refs.flat());
    const parts = refs.map((part, i) => {
      const start = refs.slice(0, i).flat().length;
      return found.slice(start, start + part.length).filter((photoId) => photoId !== undefined);
    });
    const left = parts.filter((part) => part.length > 0);
    if (left.length < 2 || (await isApart(left))) return;
    await duplicates.tellApart(left, actor);
    counts.decisions++;
    counts.duplicatesSettled++;
  }

  /** The open group that holds all of these, made of several where there are several. */
  async function findGroup(photoIds: readonly number[], actor: string, counts: ImportCounts) {
    const groupOf = await duplicates.groups.groupsOf(photoIds);
    const [keeperId] = photoIds;
    const target = groupOf.get(keeperId!);
    const groupIds = [...new Set(photoIds.flatMap((photoId) => groupOf.get(photoId) ?? []))];
    if (target === undefined || groupIds.length === 1) return { groupId: target, groupOf };
    const sources = groupIds.filter((groupId) => groupId !== target);
    await duplicates.merge([target, ...sources], actor);
    counts.decisions++;
    return { groupId: target, groupOf };
  }

  async function importResolved(
    { keeper, losers }: Resolved,
    actor: string,
    counts: ImportCounts,
  ): Promise<void> {
    const [keeperId, ...found] = await store.findPhotos([keeper, ...losers]);
    const loserIds = found.filter((photoId) => photoId !== undefined);
    if (keeperId === undefined || loserIds.length === 0) return;
    const copies = await store.copiesOf(loserIds);
    const waiting = loserIds.filter((photoId) => copies.get(photoId) !== keeperId);
    if (waiting.length === 0) return;
    const { groupId, groupOf } = await findGroup([keeperId, ...waiting], actor, counts);
    const inGroup = waiting.filter((photoId) => groupOf.has(photoId));
    if (groupId === undefined || inGroup.length < waiting.length) {
      counts.problems.push(
        `copies of ${keeper.path}: not found to be copies here yet; look for duplicates, then import again.`,
      );
    }
    if (groupId === undefined || inGroup.length === 0) return;
    await duplicates.resolving.resolve(groupId, { keeperId, loserIds: inGroup, moveToTrash: false }, actor);
    counts.decisions++;
    counts.duplicatesSettled++;
  }

  return async function importDuplicates(
    { resolved, apart }: MadeDocument["duplicates"],
    actor: string,
    counts: ImportCounts,
  ): Promise<void> {
    // What is no copy leaves its group before the rest of it is settled.
    for (const parts of apart)
      await orNoteProblem("photos told apart", counts, () => importApart(parts, actor, counts));
    for (const group of resolved)
      await orNoteProblem(`copies of ${group.keeper.path}`, counts, () =>
        importResolved(group, actor, counts),
      );
  };
}
