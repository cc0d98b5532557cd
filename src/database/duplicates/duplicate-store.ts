import { sql, type Transaction } from "kysely";
import type { DuplicateEvidence, DuplicateKind, GroupState } from "../../core/duplicates.ts";
import type { Database } from "../database.ts";
import type { Photo } from "../photo-store.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { withoutNulls } from "../without-nulls.ts";
import { type DuplicateStats, readDuplicateStats } from "./duplicate-stats.ts";
import { insertMembers } from "./duplicate-changes.ts";
import { type ChooseKeeper, type GroupRow, type MemberRow, refreshGroups } from "./refresh-groups.ts";

/** A group of photos that belong together. */
export type DuplicateGroup = Readonly<GroupRow>;

/** A member with its photo. */
export interface DuplicateMember extends Omit<MemberRow, "evidence"> {
  readonly evidence?: DuplicateEvidence;
  readonly photo: Photo;
}

/** A photo that joins a group, or makes one with another. */
export interface NewMember {
  readonly photoId: number;
  readonly kind: DuplicateKind;
  readonly score: number;
  readonly evidence: DuplicateEvidence;
}

export interface GroupPage {
  readonly state: GroupState;
  readonly kinds: readonly DuplicateKind[];
  readonly sort: "space" | "newest" | "members";
  readonly limit: number;
  readonly offset: number;
}

