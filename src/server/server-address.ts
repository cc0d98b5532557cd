import { readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { writeFile } from "node:fs/promises";

/** Says where the server of a library listens, for commands that ask it instead of opening the library themselves. */
const FILE = "library.server.json";

/** A server that does not answer so soon is none, milliseconds. */
const PATIENCE_MS = 2000;

/** Notes the address; gives what takes the note away. */
export async function noteServerAddress(dataDirectory: string, url: string): Promise<() => Promise<void>> {
  const path = join(dataDirectory, FILE);
  await writeFile(path, JSON.stringify({ url: toLocal(url) }));
  return () => rm(path, { force: true });
}

/** The address of the library's server; undefined while none answers there. */
export async function findServerAddress(dataDirectory: string): Promise<string | undefined> {
  try {
    const { url } = JSON.parse(await readFile(join(dataDirectory, FILE), "utf8")) as { url: string };
    return (await answers(url)) ? url : undefined;
  } catch {
    // No note, or half of one: the lock of the library has the last word.
    return undefined;
  }
}

/** A server that listens on all addresses is reached on this computer's own. */
function toLocal(url: string): string {
  const local = new URL(url);
  if (local.hostname === "0.0.0.0") local.hostname = "127.0.0.1";
  if (local.hostname === "[::]") local.hostname = "[::1]";
  return local.origin;
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(new URL("/health/live", url), { timeout: PATIENCE_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false));
    asked.end();
  });
}
