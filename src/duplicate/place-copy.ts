/**
 * Which group of copies a picture belongs to. Each group has a medoid, of which every member is a verified copy; being a copy
 * of some member is not enough, so that groups do not chain: a collage of two photos is in the group of one of them, and
 * the other one stays out.
 */
import type { FoundCopy, Candidate } from "./copy-index.ts";

/** Of two copies the one that is seen in the other by this much more of itself is the medoid: the photo, not its screenshot. */
const MUCH_MORE = 0.4;

/** Copies that no hash found come after all others. */
const NOT_BY_HASH = 256;

/** A group that exists already. */
export interface CopyGroup<Id> {
  readonly id: Id;
  readonly medoidId: number;
}

/** Where a picture belongs. */
export type Placement<Id> =
  | { readonly kind: "join"; readonly groupId: Id; readonly copy: FoundCopy }
  | {
      readonly kind: "found";
      readonly medoidId: number;
      readonly memberId: number;
      readonly copy: FoundCopy;
    };

export interface PlacingWorld<Id> {
  /** The group of a picture; undefined when it is in none. */
  groupOf(id: number): Promise<CopyGroup<Id> | undefined>;
  /** Whether the placed picture is a copy of this one; the orientation is where to look first. */
  verify(id: number, orientation: Candidate["orientation"]): Promise<FoundCopy | undefined>;
}

/** The place of a picture of which these copies were found; undefined when there is none. */
export async function placeCopy<Id>(
  id: number,
  copies: readonly FoundCopy[],
  { groupOf, verify }: PlacingWorld<Id>,
): Promise<Placement<Id> | undefined> {
  const refused = new Set<number>();
  let free: FoundCopy | undefined;
  for (const copy of copies.toSorted(bySurety)) {
    const group = await groupOf(copy.id);
    if (group === undefined) {
      // Copies in no group come second: joining one that is there keeps a photo's copies together.
      free ??= copy;
      continue;
    }
    if (refused.has(group.medoidId)) continue;
    const ofMedoid =
      copies.find((other) => other.id === group.medoidId) ?? (await verify(group.medoidId, copy.orientation));
    if (ofMedoid !== undefined) return { kind: "join", groupId: group.id, copy: ofMedoid };
    refused.add(group.medoidId);
  }
  return free === undefined ? undefined : { kind: "found", ...chooseMedoid(id, free), copy: free };
}

/** Nearest hashes first, then most features. */
function bySurety(a: FoundCopy, b: FoundCopy): number {
  return (
    (a.distance ?? NOT_BY_HASH) - (b.distance ?? NOT_BY_HASH) ||
    (b.inliers ?? 0) - (a.inliers ?? 0) ||
    a.id - b.id
  );
}

/** The one that is mostly seen in the other, else the one of the lower id: it came before. */
function chooseMedoid(id: number, copy: FoundCopy): { medoidId: number; memberId: number } {
  const more = copy.shareOfFirst - copy.shareOfSecond;
  const isOwn = more > MUCH_MORE || (more >= -MUCH_MORE && id < copy.id);
  return isOwn ? { medoidId: id, memberId: copy.id } : { medoidId: copy.id, memberId: id };
}
