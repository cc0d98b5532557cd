import type { Command } from "commander";
import type { BulkResolvePlan, GroupDecided, ResolveAnswer } from "../api/duplicates.ts";
import { DUPLICATE_KINDS, KEEPER_RULES } from "../core/duplicates.ts";
import { KeepsightError } from "../core/errors.ts";
import { parseListOf } from "./parse-choice.ts";
import { parseWhole } from "./parse-numbers.ts";
import { formatBytes, printJson, printLines, toTable } from "./print.ts";
import { waitForJob } from "./wait-for-job.ts";
import { withApi } from "./with-api.ts";
import type { LibraryApi, World } from "./world.ts";

type Open = () => Promise<World>;

interface ResolveFlags {
  readonly all?: boolean;
  readonly keep?: number;
  readonly kinds?: readonly string[];
  readonly rules?: readonly string[];
  readonly trash?: boolean;
  readonly dryRun?: boolean;
  readonly queue?: boolean;
  readonly json?: boolean;
}

const parseId = parseWhole(1, Number.MAX_SAFE_INTEGER);
const collectIds = (value: string, former: number[] = []) => [...former, parseId(value)];

/** What is decided about groups of duplicates; each can be taken back. */
export function addDuplicateDecisions(duplicates: Command, open: Open): void {
  addResolve(duplicates, open);
  const json = (command: Command) => command.option("--json", "print the result as JSON");
  json(duplicates.command("dismiss"))
    .argument("<group>", "its number", parseId)
    .summary("say that the photos of a group are no duplicates; they are never asked about again")
    .addHelpText("after", "\nExamples:\n  keepsight duplicates dismiss 12")
    .action((id: number, flags: ResolveFlags) =>
      decide(open, flags, "POST", `/duplicates/group/${id}/dismiss`),
    );
  json(duplicates.command("merge"))
    .argument("<groups...>", "their numbers; all become the first", collectIds)
    .summary("make several groups one")
    .addHelpText("after", "\nExamples:\n  keepsight duplicates merge 12 15")
    .action((groupIds: number[], flags: ResolveFlags) =>
      decide(open, flags, "POST", "/duplicates/groups/merge", { groupIds }),
    );
  json(duplicates.command("split"))
    .argument("<group>", "its number", parseId)
    .argument("<photos...>", "members that become a group of their own", collectIds)
    .summary("divide a group; the parts are never brought together again")
    .addHelpText("after", "\nExamples:\n  keepsight duplicates split 12 301 302")
    .action((id: number, photoIds: number[], flags: ResolveFlags) =>
      decide(open, flags, "POST", `/duplicates/group/${id}/split`, { photoIds }),
    );
  json(duplicates.command("remove"))
    .argument("<group>", "its number", parseId)
    .argument("<photo>", "the member that does not belong to it", parseId)
    .summary("take a photo out of a group for good")
    .addHelpText("after", "\nExamples:\n  keepsight duplicates remove 12 301")
    .action((id: number, photoId: number, flags: ResolveFlags) =>
      decide(open, flags, "DELETE", `/duplicates/group/${id}/member/${photoId}`),
    );
  json(duplicates.command("undo"))
    .argument("<decision>", "what a decision printed; an undo can be undone too", parseId)
    .summary("take a decision back")
    .addHelpText("after", "\nExamples:\n  keepsight duplicates undo 17")
    .action((id: number, flags: ResolveFlags) => decide(open, flags, "POST", `/history/${id}/undo`));
}

async function decide(
  open: Open,
  flags: ResolveFlags,
  method: string,
  path: string,
  body?: object,
): Promise<void> {
  const world = await open();
  await withApi(world, "owning", async ({ call }) => {
    const decided = (await call(method, path, body)) as Pick<GroupDecided, "decisionId">;
    if (flags.json === true) return printJson(world, decided);
    printLines(world, [`Done. \`keepsight duplicates undo ${decided.decisionId}\` takes it back.`]);
  });
}

