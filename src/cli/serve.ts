import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { KeepsightError } from "../core/errors.ts";
import { showProgress } from "./progress.ts";
import { whenAborted } from "./when-aborted.ts";
import type { World } from "./world.ts";

/** `keepsight serve [FOLDER…]`, also what runs without a command: imports in the background, watches, serves the web app. */
export function addServeCommand(program: Command, open: () => Promise<World>): void {
  program
    .command("serve", { isDefault: true })
    .argument("[folders...]", "folders of photos to import and watch")
    .summary("serve the web app and the API; import and watch folders in the background (default)")
    .description(
      "Serves the web app and the API, imports folders in the background and follows their changes.",
    )
    .addHelpText("after", "\nExamples:\n  keepsight serve\n  keepsight serve ~/Pictures --port 8080")
    .action(async (folders: string[]) => {
      checkFolders(folders);
      const world = await open();
      const library = await world.openLibrary("owning");
      try {
        const server = await world.serve(library);
        try {
          world.output.write(`Keepsight is ready: ${server.url}\n`);
          await library.start({ folders: [...world.folders, ...folders], isWatching: world.isWatching });
          const progress = world.remarks.isTTY === true ? showProgress(world, library.jobs) : undefined;
          await Promise.race([whenAborted(world.signal), library.whenLost]);
          await progress?.stop();
          world.remarks.write("\nStopping; what is unfinished goes on at the next start.\n");
        } finally {
          await server.close();
        }
      } finally {
        await library.close();
      }
    });
}

/** Finds a mistyped command or folder before anything is opened. */
function checkFolders(folders: readonly string[]): void {
  for (const folder of folders) {
    if (existsSync(folder)) continue;
    throw new KeepsightError(
      "bad_request",
      /^[\w-]+$/.test(folder)
        ? `"${folder}" is neither a command nor a folder here; \`keepsight --help\` lists the commands.`
        : `The folder ${resolve(folder)} does not exist.`,
    );
  }
}
