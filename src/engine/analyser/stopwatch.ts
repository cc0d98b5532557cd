/** Measures the CPU time of stages that run one after the other in this process. */
export interface Stopwatch {
  /** Runs a stage and adds its CPU time (all threads of the process) to the stage's sum. */
  measure<T>(stage: string, run: () => T | Promise<T>): Promise<T>;
  /** Wall clock, milliseconds from an arbitrary start. */
  now(): number;
  /** CPU milliseconds by stage. */
  stages(): Readonly<Record<string, number>>;
}

/** A stopwatch without any time on it. */
export function createStopwatch(): Stopwatch {
  const sums: Record<string, number> = {};
  return {
    async measure(stage, run) {
      const before = process.cpuUsage();
      try {
        return await run();
      } finally {
        const { user, system } = process.cpuUsage(before);
        sums[stage] = (sums[stage] ?? 0) + (user + system) / 1000;
      }
    },
    now: () => performance.now(),
    stages: () => sums,
  };
}
