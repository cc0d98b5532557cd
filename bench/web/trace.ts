/** Traces of Chromium's main thread, by the DevTools protocol. */
import type { CDPSession } from "playwright-core";

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of the thread's CPU; of the clock where the system does not tell. */
  readonly tdur?: number;
  readonly dur?: number;
  readonly args: { readonly name?: string };
}

/** Starts to record; gives back how to end it, which gives the events. */
export async function startTrace(session: CDPSession): Promise<() => Promise<readonly TraceEvent[]>> {
  const events: TraceEvent[] = [];
  const collect = ({ value }: { value: object[] }) => void events.push(...(value as TraceEvent[]));
  session.on("Tracing.dataCollected", collect);
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: {
      includedCategories: ["toplevel", "devtools.timeline", "__metadata"],
    },
  });
  return async () => {
    const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
    await session.send("Tracing.end");
    await complete;
    session.off("Tracing.dataCollected", collect);
    return events;
  };
}

/** CPU time of the tasks of the busiest page's main thread: the longest one and all of them, milliseconds. */
export function busyTimeOf(events: readonly TraceEvent[]): { longestMs: number; totalMs: number } {
  const threads = new Map<string, { longestMs: number; totalMs: number }>();
  const isMain = new Set(
    events
      .filter((event) => event.name === "thread_name" && event.args.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  for (const event of events) {
    const key = `${event.pid} ${event.tid}`;
    if (event.ph !== "X" || !event.name.endsWith("RunTask") || !isMain.has(key)) continue;
    const took = (event.tdur ?? event.dur ?? 0) / 1000;
    const sum = threads.get(key) ?? { longestMs: 0, totalMs: 0 };
    threads.set(key, { longestMs: Math.max(sum.longestMs, took), totalMs: sum.totalMs + took });
  }
  return [...threads.values()].toSorted((a, b) => b.totalMs - a.totalMs)[0] ?? { longestMs: 0, totalMs: 0 };
}
