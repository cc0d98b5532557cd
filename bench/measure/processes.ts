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

/** A process and all its descendants, from /proc; those that end while they are read are left out. Linux only. */
export function readProcessTree(pid: number): ProcessUse[] {
  try {
    const children = globSync(`/proc/${pid}/task/*/children`).flatMap((file) =>
      readFileSync(file, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return [readProcess(pid), ...children.flatMap(readProcessTree)];
  } catch {
    return [];
  }
}

function readProcess(pid: number): ProcessUse {
  // The name in parentheses may hold spaces, so fields are counted from behind it: utime and stime are the 12th and 13th.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
  const memory = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(memory)?.[1] ?? 0);
  return {
    pid,
    cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND,
    residentBytes: kilobytes("Rss") * 1024,
    proportionalBytes: kilobytes("Pss") * 1024,
  };
}
