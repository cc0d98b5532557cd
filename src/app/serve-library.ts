import { fileURLToPath } from "node:url";
import type { Config } from "../config.ts";
import type { Logger } from "../core/logger.ts";
import type { Library } from "../engine/library.ts";
import { createServer } from "../server/create-server.ts";
import { listen } from "../server/listen.ts";
import { noteServerAddress } from "../server/server-address.ts";

/** Where the web app is once it was built. */
export const WEB_DIRECTORY = fileURLToPath(new URL("../../web/dist", import.meta.url));

/** Serves an open library over HTTP at the configured address. */
export async function serveLibrary(config: Config, logger: Logger, library: Library, version: string) {
  let isStopping = false;
  const server = await createLibraryServer(config, logger, library, version, () => isStopping);
  const url = await listen(server, config.host, config.port);
  const forgetAddress = await noteServerAddress(config.dataDirectory, url);
  return {
    url,
    async close() {
      isStopping = true;
      await forgetAddress();
      await server.close();
    },
  };
}

/** The HTTP server of a library, which does not listen yet. */
export async function createLibraryServer(
  config: Config,
  logger: Logger,
  library: Library,
  version: string,
  isStopping: () => boolean,
) {
  return createServer({
    ...config,
    ...library,
    library: library.photos,
    ...config.limits,
    readiness: () => {
      const reason = library.runner.trouble();
      return { status: isStopping() ? "stopping" : "ok", ...(reason === undefined ? {} : { reason }) };
    },
    version,
    logger,
    webDirectory: WEB_DIRECTORY,
  });
}
