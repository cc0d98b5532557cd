import { globSync, readFileSync } from "node:fs";

/** Clock ticks a second in which Linux counts CPU time (`getconf CLK_TCK`, 100 on every platform Node runs on). */
const TICKS_PER_SECOND = 100;

/** What a process has used up to now. */
export interface ProcessUse {
  readonly pid: number;
  readonly cpuMs: number;
  /** Resident bytes, and the same with shared pages divided among those who share them. */
  readonly residentBytes: number;
  readonly proportionalBytes: number;
}

/**
 * A process and all its descendants, from /proc; those that end while they are read are left out. Linux only. The memory of
 * each takes the kernel some 10 ms to add up, in which the process itself may have to wait: ask seldom.
 */
export function readProcessTree(pid: number): ProcessUse[] {
  return walkTree(pid, readProcess);
}

/** CPU milliseconds of each process of the tree, the first one's first; costs them nothing. */
export function readTreeCpuMs(pid: number): number[] {
  return walkTree(pid, readCpuMs);
}

function walkTree<T>(pid: number, read: (pid: number) => T): T[] {
  try {
    const children = globSync(`/proc/${pid}/task/*/children`).flatMap((file) =>
      readFileSync(file, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return [read(pid), ...children.flatMap((child) => walkTree(child, read))];
  } catch {
    return [];
  }
}

function readCpuMs(pid: number): number {
  // The name in parentheses may hold spaces, so fields are counted from behind it: utime and stime are the 12th and 13th.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

function readProcess(pid: number): ProcessUse {
  const memory = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(memory)?.[1] ?? 0);
  return {
    pid,
    cpuMs: readCpuMs(pid),
    residentBytes: kilobytes("Rss") * 1024,
    proportionalBytes: kilobytes("Pss") * 1024,
  };
}
