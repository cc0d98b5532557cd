/** File system calls under way at once: keeps the thread pool busy, and on network disks hides their latency. */
const PARALLEL_CALLS = 32;

/** The results in the order of the items, at most 32 under way at once. Rejects with the first failure. */
export async function mapInParallel<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await run(items[i]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_CALLS, items.length) }, work));
  return results;
}
