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
