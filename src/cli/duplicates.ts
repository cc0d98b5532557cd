import type { Command } from "commander";
import type { DuplicateGroup, DuplicateGroupPage, DuplicateStats } from "../api/duplicates.ts";
import { DUPLICATE_KINDS, GROUP_STATES } from "../core/duplicates.ts";
import { addDuplicateDecisions } from "./duplicates-decide.ts";
import { parseOneOf } from "./parse-choice.ts";
import { parseWhole } from "./parse-numbers.ts";
import { formatBytes, printJson, printLines, toPrintable, toTable } from "./print.ts";
import { waitForJob } from "./wait-for-job.ts";
import { withApi } from "./with-api.ts";
import type { World } from "./world.ts";

type Open = () => Promise<World>;

interface ListFlags {
  readonly state: string;
  readonly kind?: string;
  readonly sort: string;
  readonly limit: number;
  readonly json?: boolean;
}

const parseId = parseWhole(1, Number.MAX_SAFE_INTEGER);

/** `keepsight duplicates …`: finds photos that belong together, shows them, and does what is decided about them. */
export function addDuplicatesCommand(program: Command, open: Open): void {
  const duplicates = program
    .command("duplicates")
    .summary("find copies, keep the best, put the rest out of sight")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight duplicates scan\n  keepsight duplicates list\n  keepsight duplicates resolve --all --dry-run\n  keepsight duplicates undo 17",
    );
  addScan(duplicates, open);
  addList(duplicates, open);
  addShow(duplicates, open);
  addStats(duplicates, open);
  addDuplicateDecisions(duplicates, open);
}

function addScan(duplicates: Command, open: Open): void {
  duplicates
    .command("scan")
    .option("--all", "look again at photos that were compared before")
    .option("--no-near", "compare files and pixels only, not meaning")
    .option("--queue", "let the server do it in the background and end")
    .option("--json", "print the result as JSON")
    .summary("compare photos with each other")
    .description(
      "Finds the same files, and the same pictures also where they were compressed, resized, cropped, turned, mirrored, framed or in a screenshot. Photos that come later are compared as they come. Nothing is put out of sight.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight duplicates scan\n  keepsight duplicates scan --all --queue",
    )
    .action(async (flags: { all?: boolean; near: boolean; queue?: boolean; json?: boolean }) => {
      const world = await open();
      await withApi(world, flags.queue === true ? "owning" : "working", async (api) => {
        const { call, isServer } = api;
        const near = flags.near ? {} : { detectNearDuplicates: false };
        const { jobId } = (await call("POST", "/duplicates/scan", { all: flags.all === true, ...near })) as {
          jobId: number;
        };
        if (flags.queue === true) {
          if (flags.json === true) return printJson(world, { jobId });
          return printLines(world, [
            isServer
              ? `Queued as job ${jobId}; \`keepsight status\` and the jobs page tell how far it is.`
              : `Queued as job ${jobId}. No server is running: it begins with the next \`keepsight serve\`.`,
          ]);
        }
        await waitForJob(api, jobId, world.signal);
        const stats = (await call("GET", "/duplicates/stats")) as DuplicateStats;
        if (flags.json === true) return printJson(world, stats);
        printStats(world, stats);
      });
    });
}

function addList(duplicates: Command, open: Open): void {
  duplicates
    .command("list")
    .option("--state <state>", GROUP_STATES.join(", "), parseOneOf(GROUP_STATES), "open")
    .option("--kind <kind>", DUPLICATE_KINDS.join(", "), parseOneOf(DUPLICATE_KINDS))
    .option("--sort <order>", "space, newest or members", parseOneOf(["space", "newest", "members"]), "space")
    .option("--limit <n>", "most groups", parseWhole(1, 100), 20)
    .option("--json", "print the result as JSON")
    .summary("list groups of duplicates, those first that would save most")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight duplicates list --kind exact\n  keepsight duplicates list --state resolved",
    )
    .action(async ({ state, kind, sort, limit, json = false }: ListFlags) => {
      const world = await open();
      await withApi(world, "reading", async ({ call }) => {
        const kinds = kind === undefined ? "" : `&kind=${kind}`;
        const query = `/duplicates/groups?state=${state}&sort=${sort}&pageSize=${limit}${kinds}`;
        const page = (await call("GET", query)) as DuplicateGroupPage;
        if (json) return printJson(world, page);
        for (const group of page.items) printGroup(world, group);
        printLines(world, [`${page.items.length} of ${page.total} groups.`]);
      });
    });
}

