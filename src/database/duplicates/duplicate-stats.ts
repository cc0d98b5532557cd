import { type Kysely, sql } from "kysely";
import type { DuplicateKind } from "../../core/duplicates.ts";
import type { Schema } from "../schema.ts";

/** How it stands with duplicates. */
export interface DuplicateStats {
  readonly openGroups: number;
  readonly resolvedGroups: number;
  readonly dismissedGroups: number;
  /** Open groups. */
  readonly byKind: readonly {
    readonly kind: DuplicateKind;
    readonly groups: number;
    readonly photos: number;
    readonly reclaimableBytes: number;
  }[];
  readonly hiddenPhotos: number;
  /** Bytes of files in the trash. */
  readonly savedBytes: number;
  readonly photosChecked: number;
  readonly photosWaiting: number;
}

/** Costs one pass over indexes of the groups, and of photos that were compared. */
export async function readDuplicateStats(reads: Kysely<Schema>): Promise<DuplicateStats> {
  const groups = await reads
    .selectFrom("duplicateGroups")
    .select(({ fn }) => [
      "state",
      "kind",
      fn.countAll<number>().as("groups"),
      fn.sum<number>("memberCount").as("photos"),
      fn.sum<number>("reclaimableBytes").as("reclaimableBytes"),
    ])
    .groupBy(["state", "kind"])
    .execute();
  const { rows } = await sql<
    Record<"hiddenPhotos" | "savedBytes" | "photosChecked" | "photosInSight", number>
  >`
    select
      (select count(*) from photos where duplicate_of is not null) as hidden_photos,
      (select coalesce(sum(photos.byte_size), 0) from duplicate_members join photos on photos.id = photo_id
        where outcome = 'trashed') as saved_bytes,
      (select count(*) from photo_steps where step = 'duplicates' and status in ('done', 'skipped'))
        - (select count(*) from photos join photo_steps on photo_steps.photo_id = photos.id and step = 'duplicates'
          where (hidden_at is not null or missing_since is not null) and photo_steps.status in ('done', 'skipped'))
        as photos_checked,
      (select count(*) from photos where hidden_at is null and missing_since is null) as photos_in_sight
  `.execute(reads);
  const { photosInSight, ...counts } = rows[0]!;
  const countOf = (state: string) =>
    groups.filter((row) => row.state === state).reduce((sum, row) => sum + row.groups, 0);
  return {
    openGroups: countOf("open"),
    resolvedGroups: countOf("resolved"),
    dismissedGroups: countOf("dismissed"),
    byKind: groups
      .filter(({ state }) => state === "open")
      .map(({ kind, groups: count, photos, reclaimableBytes }) => ({
        kind,
        groups: count,
        photos,
        reclaimableBytes,
      })),
    ...counts,
    photosWaiting: Math.max(0, photosInSight - counts.photosChecked),
  };
}
