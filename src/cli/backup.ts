import type { Command } from "commander";
import { parseWhole } from "./parse-numbers.ts";
import { formatBytes, printJson, printLines, toTable } from "./print.ts";
import type { World } from "./world.ts";

type Open = () => Promise<World>;
interface Flags {
  readonly json?: boolean;
}

/** `keepsight backup [list]` and `keepsight restore DIR`. */
export function addBackupCommands(program: Command, open: Open): void {
  const backup = program
    .command("backup")
    .option("--to <folder>", "where backups go (default: the configured folder)")
    .option("--keep <n>", "so many stay there, the newest (default: as configured)", parseWhole(1, 1000))
    .option("--with-derivatives", "previews and thumbnails too, which can be made again", false)
    .option("--json", "print the result as JSON")
    .summary("write a backup of the library, also while it is in use")
    .description(
      "Holds everything but the photos in your folders, which Keepsight never changes, and models, which can be had again: the database as it stands at one moment, and uploaded photos. Each file is checked by `keepsight restore`.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight backup\n  keepsight backup --to /mnt/usb/keepsight --keep 3\n  keepsight backup list\n  keepsight restore /mnt/usb/keepsight/keepsight-20260131-030000",
    )
    .action(async (flags: Flags & { to?: string; keep?: number; withDerivatives: boolean }) => {
      const world = await open();
      const { to, keep, withDerivatives } = flags;
      const done = await world.backUp({
        withDerivatives,
        ...(to === undefined ? {} : { to }),
        ...(keep === undefined ? {} : { keep }),
      });
      if (flags.json === true) return printJson(world, done);
      printLines(world, [`${done.photos} photos, ${formatBytes(done.byteSize)}: ${done.path}`]);
    });
  backup
    .command("list")
    .option("--in <folder>", "where to look (default: the configured folder)")
    .option("--json", "print the result as JSON")
    .summary("list backups, newest first")
    .addHelpText("after", "\nExamples:\n  keepsight backup list --in /mnt/usb/keepsight")
    .action(async (flags: Flags & { in?: string }) => {
      const world = await open();
      const items = await world.listBackups(flags.in);
      if (flags.json === true) return printJson(world, { items });
      const rows = items.map(({ name, createdAt, photos, byteSize }) => [
        name,
        createdAt.slice(0, 16).replace("T", " "),
        `${photos} photos`,
        formatBytes(byteSize),
      ]);
      printLines(world, rows.length === 0 ? ["There are no backups there."] : toTable(rows));
    });
  program
    .command("restore")
    .argument("<folder>", "one backup, as `keepsight backup list` names it")
    .option("--json", "print the result as JSON")
    .summary("make a backup the library; the replaced one is kept")
    .description(
      "Refuses while a server has the library open, and backups that are damaged or of a newer Keepsight. A restore that is cut off is finished by the next start.",
    )
    .addHelpText("after", "\nExamples:\n  keepsight restore /mnt/usb/keepsight/keepsight-20260131-030000")
    .action(async (folder: string, { json = false }: Flags) => {
      const world = await open();
      const done = await world.restore(folder);
      if (json) return printJson(world, done);
      printLines(world, [
        `Restored ${done.photos} photos as of ${done.createdAt}.`,
        ...(done.aside === undefined ? [] : [`The replaced library is in ${done.aside}.`]),
      ]);
    });
}