function addResolve(duplicates: Command, open: Open): void {
  duplicates
    .command("resolve")
    .argument("[groups...]", "their numbers", collectIds)
    .option("--all", "all open groups")
    .option("--keep <photo>", "the photo to keep, of one group", parseId)
    .option(
      "--kinds <kinds>",
      `members that lose: ${DUPLICATE_KINDS.join(",")}`,
      parseListOf(DUPLICATE_KINDS),
      ["exact", "copy"],
    )
    .option(
      "--rules <rules>",
      `what makes a copy the best: ${KEEPER_RULES.join(",")}`,
      parseListOf(KEEPER_RULES),
    )
    .option("--trash", "move the files of losers to the library's trash")
    .option("--dry-run", "only say what would be done")
    .option("--queue", "let the server do it in the background and end")
    .option("--json", "print the result as JSON")
    .summary("keep the best of each group, put the rest out of sight")
    .description(
      "Tags, names, albums, ratings and captions go to the keeper. No file is ever deleted, and everything can be taken back.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight duplicates resolve --all --dry-run\n  keepsight duplicates resolve 12 --keep 301\n  keepsight duplicates resolve --all --kinds exact --trash",
    )
    .action(async (groupIds: number[] | undefined, flags: ResolveFlags) => {
      const ids = groupIds ?? [];
      if (ids.length > 0 === (flags.all === true))
        throw new KeepsightError("bad_request", "Say which groups: their numbers, or --all.");
      if (flags.keep !== undefined && ids.length !== 1)
        throw new KeepsightError("bad_request", "A photo to keep can be named for one group only.");
      const world = await open();
      const isWaiting = flags.queue !== true && flags.dryRun !== true;
      await withApi(world, isWaiting ? "working" : "owning", async (api) => {
        if (flags.keep !== undefined) return resolveOne(world, api, ids[0]!, flags);
        return resolveMany(world, api, ids, flags);
      });
    });
}

async function resolveOne(
  world: World,
  { call }: LibraryApi,
  id: number,
  flags: ResolveFlags,
): Promise<void> {
  const { keep: keeperId, trash: moveToTrash = false, dryRun = false } = flags;
  const body = { keeperId, moveToTrash, dryRun };
  const answer = (await call("POST", `/duplicates/group/${id}/resolve`, body)) as ResolveAnswer;
  if (flags.json === true) return printJson(world, answer);
  printLines(world, [
    ...toTable([toRow(answer)]),
    answer.decisionId === null
      ? "Nothing was changed."
      : `Done. \`keepsight duplicates undo ${answer.decisionId}\` takes it back.`,
  ]);
}

async function resolveMany(
  world: World,
  api: LibraryApi,
  groupIds: readonly number[],
  flags: ResolveFlags,
): Promise<void> {
  const { call } = api;
  const { kinds, rules, trash: moveToTrash = false } = flags;
  const body = {
    ...(groupIds.length === 0 ? {} : { groupIds }),
    kinds,
    ...(rules === undefined ? {} : { rules: { order: rules } }),
    moveToTrash,
  };
  const plan = (await call("POST", "/duplicates/resolve", body)) as BulkResolvePlan;
  if (flags.dryRun === true) {
    if (flags.json === true) return printJson(world, plan);
    return printLines(world, [...toTable(plan.sample.map(toRow)), summarize(plan, "would be")]);
  }
  const { jobId } = (await call("POST", "/duplicates/resolve", { ...body, dryRun: false })) as {
    jobId: number;
  };
  if (flags.queue !== true) await waitForJob(api, jobId, world.signal);
  if (flags.json === true) return printJson(world, { jobId, ...plan, isDryRun: false });
  printLines(
    world,
    flags.queue === true
      ? [`Queued as job ${jobId}.`]
      : [summarize(plan, "were"), "`keepsight history` lists the decisions; each can be taken back."],
  );
}

/** One line of a plan: what stays, what goes, what it saves and what the keeper gets. */
function toRow({
  groupId,
  keeperId,
  loserIds,
  savedBytes,
  carriedOver,
  lost,
}: ResolveAnswer | BulkResolvePlan["sample"][number]) {
  const { tags, persons, albums, rating, title, description } = carriedOver;
  const given = [
    ...tags,
    ...persons,
    ...albums,
    ...(rating === null ? [] : [`${rating} stars`]),
    ...(title === null && description === null ? [] : ["caption"]),
  ];
  return [
    `group ${groupId}`,
    `keep ${keeperId}`,
    `hide ${loserIds.join(" ")}`,
    formatBytes(savedBytes),
    given.length === 0 ? "" : `carries over ${given.join(", ")}`,
    lost.length === 0 ? "" : `only a hidden copy knows: ${lost.join(", ")}`,
  ];
}

function summarize({ groups, photosHidden, savedBytes }: BulkResolvePlan, verb: string): string {
  return `${photosHidden} copies of ${groups} groups ${verb} put out of sight, ${formatBytes(savedBytes)}.`;
}
