import type { DuplicateKind, FileFact, KeeperRules } from "../../core/duplicates.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { DuplicateMember, DuplicateStore } from "../../database/duplicates/duplicate-store.ts";
import type { GroupResolution } from "../../core/duplicate-decision.ts";
import type { DuplicateChange, DuplicateDecisions } from "../../database/duplicates/duplicate-decisions.ts";
import type { Inheritance, KeptCopy } from "../../database/duplicates/plan-inheritance.ts";
import type { Photo } from "../../database/photo-store.ts";
import { chooseKeeper } from "./choose-keeper.ts";
import { findLostFacts } from "./file-facts.ts";
import type { Trash } from "./trash.ts";

/** Groups resolved by one decision: few enough to be taken back in a moment. */
const GROUPS_A_DECISION = 200;

/** Resolutions that a plan lists. */
const SAMPLE = 100;

/** Which copy a human wants to keep; the rest is as the rules say. */
export interface ResolveWish {
  readonly keeperId?: number | undefined;
  readonly loserIds?: readonly number[] | undefined;
  readonly moveToTrash: boolean;
}

/** Which groups are resolved together, and how. */
export interface BulkWish {
  readonly groupIds?: readonly number[] | undefined;
  /** Members of these kinds lose. */
  readonly kinds: readonly DuplicateKind[];
  readonly rules: KeeperRules;
  readonly moveToTrash: boolean;
}

/** What resolving a group does. */
export interface PlannedResolution extends GroupResolution {
  readonly savedBytes: number;
  readonly inheritance: Inheritance;
  /** What only files of the losers say. */
  readonly lost: readonly FileFact[];
}

/** What resolving many groups would do. */
export interface BulkPlan {
  readonly groups: number;
  readonly photosHidden: number;
  readonly savedBytes: number;
  readonly inherited: Readonly<
    Record<"tags" | "persons" | "albums" | "captions" | "ratings" | "favourites", number>
  >;
  /** Groups in which only a loser's file says so. */
  readonly lost: Readonly<Record<FileFact, number>>;
  readonly sample: readonly PlannedResolution[];
}

export interface GroupResolving {
  /** What resolving a group would do. `not_found` for an unknown group, `conflict` for strangers to it. */
  plan(groupId: number, wish: ResolveWish): Promise<PlannedResolution>;
  resolve(
    groupId: number,
    wish: ResolveWish,
    actor: string,
  ): Promise<{ readonly planned: PlannedResolution; readonly change: DuplicateChange }>;
  planBulk(wish: BulkWish, signal?: AbortSignal): Promise<BulkPlan>;
  /** Resolves open groups by rules; gives the ids of the decisions. */
  resolveBulk(
    wish: BulkWish,
    actor: string,
    progress: { readonly signal: AbortSignal; readonly onProgress: (done: number) => Promise<void> },
  ): Promise<readonly number[]>;
}

