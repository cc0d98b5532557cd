import type { Command } from "commander";
import { describeInference } from "../engine/inference/check-inference.ts";
import { formatBytes, formatSeconds, printJson, printLines, toPrintable, toTable } from "./print.ts";
import type { World } from "./world.ts";

/** `keepsight status`: what the library holds and what it is doing. */
export function addStatusCommand(program: Command, open: () => Promise<World>): void {
  program
    .command("status")
    .option("--json", "print the result as JSON")
    .summary("show what the library holds and what it is doing")
    .addHelpText("after", "\nExamples:\n  keepsight status\n  keepsight status --json")
    .action(async ({ json = false }: { json?: boolean }) => {
      const world = await open();
      const library = await world.openLibrary("reading");
      try {
        const [stats, queues, inference] = await Promise.all([
          library.stats.read(),
          library.jobs.queues(),
          world.checkInference(),
        ]);
        if (json) return printJson(world, { dataDirectory: world.dataDirectory, stats, queues, inference });
        printLines(world, [
          ...toTable([
            ["Library", world.dataDirectory],
            ["Photos", `${stats.photos} (${formatBytes(stats.bytes)})`],
            ...Object.entries(stats.byStatus).map(([status, count]) => [
              `  ${status.replaceAll("_", " ")}`,
              String(count),
            ]),
            ["With faces", String(stats.withFaces)],
            ["With text", String(stats.withText)],
            ["With place", String(stats.withGps)],
            ...(stats.missing > 0 ? [["Missing files", String(stats.missing)]] : []),
            ...(inference === undefined ? [] : [["Models run at", describeInference(inference)]]),
            ...stats.folders.map(({ path, photos }) => ["Folder", `${toPrintable(path)} (${photos})`]),
          ]),
          "",
          ...toTable([
            ["Queue", "waiting", "running", "failed"],
            ...queues.map(({ kind, queued, running, failed, isPaused, etaSeconds }) => [
              kind,
              String(queued),
              String(running),
              String(failed),
              describePace({ isPaused, etaSeconds, waiting: queued + running }),
            ]),
          ]),
        ]);
      } finally {
        await library.close();
      }
    });
}

function describePace(queue: { isPaused: boolean; etaSeconds: number | undefined; waiting: number }): string {
  if (queue.isPaused) return "paused";
  const isKnown = queue.etaSeconds !== undefined && queue.waiting > 0;
  return isKnown ? `about ${formatSeconds(queue.etaSeconds!)} left` : "";
}
