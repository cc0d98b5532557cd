import type { Command } from "commander";
import type { Decided, HistoryPage } from "../api/people.ts";
import { parseWhole } from "./parse-numbers.ts";
import { printJson, printLines, toPrintable, toTable } from "./print.ts";
import { withApi } from "./with-api.ts";
import type { World } from "./world.ts";

type Open = () => Promise<World>;

/** `keepsight history [undo ID]`: what was decided, and the way back. */
export function addHistoryCommand(program: Command, open: Open): void {
  const history = program
    .command("history")
    .summary("show what was decided, and take it back")
    .addHelpText("after", "\nExamples:\n  keepsight history\n  keepsight history undo 17");
  history
    .command("list", { isDefault: true })
    .option("--limit <n>", "most decisions, the newest", parseWhole(1, 100), 20)
    .option("--json", "print the result as JSON")
    .summary("show what was decided, newest first (default)")
    .addHelpText("after", "\nExamples:\n  keepsight history list --limit 5")
    .action(async ({ limit, json = false }: { limit: number; json?: boolean }) => {
      const world = await open();
      await withApi(world, "reading", async ({ call }) => {
        const page = (await call("GET", `/history?pageSize=${limit}`)) as HistoryPage;
        if (json) return printJson(world, page);
        const rows = page.items.map(({ id, decidedAt, isUndone, summary }) => [
          String(id),
          decidedAt.slice(0, 16).replace("T", " "),
          isUndone ? "undone" : "",
          toPrintable(summary),
        ]);
        printLines(world, [...toTable(rows), `${page.items.length} of ${page.total} decisions.`]);
      });
    });
  history
    .command("undo")
    .argument("<id>", "the decision; an undo can be undone too", parseWhole(1, Number.MAX_SAFE_INTEGER))
    .option("--json", "print the result as JSON")
    .summary("take a decision back")
    .addHelpText("after", "\nExamples:\n  keepsight history undo 17")
    .action(async (id: number, { json = false }: { json?: boolean }) => {
      const world = await open();
      await withApi(world, "owning", async ({ call }) => {
        const done = (await call("POST", `/history/${id}/undo`)) as Decided;
        if (json) return printJson(world, done);
        printLines(world, [
          `Taken back: ${done.facesChanged} faces changed. \`keepsight history undo ${done.decisionId}\` brings it back.`,
        ]);
      });
    });
}
