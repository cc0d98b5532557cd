import type { DuplicateGroup, DuplicateStore } from "../../database/duplicates/duplicate-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import { placeCopy } from "../../duplicate/place-copy.ts";
import { type Match, type MatchFinder, type NearWish, type SoughtPhoto, toMatch } from "./find-matches.ts";

export interface PlacingOptions {
  readonly photos: Pick<PhotoStore, "getMany">;
  readonly duplicates: Pick<DuplicateStore, "groupOf" | "join" | "found" | "members" | "apartFrom">;
  readonly matches: MatchFinder;
}

/** What is looked for beside exact and verified copies. */
export interface PlacingWish {
  /** Absent: embeddings are not compared. */
  readonly near?: NearWish;
  readonly bursts: boolean;
}

/**
 * Puts a photo into the group where it belongs, or makes one. Every member is compared with the group's medoid, not only with
 * whom it was found by, so that groups do not chain. Gives the ids of the groups that have changed.
 */
export type PlacePhoto = (sought: SoughtPhoto, wish: PlacingWish) => Promise<readonly number[]>;

export function createPlacing({ photos, duplicates, matches }: PlacingOptions): PlacePhoto {
  async function medoidOf({ primaryPhotoId }: DuplicateGroup): Promise<Photo | undefined> {
    return (await photos.getMany([primaryPhotoId]))[0];
  }

  /** Of groups in which the photo was told apart from a member it stays out. */
  async function mayJoin(photoId: number, { id }: DuplicateGroup): Promise<boolean> {
    const members = await duplicates.members([id]);
    const apart = await duplicates.apartFrom(
      photoId,
      members.map((member) => member.photoId),
    );
    return apart.size === 0;
  }

  /** A new group of both, of which the one that came first is the medoid. */
  async function found(own: Photo, { photo, kind, score, evidence }: Match): Promise<number | undefined> {
    const [first, second] = own.id < photo.id ? [own.id, photo.id] : [photo.id, own.id];
    return duplicates.found(first, { photoId: second, kind, score, evidence });
  }

  async function joinExact(own: Photo, exact: readonly Match[]): Promise<number | undefined> {
    for (const { photo, evidence } of exact) {
      const group = await duplicates.groupOf(photo.id, false);
      if (group === undefined || !(await mayJoin(own.id, group))) continue;
      // What holds of a file holds of the same file.
      const member = (await duplicates.members([group.id])).find(({ photoId }) => photoId === photo.id)!;
      const isMedoid = member.photoId === group.primaryPhotoId || member.kind === "exact";
      const joined = await duplicates.join(group.id, {
        photoId: own.id,
        kind: isMedoid ? "exact" : member.kind,
        score: member.score,
        evidence: isMedoid ? evidence : (member.evidence ?? evidence),
      });
      if (joined) return group.id;
    }
    return undefined;
  }

  /** A group with the first that has none. */
  async function foundExact(own: Photo, exact: readonly Match[]): Promise<number | undefined> {
    for (const match of exact) {
      if ((await duplicates.groupOf(match.photo.id, false)) === undefined) return found(own, match);
    }
    return undefined;
  }

  /** Copies come before a group of its own with the same file: that one may not have been compared with them yet. */
  async function placePicture(sought: SoughtPhoto): Promise<number | undefined> {
    const own = sought.photo!;
    const exact = await matches.findExact(sought);
    const joined = await joinExact(own, exact);
    if (joined !== undefined) return joined;
    const isExact = new Set(exact.map(({ photo }) => photo.id));
    const copies = (await matches.findCopies(sought)).filter(({ photo }) => !isExact.has(photo.id));
    const placed = copies.length === 0 ? undefined : await placeAmongCopies(sought, copies);
    return placed ?? foundExact(own, exact);
  }

  async function placeAmongCopies(
    sought: SoughtPhoto,
    copies: readonly Match[],
  ): Promise<number | undefined> {
    const own = sought.photo!;
    const byId = new Map(copies.map((match) => [match.photo.id, match]));
    const placement = await placeCopy<number>(
      own.id,
      copies.map(({ copy }) => copy!),
      {
        groupOf: async (id) => {
          const group = await duplicates.groupOf(id, false);
          if (group === undefined) return undefined;
          // A group that it must not join has a medoid that it is no copy of.
          const isOpen = await mayJoin(own.id, group);
          return { id: group.id, medoidId: isOpen ? group.primaryPhotoId : -group.id };
        },
        verify: async (id, orientation) => {
          const [medoid] = id < 0 ? [] : await photos.getMany([id]);
          const like = { ...copies[0]!.copy!, orientation };
          return medoid === undefined ? undefined : matches.isCopyOf(sought, medoid, like);
        },
      },
    );
    if (placement === undefined) return undefined;
    const { copy } = placement;
    const photo = byId.get(copy.id)?.photo ?? (await photos.getMany([copy.id]))[0]!;
    const { score, evidence } = toMatch(photo, copy);
    const member = { kind: "copy" as const, score, evidence };
    if (placement.kind === "found")
      return duplicates.found(placement.medoidId, { photoId: placement.memberId, ...member });
    const joined = await duplicates.join(placement.groupId, { photoId: own.id, ...member });
    return joined ? placement.groupId : undefined;
  }

  async function placeNear(
    sought: SoughtPhoto,
    near: readonly Match[],
    threshold: number,
  ): Promise<number | undefined> {
    const own = sought.photo!;
    for (const { photo, kind, score, evidence } of near) {
      const group = await duplicates.groupOf(photo.id, false);
      if (group === undefined) return found(own, { photo, kind, score, evidence });
      const medoid = await medoidOf(group);
      const like = medoid && (await matches.similarity(sought, medoid));
      if (like === undefined || like.similarity < threshold || !(await mayJoin(own.id, group))) continue;
      const member = { photoId: own.id, kind, score: Math.min(1, like.similarity) };
      if (await duplicates.join(group.id, { ...member, evidence: { method: "meaning", ...like } }))
        return group.id;
    }
    return undefined;
  }

  async function placeBurst(own: Photo, shots: readonly Match[]): Promise<number | undefined> {
    for (const { photo, kind, score, evidence } of shots) {
      const group = await duplicates.groupOf(photo.id, true);
      if (group === undefined) return found(own, { photo, kind, score, evidence });
      const withMedoid = shots.find((match) => match.photo.id === group.primaryPhotoId);
      if (withMedoid === undefined || !(await mayJoin(own.id, group))) continue;
      const member = { photoId: own.id, kind, score: withMedoid.score, evidence: withMedoid.evidence };
      if (await duplicates.join(group.id, member)) return group.id;
    }
    return undefined;
  }

  return async (sought, { near, bursts }) => {
    const own = sought.photo!;
    const changed: (number | undefined)[] = [];
    if ((await duplicates.groupOf(own.id, false)) === undefined) {
      let groupId = await placePicture(sought);
      if (groupId === undefined && near !== undefined)
        groupId = await placeNear(sought, await matches.findNear(sought, near), near.threshold);
      changed.push(groupId);
    }
    const shots = bursts ? await matches.findBurst(sought) : [];
    if (shots.length > 0 && (await duplicates.groupOf(own.id, true)) === undefined) {
      const group = await duplicates.groupOf(own.id, false);
      // A copy of a shot is no shot of its own.
      const isCopy = group !== undefined && group.primaryPhotoId !== own.id && group.kind !== "near";
      if (!isCopy) changed.push(await placeBurst(own, shots));
    }
    return changed.filter((id) => id !== undefined);
  };
}
