/** CPU milliseconds of all threads of this process that `work` took, and what it gave. */
export async function measureCpu<T>(
  work: () => Promise<T> | T,
): Promise<{ readonly cpuMs: number; readonly value: T }> {
  const before = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000, value };
}
