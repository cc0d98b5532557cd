import type { Command } from "commander";
import { KeepsightError } from "../core/errors.ts";
import type { Library } from "../engine/library.ts";
import { showProgress } from "./progress.ts";
import { formatSeconds, printJson, printLines, toPrintable, wrapWords } from "./print.ts";
import { whenAborted } from "./when-aborted.ts";
import type { World } from "./world.ts";

/** Failures listed at the end; the rest is on the jobs page. */
const LISTED_FAILURES = 20;

/** What an import ended with. */
export interface ImportSummary {
  readonly photos: number;
  readonly completed: number;
  readonly partial: number;
  readonly failed: number;
  /** Not analysed yet: stopped before, or waiting to be tried again. */
  readonly waiting: number;
  readonly missing: number;
  readonly seconds: number;
  readonly failures: readonly { readonly fileName: string; readonly reason: string }[];
  /** Files and folders that could not even be looked at. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
  /** Why the work ended before it was done; null when nothing held it up. */
  readonly trouble: string | null;
}

/** `keepsight import FOLDER…`: scans, analyses and ends. Exit code 2 when some photo failed or is not done. */
export function addImportCommand(program: Command, open: () => Promise<World>): void {
  program
    .command("import")
    .argument("[folders...]", "folders of photos; none: those the library has already")
    .option("--json", "print the result as JSON")
    .summary("import folders and end")
    .description("Scans folders, analyses every new or changed photo, and ends. Originals are only read.")
    .addHelpText("after", "\nExamples:\n  keepsight import ~/Pictures\n  keepsight import /mnt/photos --json")
    .action(async (folders: string[], { json = false }: { json?: boolean }) => {
      const world = await open();
      const library = await world.openLibrary("owning");
      try {
        const summary = await importFolders(world, library, folders);
        if (json) printJson(world, summary);
        else printSummary(world, summary);
        if (isIncomplete(summary) || world.signal.aborted) process.exitCode = 2;
      } finally {
        await library.close();
      }
    });
}

async function importFolders(
  world: World,
  library: Library,
  folders: readonly string[],
): Promise<ImportSummary> {
  const started = performance.now();
  const named = [...world.folders, ...folders];
  if (named.length === 0 && (await library.folders.list()).length === 0) {
    throw new KeepsightError(
      "bad_request",
      "There is no folder to import; name one, as in `keepsight import ~/Pictures`.",
    );
  }
  // Whoever names a folder wants it, also one that was removed; what is configured may have been removed since.
  for (const folder of folders) await library.folders.add(folder);
  await library.start({ folders: world.folders, isWatching: false });
  const progress = showProgress(world, library.jobs);
  try {
    await Promise.race([library.runner.whenIdle(), whenAborted(world.signal), library.whenLost]);
  } finally {
    await progress.stop();
  }
  if (!world.signal.aborted) await library.people.upkeep.runRound(world.signal);
  const { byStatus, photos, missing } = await library.stats.read();
  const { completed = 0, partial = 0, failed = 0 } = byStatus;
  return {
    photos,
    completed,
    partial,
    failed,
    waiting: photos - completed - partial - failed,
    missing,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    failures: await listFailures(library),
    unreadable: library.folders.problems(),
    trouble: library.runner.trouble() ?? null,
  };
}

/** Scans that failed, and photos, also those that are tried again later. */
async function listFailures(library: Library): Promise<ImportSummary["failures"]> {
  const page = { limit: LISTED_FAILURES, offset: 0 };
  const [scans, photos] = await Promise.all([
    library.jobs.list({ kinds: ["scan"], states: ["failed"] }, page),
    library.photos.list({ statuses: ["failed", "partial"] }, { sort: "newest", ...page }),
  ]);
  const failures = [
    ...scans.items.map(({ job }) => ({ fileName: job.kind, reason: job.errorReason })),
    ...photos.items.map(({ fileName, failureReason }) => ({ fileName, reason: failureReason })),
  ];
  return failures.slice(0, LISTED_FAILURES).map(({ fileName, reason = "" }) => ({ fileName, reason }));
}

function isIncomplete({ failed, waiting, unreadable }: ImportSummary): boolean {
  return failed > 0 || waiting > 0 || unreadable.length > 0;
}

/** A failure in words; most reasons name the file themselves. */
function describeFailure({ fileName, reason }: ImportSummary["failures"][number]): string[] {
  return toListEntry(reason.includes(fileName) ? reason : `${fileName}: ${reason}`);
}

function toListEntry(text: string): string[] {
  return wrapWords(toPrintable(text), 96).map((line, i) => `${i === 0 ? "  " : "    "}${line}`);
}

function describeUnreadable(unreadable: ImportSummary["unreadable"]): string[] {
  if (unreadable.length === 0) return [];
  return [
    `Not looked at (${unreadable.length}):`,
    ...unreadable.slice(0, LISTED_FAILURES).flatMap(({ path, reason }) => toListEntry(`${path}: ${reason}`)),
    ...(unreadable.length > LISTED_FAILURES ? ["  …"] : []),
  ];
}

function printSummary(world: World, summary: ImportSummary): void {
  const { photos, completed, partial, failed, waiting, missing, seconds } = summary;
  const counts = [
    `${completed} complete`,
    ...(partial > 0 ? [`${partial} partly`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(missing > 0 ? [`${missing} missing on disk`] : []),
  ];
  printLines(world, [
    `${photos} photos in the library (${counts.join(", ")}), ${formatSeconds(seconds)}.`,
    ...summary.failures.flatMap(describeFailure),
    ...(failed > summary.failures.length
      ? ["  … `keepsight serve` shows all of them on its jobs page."]
      : []),
    ...describeUnreadable(summary.unreadable),
    ...(summary.trouble === null ? [] : [`It could not go on: ${summary.trouble}`]),
    world.signal.aborted || summary.trouble !== null
      ? "Stopped before the end; the same command goes on where this one left off."
      : "Next: `keepsight serve` and open the address it prints, or `keepsight search WORDS`.",
  ]);
}
