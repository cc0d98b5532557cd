import type { Command } from "commander";
import type { ChangedConcept, Concept, ConceptPage, ConceptPhotos } from "../api/concepts.ts";
import { KeepsightError } from "../core/errors.ts";
import { parseWhole } from "./parse-numbers.ts";
import { printJson, printLines, toPrintable, toTable } from "./print.ts";
import { withApi } from "./with-api.ts";
import type { LibraryApi, World } from "./world.ts";

type Open = () => Promise<World>;
type Call = LibraryApi["call"];

const parseId = parseWhole(1, Number.MAX_SAFE_INTEGER);
const collectIds = (value: string, ids: readonly number[]) => [...ids, ...value.split(",").map(parseId)];

const STATES: Readonly<Record<Concept["state"], string>> = {
  ready: "",
  "needs-examples": "needs examples",
  "needs-model": "no text-image model has looked at its examples",
};

/** `keepsight concepts`: what is taught by examples. */
export function addConceptsCommand(program: Command, open: Open): void {
  const concepts = program
    .command("concepts")
    .summary("teach things by a few photos, and find them")
    .addHelpText(
      "after",
      '\nExamples:\n  keepsight concepts\n  keepsight concepts add "our boat" --example 17,23,42\n  keepsight concepts teach "our boat" --not 99\n  keepsight concepts photos "our boat"',
    );
  addLists(concepts, open);
  addChanges(concepts, open);
}

function addLists(concepts: Command, open: Open): void {
  concepts
    .command("list", { isDefault: true })
    .option("--json", "print the result as JSON")
    .summary("show what was taught, by name (default)")
    .addHelpText("after", "\nExamples:\n  keepsight concepts list")
    .action(async ({ json = false }: { json?: boolean }) => {
      const world = await open();
      await withApi(world, "reading", async ({ call }) => {
        const page = (await call("GET", "/concepts?pageSize=100")) as ConceptPage;
        if (json) return printJson(world, page);
        const rows = page.items.map(({ name, kind, examples, counterexamples, photos, state }) => [
          kind === "query" ? `"${toPrintable(name)}"` : toPrintable(name),
          `${examples} shown`,
          counterexamples === 0 ? "" : `${counterexamples} not`,
          `${photos} photos`,
          STATES[state],
        ]);
        printLines(world, [...toTable(rows), `${page.items.length} of ${page.total} concepts.`]);
      });
    });

  concepts
    .command("photos")
    .argument("<concept>", "its name or id")
    .option("--limit <n>", "most photos", parseWhole(1, 100), 20)
    .option("--json", "print the result as JSON")
    .summary("show where a concept was found, the surest first")
    .addHelpText("after", '\nExamples:\n  keepsight concepts photos "our boat" --limit 5')
    .action(async (concept: string, { limit, json = false }: { limit: number; json?: boolean }) => {
      const world = await open();
      await withApi(world, "reading", async ({ call }) => {
        const { id } = await findConcept(call, concept);
        const page = (await call("GET", `/concepts/${id}/photos?pageSize=${limit}`)) as ConceptPhotos;
        if (json) return printJson(world, page);
        const rows = page.items.map(({ photo, score, section, isExample }) => [
          String(photo.id),
          score.toFixed(2),
          isExample === true ? "example" : section,
          toPrintable(photo.fileName),
        ]);
        printLines(world, [...toTable(rows), `${page.items.length} of ${page.total} photos.`]);
      });
    });
}

interface ExampleFlags {
  readonly example: readonly number[];
  readonly not: readonly number[];
  readonly json?: boolean;
}

function addChanges(concepts: Command, open: Open): void {
  concepts
    .command("add")
    .argument("<name>")
    .option("--example <ids>", "photos that show it, three or more (repeatable)", collectIds, [])
    .option("--not <ids>", "photos that do not (repeatable)", collectIds, [])
    .option("--json", "print the result as JSON")
    .summary("teach something new")
    .addHelpText("after", '\nExamples:\n  keepsight concepts add "our boat" --example 17,23,42')
    .action(async (name: string, { example, not, json = false }: ExampleFlags) => {
      const body = { name, exampleIds: example, counterexampleIds: not };
      await change(open, json, (call) => call("POST", "/concepts", body));
    });

  concepts
    .command("teach")
    .argument("<concept>", "its name or id")
    .option("--example <ids>", "photos that show it (repeatable)", collectIds, [])
    .option("--not <ids>", "photos that do not (repeatable)", collectIds, [])
    .option("--json", "print the result as JSON")
    .summary("say of more photos whether they show it")
    .addHelpText("after", '\nExamples:\n  keepsight concepts teach "our boat" --example 51 --not 99')
    .action(async (concept: string, { example, not, json = false }: ExampleFlags) => {
      const say = (ids: readonly number[], isExample: boolean) =>
        ids.map((photoId) => ({ photoId, isExample }));
      const examples = [...say(example, true), ...say(not, false)];
      if (examples.length === 0)
        throw new KeepsightError("bad_request", "Name photos with --example or --not.");
      await change(open, json, async (call) => {
        const { id } = await findConcept(call, concept);
        return call("POST", `/concepts/${id}/examples`, { examples });
      });
    });

  concepts
    .command("rename")
    .argument("<concept>", "its name or id")
    .argument("<name>")
    .option("--json", "print the result as JSON")
    .summary("give a concept another name")
    .addHelpText("after", '\nExamples:\n  keepsight concepts rename "our boat" Albatross')
    .action(async (concept: string, name: string, { json = false }: { json?: boolean }) => {
      await change(open, json, async (call) => {
        const { id } = await findConcept(call, concept);
        return call("PUT", `/concepts/${id}`, { name });
      });
    });

  concepts
    .command("remove")
    .argument("<concept>", "its name or id")
    .option("--json", "print the result as JSON")
    .summary("forget a concept and its tag")
    .addHelpText("after", '\nExamples:\n  keepsight concepts remove "our boat"')
    .action(async (concept: string, { json = false }: { json?: boolean }) => {
      const world = await open();
      await withApi(world, "owning", async ({ call }) => {
        const { id } = await findConcept(call, concept);
        const done = (await call("DELETE", `/concepts/${id}`)) as { decisionId: number };
        if (json) return printJson(world, done);
        printLines(world, [`Forgotten. \`keepsight history undo ${done.decisionId}\` brings it back.`]);
      });
    });
}

async function change(open: Open, json: boolean, work: (call: Call) => Promise<unknown>): Promise<void> {
  const world = await open();
  await withApi(world, "owning", async ({ call }) => {
    const changed = (await work(call)) as ChangedConcept;
    if (json) return printJson(world, changed);
    const { name, state, photos, examples, decisionId } = changed;
    const learnt =
      state === "ready"
        ? `learnt from ${examples} ${examples === 1 ? "photo" : "photos"}, found in ${photos}`
        : STATES[state];
    printLines(world, [
      `${toPrintable(name)}: ${learnt}. \`keepsight history undo ${decisionId}\` takes this back.`,
    ]);
  });
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A concept by its id or its name; case does not matter. */
async function findConcept(call: Call, wanted: string): Promise<Pick<Concept, "id">> {
  if (UUID.test(wanted)) return { id: wanted };
  for (let page = 1; ; page++) {
    const answer = (await call("GET", `/concepts?pageSize=100&page=${page}`)) as ConceptPage;
    const found = answer.items.find(({ name }) => name.toLowerCase() === wanted.trim().toLowerCase());
    if (found !== undefined) return found;
    if (page * answer.pageSize >= answer.total) break;
  }
  throw new KeepsightError("not_found", `There is no concept "${wanted}".`);
}
