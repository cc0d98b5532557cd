import type { Command } from "commander";
import { printJson, printLines, toTable } from "./print.ts";
import type { World } from "./world.ts";

const MARKS = { ok: "ok", warning: "note", problem: "PROBLEM" } as const;

/** `keepsight doctor`: what could keep Keepsight from working well here. Exit code 1 when there is a problem. */
export function addDoctorCommand(program: Command, open: () => Promise<World>): void {
  program
    .command("doctor")
    .option("--json", "print the result as JSON")
    .summary("check this machine, the configuration and the models")
    .addHelpText("after", "\nExamples:\n  keepsight doctor\n  keepsight doctor --data-dir /srv/photos --json")
    .action(async ({ json = false }: { json?: boolean }) => {
      const world = await open();
      const report = await world.diagnose();
      if (json) printJson(world, report);
      else
        printLines(
          world,
          toTable(report.findings.map(({ subject, status, detail }) => [MARKS[status], subject, detail])),
        );
      if (report.findings.some(({ status }) => status === "problem")) process.exitCode = 1;
    });
}
