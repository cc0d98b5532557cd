import { printJson, printLines } from "./print.ts";
import type { LibraryApi, World } from "./world.ts";

/** What a command needs of the library: to look, to change it, or to have its jobs done meanwhile. */
export type ApiNeed = Parameters<World["openApi"]>[0];

/** Works with the library through its server where one runs, else by opening it, and lets go of it again. */
export async function withApi<T>(
  world: World,
  need: ApiNeed,
  work: (api: LibraryApi) => Promise<T>,
): Promise<T> {
  const api = await world.openApi(need);
  try {
    return await work(api);
  } finally {
    // Whoever breaks off does not wait for what is queued: it is kept, and goes on another time.
    await api.close({ isLeavingJobs: world.signal.aborted });
  }
}

/** Asks the library's API and prints the answer: in words, or as JSON where that is wanted. */
export async function askAndPrint<T>(
  open: () => Promise<World>,
  { json = false }: { readonly json?: boolean },
  need: ApiNeed,
  work: (api: LibraryApi, signal: AbortSignal) => Promise<T>,
  describe: (answer: T) => readonly string[],
): Promise<void> {
  const world = await open();
  await withApi(world, need, async (api) => {
    const answer = await work(api, world.signal);
    if (json) printJson(world, answer);
    else printLines(world, describe(answer));
  });
}