function addShow(duplicates: Command, open: Open): void {
  duplicates
    .command("show")
    .argument("<group>", "its number", parseId)
    .option("--json", "print the result as JSON")
    .summary("show all members of a group, and what proves that they belong to it")
    .addHelpText("after", "\nExamples:\n  keepsight duplicates show 12")
    .action(async (id: number, { json = false }: { json?: boolean }) => {
      const world = await open();
      await withApi(world, "reading", async ({ call }) => {
        const group = (await call("GET", `/duplicates/group/${id}`)) as DuplicateGroup;
        if (json) return printJson(world, group);
        printGroup(world, group);
      });
    });
}

function addStats(duplicates: Command, open: Open): void {
  duplicates
    .command("stats")
    .option("--json", "print the result as JSON")
    .summary("count duplicates, and what resolving them would save")
    .addHelpText("after", "\nExamples:\n  keepsight duplicates stats")
    .action(async ({ json = false }: { json?: boolean }) => {
      const world = await open();
      await withApi(world, "reading", async ({ call }) => {
        const stats = (await call("GET", "/duplicates/stats")) as DuplicateStats;
        if (json) return printJson(world, stats);
        printStats(world, stats);
      });
    });
}

function printStats(world: World, stats: DuplicateStats): void {
  const rows = stats.byKind.map(({ kind, groups, photos, reclaimableBytes }) => [
    kind,
    `${groups} ${groups === 1 ? "group" : "groups"}`,
    `${photos} photos`,
    kind === "burst" ? "" : formatBytes(reclaimableBytes),
  ]);
  const waiting = stats.photosWaiting > 0 ? `, ${stats.photosWaiting} wait` : "";
  printLines(world, [
    ...toTable(rows),
    `${stats.openGroups} open groups among ${stats.photosChecked} photos${waiting}; resolving them would save ${formatBytes(stats.reclaimableBytes)}.`,
  ]);
}

function printGroup(world: World, group: DuplicateGroup): void {
  const { id, kind, state, memberCount, reclaimableBytes } = group;
  const rows = group.members.map(({ photo, path, byteSize, ...member }) => [
    member.outcome ?? (member.isSuggestedKeeper ? "keep" : ""),
    String(photo.id),
    photo.width === null ? "" : `${photo.width}×${photo.height}`,
    formatBytes(byteSize),
    describeEvidence(member.evidence),
    toPrintable(path),
  ]);
  const more = memberCount > rows.length ? [`and ${memberCount - rows.length} more`] : [];
  const saved = state === "open" && kind !== "burst" ? `, ${formatBytes(reclaimableBytes)} to save` : "";
  printLines(world, [`Group ${id}: ${kind}, ${state}${saved}`, ...toTable(rows), ...more, ""]);
}

function describeEvidence(evidence: DuplicateGroup["members"][number]["evidence"]): string {
  if (evidence === null) return "";
  const { method, distance, inliers, similarity } = evidence;
  if (method === "bytes") return "same file";
  if (method === "human") return "put here by hand";
  if (method === "meaning") return `alike to ${((similarity ?? 0) * 100).toFixed(1)} %`;
  if (inliers === null) return `same picture (${distance} of 256 bits differ)`;
  return `same picture (${inliers} spots agree)`;
}
