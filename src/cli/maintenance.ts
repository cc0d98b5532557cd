import { type Command, Option } from "commander";
import type { MaintenanceRun, MaintenanceStatus, Orphans } from "../api/maintenance.ts";
import { MAINTENANCE_TASKS } from "../core/maintenance-task.ts";
import { formatSeconds, toPrintable, toTable } from "./print.ts";
import { waitForJob } from "./wait-for-job.ts";
import { askAndPrint } from "./with-api.ts";
import type { LibraryApi, World } from "./world.ts";

type Open = () => Promise<World>;
interface Flags {
  readonly json?: boolean;
}

/** `keepsight maintenance status|run|find-orphans`. */
export function addMaintenanceCommand(program: Command, open: Open): void {
  const maintenance = program
    .command("maintenance")
    .summary("what keeps the library in order by night, and the hand on it")
    .description("Works through a running server where one has the library open.")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight maintenance\n  keepsight maintenance run --task retry --task optimise\n  keepsight maintenance find-orphans --fix",
    );
  maintenance
    .command("status", { isDefault: true })
    .option("--json", "print the result as JSON")
    .summary("the schedule, and what each task did last (default)")
    .addHelpText("after", "\nExamples:\n  keepsight maintenance status --json")
    .action((flags: Flags) => askAndPrint(open, flags, "reading", readStatus, describeStatus));
  maintenance
    .command("run")
    .addOption(
      new Option("--task <task...>", "only this; again for more (default: all)").choices([
        ...MAINTENANCE_TASKS,
      ]),
    )
    .option("--json", "print the result as JSON")
    .summary("do now what a night does")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight maintenance run\n  keepsight maintenance run --task backup",
    )
    .action((flags: Flags & { task?: readonly string[] }) =>
      askAndPrint(
        open,
        flags,
        "working",
        async (api, signal) => {
          const { call } = api;
          const { jobId } = (await call(
            "POST",
            "/maintenance/run",
            flags.task === undefined ? {} : { tasks: flags.task },
          )) as {
            jobId: number;
          };
          await waitForJob(api, jobId, signal);
          return readStatus(api);
        },
        describeStatus,
      ),
    );
  maintenance
    .command("find-orphans")
    .option("--fix", "put right what can be put right without losing anything", false)
    .option("--json", "print the result as JSON")
    .summary("find files, pictures and rows that lost their other half")
    .addHelpText("after", "\nExamples:\n  keepsight maintenance find-orphans --fix")
    .action((flags: Flags & { fix: boolean }) =>
      askAndPrint(
        open,
        flags,
        flags.fix ? "working" : "owning",
        async ({ call }) => (await call("POST", "/maintenance/orphans", { fix: flags.fix })) as Orphans,
        describeOrphans,
      ),
    );
}

async function readStatus({ call }: LibraryApi): Promise<MaintenanceStatus> {
  return (await call("GET", "/maintenance/status")) as MaintenanceStatus;
}

function describeStatus({ tasks, nextRunAt }: MaintenanceStatus): readonly string[] {
  const rows = tasks.map(({ task, lastRun }) => [task, ...describeRun(lastRun)]);
  return [...toTable(rows), `Next night: ${new Date(nextRunAt).toLocaleString("sv-SE").slice(0, 16)}.`];
}

function describeRun(run: MaintenanceRun | null): readonly string[] {
  if (run === null) return ["never", "", ""];
  const took = run.durationMs === null ? "" : formatSeconds(run.durationMs / 1000);
  const when = new Date(run.startedAt).toLocaleString("sv-SE").slice(0, 16);
  return [run.state, `${when} ${took}`, toPrintable(run.summary)];
}

function describeOrphans({ items, total, fixed }: Orphans): readonly string[] {
  if (total === 0) return ["Nothing has lost its other half."];
  const rows = items.map(({ kind, count, description, examples }) => [
    kind,
    String(count),
    toPrintable([description, ...examples].join(" · ")),
  ]);
  return [
    ...toTable(rows),
    fixed > 0 ? `${fixed} of ${total} were put right.` : "`--fix` puts right what can be.",
  ];
}
