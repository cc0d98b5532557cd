import type { Config } from "../config.ts";
import type { Logger } from "../core/logger.ts";
import { callOwnServer, callRunningServer } from "../server/library-api.ts";
import { findServerAddress } from "../server/server-address.ts";

/**
 * The API of the configured library for a command: that of its server where one runs, else its own, in this process and
 * without a port. `working` has the library's jobs done until it is closed.
 */
export async function openApi(
  config: Config,
  logger: Logger,
  need: "reading" | "owning" | "working",
  version: string,
) {
  const url = await findServerAddress(config.dataDirectory);
  if (url !== undefined)
    return { isServer: true, call: callRunningServer(url, config), close: async () => undefined };
  // Whoever asks a running server needs nothing of this.
  const [{ openLibrary, prepareDataDirectory }, { createLibraryServer }] = await Promise.all([
    import("./open-library.ts"),
    import("./serve-library.ts"),
  ]);
  if (need !== "reading") await prepareDataDirectory(config.dataDirectory, "reading");
  const library = await openLibrary(config, logger, need === "reading" ? "reading" : "owning");
  try {
    const server = await createLibraryServer(config, logger, library, version, () => false);
    if (need === "working") await library.runner.start();
    return {
      isServer: false,
      call: callOwnServer(server, config),
      async close({ isLeavingJobs = false }: { readonly isLeavingJobs?: boolean } = {}) {
        if (need === "working" && !isLeavingJobs) await library.runner.whenIdle();
        await server.close();
        await library.close();
      },
    };
  } catch (error) {
    await library.close();
    throw error;
  }
}