/** Groups of duplicates as algorithms find them; what humans decide is in duplicate-decisions.ts. */
export interface DuplicateStore {
  list(page: GroupPage): Promise<readonly DuplicateGroup[]>;
  count(filter: Pick<GroupPage, "state" | "kinds">): Promise<number>;
  /** Somebody else changed groups. */
  forgetCounts(): void;
  get(groupId: number): Promise<DuplicateGroup | undefined>;
  /** Open groups with ids above `afterId`, for going through all. */
  listOpen(options: {
    readonly kinds: readonly DuplicateKind[];
    readonly groupIds?: readonly number[];
    readonly afterId: number;
    readonly limit: number;
  }): Promise<readonly DuplicateGroup[]>;
  /** Members with their photos, primary first, at most `perGroup` of each group. */
  members(groupIds: readonly number[], perGroup?: number): Promise<readonly DuplicateMember[]>;
  /** The group that a photo is in; dismissed ones do not count. */
  groupOf(photoId: number, isBurst: boolean): Promise<DuplicateGroup | undefined>;
  /** Groups of several photos, bursts left out. */
  groupsOf(photoIds: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** Those of the photos that a human said do not belong to this one. */
  apartFrom(photoId: number, others: readonly number[]): Promise<ReadonlySet<number>>;
  /** Photos in sight that one camera took within so many milliseconds of this one, the nearest in time first. */
  takenAround(photo: Photo, withinMs: number, limit: number): Promise<readonly Photo[]>;
  /** Puts a photo into a group; false when it is in one by now, or the group is gone. */
  join(groupId: number, member: NewMember): Promise<boolean>;
  /** Makes a group of two photos; undefined when one of them is in a group by now. */
  found(primaryPhotoId: number, member: NewMember): Promise<number | undefined>;
  /**
   * Takes a photo whose content changed out of the open groups that algorithms put it into. Gives photos that have to be
   * compared again, because it was what they had been compared with.
   */
  release(photoId: number): Promise<readonly number[]>;
  /** Suggests keepers anew, for groups with ids above `afterId`; gives the last one, undefined at the end. */
  refreshSome(afterId: number, limit: number): Promise<number | undefined>;
  stats(): Promise<DuplicateStats>;
}

const ORDERS = {
  space: "reclaimableBytes",
  newest: "createdAt",
  members: "memberCount",
} as const;

export function createDuplicateStore({
  database,
  choose,
}: {
  readonly database: Database;
  readonly choose: ChooseKeeper;
}): DuplicateStore {
  const { reads, writes } = database;

  /** Counting goes over all groups, and every page asks for it: it is remembered until a group changes. */
  let counts: ReturnType<typeof countGroups> | undefined;
  const forgetCounts = () => (counts = undefined);

  const countGroups = () =>
    reads
      .selectFrom("duplicateGroups")
      .select(({ fn }) => ["state", "kind", fn.countAll<number>().as("groups")])
      .groupBy(["state", "kind"])
      .execute();

  /** A transaction after which groups are counted anew. */
  async function change<T>(work: (transaction: Transaction<Schema>) => Promise<T>): Promise<T> {
    try {
      return await writes.transaction().execute(work);
    } finally {
      forgetCounts();
    }
  }

  const matching = ({ state, kinds }: Pick<GroupPage, "state" | "kinds">) =>
    reads
      .selectFrom("duplicateGroups")
      .where("state", "=", state)
      .where("kind", "in", [...kinds]);

  async function isTaken(
    transaction: Transaction<Schema>,
    photoIds: readonly number[],
    isBurst: number,
  ): Promise<boolean> {
    const row = await transaction
      .selectFrom("duplicateMembers")
      .select("photoId")
      .where("photoId", "in", valueList(photoIds))
      .where("isBurst", "=", isBurst)
      .where("isActive", "=", 1)
      .executeTakeFirst();
    return row !== undefined;
  }

  const toRow = (groupId: number, { evidence, ...member }: NewMember) => ({
    ...member,
    groupId,
    evidence: JSON.stringify(evidence),
    addedBy: "algorithm" as const,
    isBurst: member.kind === "burst" ? 1 : 0,
  });

  return {
    list: ({ sort, limit, offset, ...filter }) =>
      matching(filter)
        .selectAll()
        .orderBy(ORDERS[sort], "desc")
        .orderBy("id")
        .limit(limit)
        .offset(offset)
        .execute(),
    async count({ state, kinds }) {
      counts ??= countGroups().catch((error: unknown) => {
        forgetCounts();
        throw error;
      });
      const rows = await counts;
      const matched = rows.filter((row) => row.state === state && kinds.includes(row.kind));
      return matched.reduce((sum, row) => sum + row.groups, 0);
    },
    forgetCounts,
    get: (groupId) =>
      reads.selectFrom("duplicateGroups").selectAll().where("id", "=", groupId).executeTakeFirst(),
    listOpen: ({ kinds, groupIds, afterId, limit }) =>
      matching({ state: "open", kinds })
        .selectAll()
        .where("id", ">", afterId)
        .$if(groupIds !== undefined, (query) => query.where("id", "in", valueList(groupIds ?? [])))
        .orderBy("id")
        .limit(limit)
        .execute(),
    async members(groupIds, perGroup = Number.MAX_SAFE_INTEGER) {
      const { rows } = await sql<MemberRow>`
        select * from (
          select duplicate_members.*, row_number() over (
            partition by group_id order by photo_id = primary_photo_id desc, duplicate_members.score desc, photo_id
          ) as place
          from duplicate_members join duplicate_groups on duplicate_groups.id = group_id
          where group_id in ${valueList(groupIds)}
        ) where place <= ${perGroup} order by group_id, place
      `.execute(reads);
      const photos = await reads
        .selectFrom("photos")
        .selectAll()
        .where("id", "in", valueList(rows.map(({ photoId }) => photoId)))
        .execute();
      const byId = new Map<number, Photo>(photos.map((row) => [row.id, withoutNulls(row)]));
      return rows.map(({ evidence, ...row }) => ({
        ...row,
        photo: byId.get(row.photoId)!,
        ...(evidence === null ? {} : { evidence: JSON.parse(evidence) as DuplicateEvidence }),
      }));
    },
    groupOf: (photoId, isBurst) =>
      reads
        .selectFrom("duplicateMembers")
        .innerJoin("duplicateGroups", "duplicateGroups.id", "groupId")
        .selectAll("duplicateGroups")
        .where("photoId", "=", photoId)
        .where("isBurst", "=", isBurst ? 1 : 0)
        .where("isActive", "=", 1)
        .executeTakeFirst(),
    async groupsOf(photoIds) {
      const rows = await reads
        .selectFrom("duplicateMembers")
        .select(["photoId", "groupId"])
        .where("photoId", "in", valueList(photoIds))
        .where("isActive", "=", 1)
        .where("isBurst", "=", 0)
        .execute();
      return new Map(rows.map(({ photoId, groupId }) => [photoId, groupId]));
    },
    async apartFrom(photoId, others) {
      const { rows } = await sql<{ id: number }>`
        with own (decision_id, part, by_id) as (
          select decision_id, part, photo_id = ${photoId} from duplicates_apart
          where is_active = 1 and (photo_id = ${photoId}
            or imohash = (select imohash from photos where id = ${photoId}))
        ), other (id, imohash) as (
          select id, imohash from photos where id in ${valueList(others)}
        )
        select distinct other.id from own
        join duplicates_apart as theirs on theirs.decision_id = own.decision_id and theirs.part <> own.part
        join other on other.id = theirs.photo_id or other.imohash = theirs.imohash
        where theirs.is_active = 1 and other.id <> ${photoId}
      `.execute(reads);
      return new Set(rows.map(({ id }) => id));
    },
    async takenAround({ id, cameraModel, takenAtMs, takenDay }, withinMs, limit) {
      if (cameraModel === undefined) return [];
      const rows = await reads
        .selectFrom("photos")
        .selectAll()
        // The days first: an index has them, and a burst may go on past midnight.
        .where("takenDay", ">=", takenDay - 1)
        .where("takenDay", "<=", takenDay + 1)
        .where("takenAtMs", ">=", takenAtMs - withinMs)
        .where("takenAtMs", "<=", takenAtMs + withinMs)
        .where("cameraModel", "=", cameraModel)
        .where("hiddenAt", "is", null)
        .where("missingSince", "is", null)
        .where("id", "<>", id)
        .orderBy(sql`abs(taken_at_ms - ${takenAtMs})`)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(withoutNulls);
    },
    join: (groupId, member) =>
      change(async (transaction) => {
        const row = toRow(groupId, member);
        const group = await transaction
          .selectFrom("duplicateGroups")
          .select("id")
          .where("id", "=", groupId)
          .where("state", "<>", "dismissed")
          .executeTakeFirst();
        if (group === undefined || (await isTaken(transaction, [member.photoId], row.isBurst))) return false;
        await insertMembers(transaction, [row]);
        await refreshGroups(transaction, [groupId], choose);
        return true;
      }),
    found: (primaryPhotoId, member) =>
      change(async (transaction) => {
        const isBurst = member.kind === "burst" ? 1 : 0;
        if (await isTaken(transaction, [primaryPhotoId, member.photoId], isBurst)) return undefined;
        const now = Date.now();
        const { id } = await transaction
          .insertInto("duplicateGroups")
          .values({
            kind: member.kind,
            state: "open",
            score: member.score,
            primaryPhotoId,
            suggestedKeeperId: primaryPhotoId,
            memberCount: 2,
            totalBytes: 0,
            reclaimableBytes: 0,
            createdAt: now,
            updatedAt: now,
          })
          .returning("id")
          .executeTakeFirstOrThrow();
        const primary = { ...member, photoId: primaryPhotoId, score: 1 };
        await insertMembers(transaction, [{ ...toRow(id, primary), evidence: null }, toRow(id, member)]);
        await refreshGroups(transaction, [id], choose);
        return id;
      }),
    release: (photoId) =>
      change(async (transaction) => {
        const rows = await transaction
          .selectFrom("duplicateMembers")
          .innerJoin("duplicateGroups", "duplicateGroups.id", "groupId")
          .select(["groupId", "primaryPhotoId", "addedBy"])
          .where("photoId", "=", photoId)
          .where("isActive", "=", 1)
          .where("state", "=", "open")
          .execute();
        const again: number[] = [];
        for (const { groupId, primaryPhotoId, addedBy } of rows) {
          if (addedBy === "human") continue;
          const isWhole = primaryPhotoId === photoId;
          const removed = await transaction
            .deleteFrom("duplicateMembers")
            .where("groupId", "=", groupId)
            .$if(!isWhole, (query) => query.where("photoId", "=", photoId))
            .returning("photoId")
            .execute();
          again.push(...removed.map((row) => row.photoId).filter((id) => id !== photoId));
          await refreshGroups(transaction, [groupId], choose);
        }
        return again;
      }),
    refreshSome: (afterId, limit) =>
      change(async (transaction) => {
        const rows = await transaction
          .selectFrom("duplicateGroups")
          .select("id")
          .where("id", ">", afterId)
          .orderBy("id")
          .limit(limit)
          .execute();
        await refreshGroups(
          transaction,
          rows.map(({ id }) => id),
          choose,
        );
        return rows.at(-1)?.id;
      }),
    stats: () => readDuplicateStats(reads),
  };
}
