import { IdParams, JobAccepted } from "../../api/common.ts";
import {
  BulkResolvePlan,
  BulkResolveRequest,
  ChangeDuplicateSettings,
  DuplicateGroup,
  DuplicateGroupPage,
  DuplicateGroupQuery,
  DuplicateSettings,
  DuplicateStats,
  GroupDecided,
  MemberParams,
  MergeGroupsRequest,
  ResolveAnswer,
  ResolveRequest,
  ScanDuplicatesRequest,
  SplitGroupRequest,
} from "../../api/duplicates.ts";
import { KeepsightError } from "../../core/errors.ts";
import { withoutUndefined } from "../../core/without-undefined.ts";
import type { Duplicates } from "../../engine/duplicates/duplicates.ts";
import { USER } from "../actor.ts";
import type { ApiServer } from "../api-server.ts";
import { toDuplicateGroups, toDuplicateStats, toResolution } from "../present-duplicates.ts";

const tags = ["duplicates"];

/** Members of each group in a list. */
const LISTED_MEMBERS = 12;

/** What is listed unless a kind is asked for: bursts are no duplicates. */
const USUAL_KINDS = ["exact", "copy", "near"] as const;

/** Groups of duplicates: looking at them, and what humans decide about them. */
export function addDuplicateRoutes(server: ApiServer, duplicates: Duplicates): void {
  const { groups, resolving } = duplicates;

  async function findGroup(groupId: number): Promise<DuplicateGroup | undefined> {
    const group = await groups.get(groupId);
    return group && toDuplicateGroups([group], await groups.members([groupId]))[0];
  }

  async function getGroup(groupId: number): Promise<DuplicateGroup> {
    const group = await findGroup(groupId);
    if (group !== undefined) return group;
    throw new KeepsightError("not_found", `There is no group of duplicates ${groupId}.`);
  }

  async function toDecided(
    groupId: number,
    { decision, groupIds }: Awaited<ReturnType<Duplicates["merge"]>>,
  ): Promise<GroupDecided> {
    const newId = groupIds.find((id) => id !== groupId);
    return {
      decisionId: decision.id,
      group: (await findGroup(groupId)) ?? null,
      newGroup: newId === undefined ? null : ((await findGroup(newId)) ?? null),
    };
  }

  server.get(
    "/duplicates/groups",
    {
      schema: {
        tags,
        summary: "Groups of duplicates, a page at a time",
        description:
          "By default the open ones that would save most. `space` counts the bytes of all members but the suggested keeper.",
        querystring: DuplicateGroupQuery,
        response: { 200: DuplicateGroupPage },
      },
    },
    async ({ query: { page, pageSize, state, sort, kind = [...USUAL_KINDS] } }) => {
      const filter = { state, kinds: kind };
      const [found, total] = await Promise.all([
        groups.list({ ...filter, sort, limit: pageSize, offset: (page - 1) * pageSize }),
        groups.count(filter),
      ]);
      const members = await groups.members(
        found.map(({ id }) => id),
        LISTED_MEMBERS,
      );
      return { items: toDuplicateGroups(found, members), total, page, pageSize };
    },
  );

  server.get(
    "/duplicates/group/:id",
    {
      schema: {
        tags,
        summary: "A group with all its members",
        params: IdParams,
        response: { 200: DuplicateGroup },
      },
    },
    async ({ params: { id } }) => getGroup(id),
  );

  server.delete(
    "/duplicates/group/:id/member/:photoId",
    {
      schema: {
        tags,
        summary: "Take a photo out of a group; the two are never brought together again",
        params: MemberParams,
        response: { 200: GroupDecided },
      },
    },
    async ({ params: { id, photoId } }) => toDecided(id, await duplicates.split(id, [photoId], USER)),
  );

  server.post(
    "/duplicates/group/:id/split",
    {
      schema: {
        tags,
        summary: "Make some members a group of their own",
        params: IdParams,
        body: SplitGroupRequest,
        response: { 200: GroupDecided },
      },
    },
    async ({ params: { id }, body: { photoIds } }) =>
      toDecided(id, await duplicates.split(id, photoIds, USER)),
  );

  server.post(
    "/duplicates/groups/merge",
    {
      schema: {
        tags,
        summary: "Make several groups one",
        body: MergeGroupsRequest,
        response: { 200: GroupDecided },
      },
    },
    async ({ body: { groupIds } }) => toDecided(groupIds[0]!, await duplicates.merge(groupIds, USER)),
  );

  server.post(
    "/duplicates/group/:id/dismiss",
    {
      schema: {
        tags,
        summary: "Say that a group's photos are no duplicates of each other; never ask again",
        params: IdParams,
        response: { 200: GroupDecided },
      },
    },
    async ({ params: { id } }) => toDecided(id, await duplicates.dismiss(id, USER)),
  );

  server.post(
    "/duplicates/group/:id/resolve",
    {
      schema: {
        tags,
        summary: "Keep one photo of a group and put the others out of sight",
        description:
          "Tags, names of faces, albums, rating, title and description that only a loser has go to the keeper. Originals are never deleted: they stay where they are, or are moved to the library's trash if asked.",
        params: IdParams,
        body: ResolveRequest,
        response: { 200: ResolveAnswer },
      },
    },
    async ({ params: { id }, body: { dryRun, ...wish } }) => {
      if (dryRun) {
        const planned = await resolving.plan(id, wish);
        return { ...toResolution(planned), isDryRun: true, decisionId: null };
      }
      const { planned, change } = await resolving.resolve(id, wish, USER);
      return { ...toResolution(planned), isDryRun: false, decisionId: change.decision.id };
    },
  );

  server.post(
    "/duplicates/resolve",
    {
      schema: {
        tags,
        summary: "Resolve many groups by the keeper rules; only says what it would do unless told otherwise",
        body: BulkResolveRequest,
        response: { 200: BulkResolvePlan, 202: JobAccepted },
      },
    },
    async ({ body: { dryRun, groupIds, kinds, rules = {}, moveToTrash } }, reply) => {
      const wish = {
        ...withoutUndefined({ groupIds }),
        kinds,
        rules: { ...duplicates.settings().keeper, ...withoutUndefined(rules) },
        moveToTrash,
      };
      if (!dryRun) return reply.code(202).send({ jobId: await duplicates.queueResolve(wish, USER) });
      const { inherited, sample, ...plan } = await resolving.planBulk(wish);
      return { isDryRun: true as const, ...plan, carriedOver: inherited, sample: sample.map(toResolution) };
    },
  );

  server.post(
    "/duplicates/scan",
    {
      schema: {
        tags,
        summary: "Compare photos with each other, in the background",
        description: "Repeating it changes nothing. Decisions stand: what was told apart stays apart.",
        body: ScanDuplicatesRequest,
        response: { 202: JobAccepted },
      },
    },
    async ({ body: { all, detectNearDuplicates, nearDuplicateThreshold } }, reply) => {
      const wish = withoutUndefined({
        all,
        detectNear: detectNearDuplicates,
        nearThreshold: nearDuplicateThreshold,
      });
      return reply.code(202).send({ jobId: await duplicates.queueScan(wish) });
    },
  );

  server.get(
    "/duplicates/stats",
    {
      schema: { tags, summary: "How it stands with duplicates", response: { 200: DuplicateStats } },
    },
    async () => toDuplicateStats(await groups.stats()),
  );

  server.get(
    "/duplicates/settings",
    {
      schema: {
        tags,
        summary: "How duplicates are looked for, and what makes a copy the best",
        response: { 200: DuplicateSettings },
      },
    },
    async () => toSettings(duplicates.settings()),
  );

  server.patch(
    "/duplicates/settings",
    {
      schema: {
        tags,
        summary: "Change how duplicates are looked for, or what makes a copy the best",
        description: "Keepers are suggested anew in the background. Thresholds count from the next scan on.",
        body: ChangeDuplicateSettings,
        response: { 200: DuplicateSettings },
      },
    },
    async ({ body: { keeper, ...change } }) =>
      toSettings(
        await duplicates.changeSettings({
          ...withoutUndefined(change),
          ...(keeper === undefined ? {} : { keeper: withoutUndefined(keeper) }),
        }),
      ),
  );
}

function toSettings({ keeper, ...settings }: ReturnType<Duplicates["settings"]>): DuplicateSettings {
  const { order, formats, folders, preferOldest } = keeper;
  return {
    ...settings,
    keeper: { order: [...order], formats: [...formats], folders: [...folders], preferOldest },
  };
}
