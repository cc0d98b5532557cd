import { InvalidArgumentError, type Command } from "commander";
import { KEEPER_RULES, type KeeperRule } from "../engine/duplicates/choose-keeper.ts";
import type { DuplicateEvidence, DuplicateScan } from "../engine/duplicates/scan-duplicates.ts";
import { formatBytes, printJson, printLines, toPrintable, toTable } from "./print.ts";
import type { World } from "./world.ts";

interface ScanFlags {
  readonly keep: readonly KeeperRule[];
  readonly json?: boolean;
}

/** `keepsight duplicates scan`: finds copies, says which to keep and what that would save, and changes nothing. */
export function addDuplicatesCommand(program: Command, open: () => Promise<World>): void {
  const duplicates = program
    .command("duplicates")
    .summary("find photos that are copies of each other")
    .addHelpText("after", "\nExamples:\n  keepsight duplicates scan\n  keepsight duplicates scan --json");
  duplicates
    .command("scan")
    .option(
      "--keep <rules>",
      `what makes a copy the best, in this order: ${KEEPER_RULES.join(",")}`,
      parseRules,
      KEEPER_RULES,
    )
    .option("--json", "print the result as JSON")
    .summary("find copies, and say which to keep; changes nothing")
    .description(
      "Finds the same files, and the same pictures also where they were compressed, resized, cropped, turned, mirrored, framed or in a screenshot. Works beside a running server.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight duplicates scan\n  keepsight duplicates scan --keep date,resolution",
    )
    .action(async ({ keep, json = false }: ScanFlags) => {
      const world = await open();
      const library = await world.openLibrary("reading");
      try {
        const scan = await library.scanDuplicates({ rules: keep, signal: world.signal });
        if (json) printJson(world, toJson(scan));
        else printScan(world, scan);
      } finally {
        await library.close();
      }
    });
}

function toJson({ photos, unreadable, groups }: DuplicateScan) {
  return {
    photos,
    unreadable,
    sparedBytes: sumSpared(groups),
    groups: groups.map(({ members, keeper, sparedBytes }) => ({
      keeperId: keeper.id,
      sparedBytes,
      members: members.map(({ photo, evidence }) => ({
        photoId: photo.id,
        path: photo.path,
        width: photo.width ?? null,
        height: photo.height ?? null,
        byteSize: photo.byteSize,
        ...evidence,
      })),
    })),
  };
}

function printScan(world: World, { photos, unreadable, groups }: DuplicateScan): void {
  for (const { members, keeper } of groups) {
    const rows = members.map(({ photo, evidence }) => [
      photo.id === keeper.id ? "keep" : "",
      photo.width === undefined ? "" : `${photo.width}×${photo.height}`,
      formatBytes(photo.byteSize),
      describeEvidence(evidence),
      toPrintable(photo.path),
    ]);
    printLines(world, [...toTable(rows), ""]);
  }
  if (unreadable > 0)
    world.remarks.write(`Not compared, without a picture of them: ${unreadable} of the photos.\n`);
  printLines(world, [
    groups.length === 0
      ? `No copies among ${photos} photos.`
      : `${groups.length} ${groups.length === 1 ? "group" : "groups"} of copies among ${photos} photos; keeping one of each would spare ${formatBytes(sumSpared(groups))}.`,
  ]);
}

function describeEvidence(evidence: DuplicateEvidence): string {
  if (evidence.kind === "medoid") return "";
  if (evidence.kind === "exact") return "same file";
  if (evidence.inliers === undefined) return `same picture (${evidence.distance} of 256 bits differ)`;
  return `same picture (${evidence.inliers} spots agree)`;
}

function sumSpared(groups: DuplicateScan["groups"]): number {
  return groups.reduce((sum, { sparedBytes }) => sum + sparedBytes, 0);
}

function parseRules(value: string): readonly KeeperRule[] {
  return value.split(",").map((name) => {
    const rule = KEEPER_RULES.find((known) => known === name.trim());
    if (rule === undefined)
      throw new InvalidArgumentError(`expected some of ${KEEPER_RULES.join(", ")}, separated by commas.`);
    return rule;
  });
}
