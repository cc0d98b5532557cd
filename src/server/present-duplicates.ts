import type {
  DuplicateEvidence,
  DuplicateGroup,
  DuplicateMatch,
  DuplicateMember,
  DuplicateStats,
  Resolution,
} from "../api/duplicates.ts";
import type { DuplicateEvidence as Evidence } from "../core/duplicates.ts";
import type { Duplicates, Found } from "../engine/duplicates/duplicates.ts";
import { toPhotoSummary } from "./present.ts";

type Group = NonNullable<Awaited<ReturnType<Duplicates["groups"]["get"]>>>;
type Member = Awaited<ReturnType<Duplicates["groups"]["members"]>>[number];
type Planned = Awaited<ReturnType<Duplicates["resolving"]["plan"]>>;
type Stats = Awaited<ReturnType<Duplicates["groups"]["stats"]>>;

/** Shares and similarities travel with this many decimals. */
const DECIMALS = 1e4;
const round = (value: number) => Math.round(value * DECIMALS) / DECIMALS;
const orNull = (value: number | undefined) => (value === undefined ? null : round(value));

/** What proved that two photos belong together. */
function toEvidence(evidence: Evidence): DuplicateEvidence {
  return {
    method: evidence.method,
    distance: evidence.distance ?? null,
    inliers: evidence.inliers ?? null,
    agreement: orNull(evidence.agreement),
    overlap: orNull(evidence.overlap),
    similarity: orNull(evidence.similarity),
    modelId: evidence.modelId ?? null,
    isTurned: evidence.isTurned ?? false,
    isInverted: evidence.isInverted ?? false,
  };
}

function toMember({ photo, ...member }: Member, group: Group): DuplicateMember {
  const isPrimary = photo.id === group.primaryPhotoId;
  return {
    photo: toPhotoSummary(photo),
    path: photo.path,
    byteSize: photo.byteSize,
    format: photo.format ?? null,
    cameraModel: photo.cameraModel ?? null,
    hasGps: photo.latitude !== undefined,
    rating: photo.rating ?? null,
    kind: isPrimary ? group.kind : member.kind,
    duplicateGroupId: group.id,
    isDuplicatePrimary: isPrimary,
    duplicateScore: round(isPrimary ? 1 : member.score),
    isSuggestedKeeper: photo.id === group.suggestedKeeperId,
    outcome: member.outcome,
    addedBy: member.addedBy,
    evidence: isPrimary || member.evidence === undefined ? null : toEvidence(member.evidence),
  };
}

/** Groups with their members. */
export function toDuplicateGroups(groups: readonly Group[], members: readonly Member[]): DuplicateGroup[] {
  const byGroup = Map.groupBy(members, ({ groupId }) => groupId);
  return groups.map((group) => ({
    id: group.id,
    kind: group.kind,
    state: group.state,
    score: round(group.score),
    memberCount: group.memberCount,
    totalBytes: group.totalBytes,
    reclaimableBytes: group.reclaimableBytes,
    primaryPhotoId: group.primaryPhotoId,
    suggestedKeeperId: group.suggestedKeeperId,
    keeperId: group.keeperId,
    decisionId: group.decisionId,
    createdAt: new Date(group.createdAt).toISOString(),
    updatedAt: new Date(group.updatedAt).toISOString(),
    members: (byGroup.get(group.id) ?? []).map((member) => toMember(member, group)),
  }));
}

/** What resolving a group does. */
export function toResolution({
  groupId,
  keeperId,
  loserIds,
  savedBytes,
  inheritance,
  lost,
}: Planned): Resolution {
  const { tags, faces, albums, rating, title, description, isFavourite } = inheritance;
  return {
    groupId,
    keeperId,
    loserIds: [...loserIds],
    savedBytes,
    carriedOver: {
      tags: [...tags],
      persons: faces.map(({ name }) => name),
      albums: albums.map((album) => album.title),
      rating: rating ?? null,
      title: title ?? null,
      description: description ?? null,
      isFavourite,
    },
    lost: [...lost],
  };
}

/** What was found to be like a picture, with the groups that it is in. */
export function toMatches(
  { matches }: Found,
  groupOf: ReadonlyMap<number, number>,
): readonly DuplicateMatch[] {
  return matches.map(({ photo, kind, score, evidence }) => ({
    photo: toPhotoSummary(photo),
    path: photo.path,
    kind,
    duplicateScore: round(score),
    duplicateGroupId: groupOf.get(photo.id) ?? null,
    evidence: toEvidence(evidence),
  }));
}

/** Counts, with what only concerns bursts left out of the sums: those are no duplicates. */
export function toDuplicateStats(stats: Stats): DuplicateStats {
  const counted = stats.byKind.filter(({ kind }) => kind !== "burst");
  return {
    ...stats,
    byKind: [...stats.byKind],
    duplicatePhotos: counted.reduce((sum, { photos, groups }) => sum + photos - groups, 0),
    reclaimableBytes: counted.reduce((sum, { reclaimableBytes }) => sum + reclaimableBytes, 0),
  };
}
