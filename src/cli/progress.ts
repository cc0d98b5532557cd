import { SingleBar } from "cli-progress";
import type { JobOverview, QueueState } from "../engine/jobs/job-overview.ts";
import { formatSeconds } from "./print.ts";
import type { World } from "./world.ts";

/** How often a bar moves, and how often a line is written where there is no terminal, milliseconds. */
const BAR_MS = 250;
const LINE_MS = 5000;

/** Work that is being shown. */
export interface Progress {
  stop(): Promise<void>;
}

/** Shows how far the analyses are: a bar in a terminal, a line now and then elsewhere. */
export function showProgress({ remarks }: Pick<World, "remarks">, jobs: JobOverview): Progress {
  const before = jobs.queues();
  const isTerminal = remarks.isTTY === true;
  const bar = isTerminal
    ? new SingleBar({
        stream: remarks as NodeJS.WriteStream,
        format: "{phase} [{bar}] {value}/{total}  {rate}  {eta_text}{failed}",
        barsize: 28,
        hideCursor: true,
        clearOnComplete: true,
        etaBuffer: 1,
      })
    : undefined;
  bar?.start(1, 0, { phase: "Scanning ", rate: "", eta_text: "", failed: "" });
  let lastLine = "";

  async function update(): Promise<void> {
    const [start, queues] = await Promise.all([before, jobs.queues()]);
    const state = describe(start, queues);
    if (bar !== undefined) {
      bar.setTotal(Math.max(1, state.total));
      bar.update(state.done, {
        phase: state.isScanning ? "Scanning " : "Analysing",
        rate: state.rate,
        eta_text: state.eta,
        failed: state.failed > 0 ? `  ${state.failed} failed` : "",
      });
      return;
    }
    const line = `${state.isScanning ? "scanning, " : ""}${state.done} of ${state.total} photos${state.rate && `, ${state.rate}`}${state.eta && `, ${state.eta}`}${state.failed > 0 ? `, ${state.failed} failed` : ""}`;
    if (line !== lastLine) remarks.write(`${line}\n`);
    lastLine = line;
  }

  // A look that fails shows nothing new; the work itself reports its own trouble.
  const timer = setInterval(() => void update().catch(() => undefined), isTerminal ? BAR_MS : LINE_MS);
  return {
    async stop() {
      clearInterval(timer);
      await update().catch(() => undefined);
      bar?.stop();
    },
  };
}

/** The analyses since `start`, in numbers and words. */
function describe(start: readonly QueueState[], now: readonly QueueState[]) {
  const of = (queues: readonly QueueState[], kind: string) => queues.find((queue) => queue.kind === kind);
  const analyse = of(now, "analyse");
  const scan = of(now, "scan");
  const done = (analyse?.succeeded ?? 0) - (of(start, "analyse")?.succeeded ?? 0);
  const failed = Math.max(0, (analyse?.failed ?? 0) - (of(start, "analyse")?.failed ?? 0));
  const waiting = (analyse?.queued ?? 0) + (analyse?.running ?? 0);
  return {
    done: done + failed,
    failed,
    total: done + failed + waiting,
    isScanning: (scan?.queued ?? 0) + (scan?.running ?? 0) > 0,
    rate: analyse?.ratePerSecond === undefined ? "" : `${analyse.ratePerSecond.toFixed(1)} photos/s`,
    eta:
      analyse?.etaSeconds === undefined || waiting === 0
        ? ""
        : `about ${formatSeconds(analyse.etaSeconds)} left`,
  };
}
