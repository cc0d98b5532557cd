import type { Command } from "commander";
import { formatBytes, formatSeconds, printJson, printLines, toTable } from "./print.ts";
import type { World } from "./world.ts";

/** `keepsight status`: what the library holds and what it is doing. */
export function addStatusCommand(program: Command, open: () => Promise<World>): void {
  program
    .command("status")
    .option("--json", "print the result as JSON")
    .summary("show what the library holds and what it is doing")
    .action(async ({ json = false }: { json?: boolean }) => {
      const world = await open();
      const library = await world.openLibrary("reading");
      try {
        const [stats, queues] = await Promise.all([library.stats.read(), library.jobs.queues()]);
        if (json) return printJson(world, { dataDirectory: world.dataDirectory, stats, queues });
        printLines(world, [
          ...toTable([
            ["Library", world.dataDirectory],
            ["Photos", `${stats.photos} (${formatBytes(stats.bytes)})`],
            ...Object.entries(stats.byStatus).map(([status, count]) => [`  ${status}`, String(count)]),
            ["With faces", String(stats.withFaces)],
            ["With text", String(stats.withText)],
            ["With place", String(stats.withGps)],
            ["Missing files", String(stats.missing)],
            ...stats.folders.map(({ path, photos }) => ["Folder", `${path} (${photos})`]),
          ]),
          "",
          ...toTable([
            ["Queue", "waiting", "running", "failed", ""],
            ...queues.map(({ kind, queued, running, failed, isPaused, etaSeconds }) => [
              kind,
              String(queued),
              String(running),
              String(failed),
              isPaused ? "paused" : etaSeconds === undefined ? "" : `about ${formatSeconds(etaSeconds)} left`,
            ]),
          ]),
        ]);
      } finally {
        await library.close();
      }
    });
}
