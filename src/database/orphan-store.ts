import { type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";

/** Rows that point to nothing, or that nothing points to. */
export interface RowOrphans {
  readonly kind: string;
  /** What they are, in words. */
  readonly description: string;
  readonly count: number;
  readonly examples: readonly string[];
}

/** Most examples of a kind. */
const EXAMPLES = 5;

interface Check {
  readonly description: string;
  readonly table: string;
  readonly isOrphan: RawBuilder<unknown>;
  /** What tells one from another, in words. */
  readonly example: RawBuilder<unknown>;
}

/**
 * Rows without what they speak of. Most cannot come to be, since the database follows its references itself; they are looked for
 * because a bug, or another program, may have left them. What a human decided is never among them.
 */
const CHECKS: Readonly<Record<string, Check>> = {
  "object-embeddings": {
    description: "embeddings of objects that are gone",
    table: "embeddings",
    isOrphan: sql`owner_kind = 'object' and owner_id not in (select id from objects)`,
    example: sql`'object ' || owner_id || ' of photo ' || photo_id`,
  },
  "face-embeddings": {
    description: "embeddings of faces that are gone",
    table: "embeddings",
    isOrphan: sql`owner_kind = 'face' and owner_id not in (select id from faces)`,
    example: sql`'face ' || owner_id || ' of photo ' || photo_id`,
  },
  "photo-embeddings": {
    description: "embeddings of photos that are gone",
    table: "embeddings",
    isOrphan: sql`owner_kind = 'photo' and owner_id not in (select id from photos)`,
    example: sql`'photo ' || owner_id`,
  },
  prototypes: {
    description: "prototypes of persons who are gone",
    table: "prototypes",
    isOrphan: sql`person_id not in (select id from persons)`,
    example: sql`'person ' || person_id`,
  },
  "album-members": {
    description: "members of auto-albums that are gone",
    table: "centroid_members",
    isOrphan: sql`(space in ('people', 'vehicles') and owner_id not in (select id from objects))
      or (space = 'faces' and owner_id not in (select id from faces))`,
    example: sql`space || ' ' || owner_id`,
  },
  "album-photos": {
    description: "entries of albums whose photo is gone",
    table: "album_photos",
    isOrphan: sql`photo_id not in (select id from photos) or album_id not in (select id from albums)`,
    example: sql`'photo ' || photo_id`,
  },
  "unused-tags": {
    description: "tags that are on no photo and in no category",
    table: "tags",
    isOrphan: sql`id not in (select tag_id from photo_tags) and id not in (select tag_id from removed_photo_tags)
      and id not in (select tag_id from category_tags)`,
    example: sql`name`,
  },
  "stale-jobs": {
    description: "jobs of photos that are gone",
    table: "jobs",
    isOrphan: sql`photo_id is not null and photo_id not in (select id from photos) and state <> 'running'`,
    example: sql`kind || ' ' || id`,
  },
};

/** The rows that are orphans now, kind by kind; kinds without any are left out. */
export async function findRowOrphans({ reads }: Database): Promise<readonly RowOrphans[]> {
  const found: RowOrphans[] = [];
  for (const [kind, { description, table, isOrphan, example }] of Object.entries(CHECKS)) {
    const { rows } = await sql<{ count: number; examples: string }>`
      select (select count(*) from ${sql.table(table)} where ${isOrphan}) as count,
        (select json_group_array(example) from (
          select ${example} as example from ${sql.table(table)} where ${isOrphan} limit ${EXAMPLES})) as examples
    `.execute(reads);
    const { count, examples } = rows[0]!;
    if (count > 0) found.push({ kind, description, count, examples: JSON.parse(examples) as string[] });
  }
  return found;
}

/** Removes the orphans of a kind that {@link findRowOrphans} names; gives how many. */
export async function removeRowOrphans({ writes }: Database, kind: string): Promise<number> {
  const { table, isOrphan } = CHECKS[kind]!;
  const { numAffectedRows } = await sql`delete from ${sql.table(table)} where ${isOrphan}`.execute(writes);
  return Number(numAffectedRows ?? 0n);
}