export function createGroupResolving(options: {
  readonly duplicates: DuplicateStore;
  readonly decisions: DuplicateDecisions;
  readonly planInheritance: (copies: readonly KeptCopy[]) => Promise<readonly Inheritance[]>;
  readonly trash: Trash;
  readonly rules: () => KeeperRules;
  readonly onChanged: (change: DuplicateChange) => Promise<void>;
}): GroupResolving {
  const { duplicates, decisions, planInheritance, trash, onChanged } = options;

  async function plan(groupId: number, wish: ResolveWish): Promise<PlannedResolution> {
    const group = await duplicates.get(groupId);
    if (group === undefined)
      throw new KeepsightError("not_found", `There is no group of duplicates ${groupId}.`);
    const members = await duplicates.members([groupId]);
    const visible = members.filter(isInSight);
    const keeperId = wish.keeperId ?? group.suggestedKeeperId;
    const loserIds = wish.loserIds ?? visible.map(({ photoId }) => photoId).filter((id) => id !== keeperId);
    const known = new Set(members.map(({ photoId }) => photoId));
    const stranger = [keeperId, ...loserIds].find((id) => !known.has(id));
    if (stranger !== undefined)
      throw new KeepsightError("conflict", `Photo ${stranger} is not in group ${groupId}.`);
    const [inheritance] = await planInheritance([{ keeperId, loserIds }]);
    return {
      groupId,
      keeperId,
      loserIds,
      savedBytes: sumBytes(visible, loserIds),
      inheritance: inheritance!,
      lost: findLostFacts(
        members.find(({ photoId }) => photoId === keeperId)!.photo,
        members.filter(({ photoId }) => loserIds.includes(photoId)).map(({ photo }) => photo),
      ),
    };
  }

  function trashFor(photos: readonly Photo[]): Readonly<Record<number, string>> {
    return Object.fromEntries(photos.map((photo) => [photo.id, trash.pathFor(photo)]));
  }

  async function decide(
    groups: readonly GroupResolution[],
    losers: readonly Photo[],
    moveToTrash: boolean,
    actor: string,
  ): Promise<DuplicateChange> {
    const change = await decisions.decide(
      {
        kind: "duplicate.resolve",
        groups: groups.map(({ groupId, keeperId, loserIds }) => ({ groupId, keeperId, loserIds })),
        ...(moveToTrash ? { trash: trashFor(losers) } : {}),
      },
      actor,
    );
    if (moveToTrash) await trash.settle();
    await onChanged(change);
    return change;
  }

  /** The open groups in pages, each with who stays and who goes; groups in which nobody would go are left out. */
  async function* resolutions({ groupIds, kinds, rules }: BulkWish) {
    for (let afterId = 0; ;) {
      const groups = await duplicates.listOpen({
        kinds: ["exact", "copy", "near", "burst"],
        ...(groupIds === undefined ? {} : { groupIds }),
        afterId,
        limit: GROUPS_A_DECISION,
      });
      if (groups.length === 0) return;
      const members = await duplicates.members(groups.map(({ id }) => id));
      const byGroup = Map.groupBy(members, ({ groupId }) => groupId);
      yield groups.flatMap(({ id, primaryPhotoId }) => {
        const own = (byGroup.get(id) ?? []).filter(isInSight);
        const eligible = own.filter(
          ({ kind, photoId }) => kinds.includes(kind) || photoId === primaryPhotoId,
        );
        if (eligible.length < 2 || !eligible.some(({ kind }) => kinds.includes(kind))) return [];
        const photos = eligible.map(({ photo }) => photo);
        const keeper = chooseKeeper(photos, rules);
        const losers = photos.filter((photo) => photo !== keeper);
        return {
          groupId: id,
          keeperId: keeper.id,
          loserIds: losers.map((photo) => photo.id),
          keeper,
          losers,
        };
      });
      afterId = groups.at(-1)!.id;
    }
  }

  return {
    plan,
    async resolve(groupId, wish, actor) {
      const planned = await plan(groupId, wish);
      const members = await duplicates.members([groupId]);
      const losers = members.filter(({ photoId }) => planned.loserIds.includes(photoId));
      const photos = losers.map(({ photo }) => photo);
      return { planned, change: await decide([planned], photos, wish.moveToTrash, actor) };
    },
    async planBulk(wish, signal) {
      const total = { groups: 0, photosHidden: 0, savedBytes: 0 };
      const inherited = { tags: 0, persons: 0, albums: 0, captions: 0, ratings: 0, favourites: 0 };
      const lostIn = { date: 0, place: 0, camera: 0 };
      const sample: PlannedResolution[] = [];
      for await (const page of resolutions(wish)) {
        signal?.throwIfAborted();
        const inheritances = await planInheritance(page);
        for (const [i, { keeper, losers, ...resolution }] of page.entries()) {
          const inheritance = inheritances[i]!;
          const lost = findLostFacts(keeper, losers);
          for (const fact of lost) lostIn[fact]++;
          const savedBytes = losers.reduce((sum, { byteSize }) => sum + byteSize, 0);
          total.groups++;
          total.photosHidden += losers.length;
          total.savedBytes += savedBytes;
          inherited.tags += inheritance.tags.length;
          inherited.persons += inheritance.faces.length;
          inherited.albums += inheritance.albums.length;
          inherited.captions += Number(
            inheritance.title !== undefined || inheritance.description !== undefined,
          );
          inherited.ratings += Number(inheritance.rating !== undefined);
          inherited.favourites += Number(inheritance.isFavourite);
          if (sample.length < SAMPLE) sample.push({ ...resolution, savedBytes, inheritance, lost });
        }
      }
      return { ...total, inherited, lost: lostIn, sample };
    },
    async resolveBulk(wish, actor, { signal, onProgress }) {
      const decisionIds: number[] = [];
      let done = 0;
      for await (const page of resolutions(wish)) {
        signal.throwIfAborted();
        if (page.length === 0) continue;
        const losers = page.flatMap((group) => group.losers);
        const { decision } = await decide(page, losers, wish.moveToTrash, actor);
        decisionIds.push(decision.id);
        await onProgress((done += page.length));
      }
      return decisionIds;
    },
  };
}

function isInSight({ photo }: DuplicateMember): boolean {
  return photo.hiddenAt === undefined && photo.missingSince === undefined;
}

function sumBytes(members: readonly DuplicateMember[], photoIds: readonly number[]): number {
  const counted = members.filter(({ photoId }) => photoIds.includes(photoId));
  return counted.reduce((sum, { photo }) => sum + photo.byteSize, 0);
}
