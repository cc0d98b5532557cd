import { KeepsightError } from "../core/errors.ts";
import type { ApiServer } from "./api-server.ts";

/** Begins to listen and gives the server's address; throws `unavailable` with the reason when it cannot. */
export async function listen(server: ApiServer, host: string, port: number): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    const where = `port ${port} of ${host}`;
    const reasons: Readonly<Record<string, string>> = {
      EADDRINUSE: `${where} is in use by another program; choose another with --port (0 takes any free one)`,
      EACCES: `${where} is not for ordinary users; choose one from 1024 with --port`,
      EADDRNOTAVAIL: `this computer has no address ${host}; choose another with --host`,
      ENOTFOUND: `this computer has no address ${host}; choose another with --host`,
    };
    const reason = reasons[(error as NodeJS.ErrnoException).code ?? ""] ?? (error as Error).message;
    throw new KeepsightError("unavailable", `The server cannot listen: ${reason}.`, { cause: error });
  }
}
