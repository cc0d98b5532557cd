import { type Command, Option } from "commander";
import type { Decided, MergeAnswer, Person, PersonPage } from "../api/people.ts";
import { KeepsightError } from "../core/errors.ts";
import { parseWhole } from "./parse-numbers.ts";
import { printJson, printLines, toPrintable, toTable } from "./print.ts";
import { withApi } from "./with-api.ts";
import type { LibraryApi, World } from "./world.ts";

type Open = () => Promise<World>;
interface Flags {
  readonly json?: boolean;
}

/** Persons of one request. */
const PAGE = 100;

/** `keepsight persons list|create|rename|merge|hide|show|delete`; persons are named by their name or id. */
export function addPersonsCommand(program: Command, open: Open): void {
  const persons = program
    .command("persons")
    .summary("list, rename, merge, hide and delete persons")
    .description(
      "Works through a running server where one has the library open. `keepsight history` undoes it.",
    )
    .addHelpText(
      "after",
      '\nExamples:\n  keepsight persons list\n  keepsight persons rename "Anna" "Anna Smith"',
    );
  addList(persons, open);
  addChange(persons, open, {
    name: "create",
    args: ["<name>"],
    summary: "add a person",
    example: '"Anna Smith"',
    change: async (call, [name]) => (await call("POST", "/persons", { name })) as Person,
  });
  addChange(persons, open, {
    name: "rename",
    args: ["<person>", "<name>"],
    summary: "give a person another name",
    example: '"Anna" "Anna Smith"',
    change: (call, [person, name]) => update(call, person!, { name }),
  });
  addChange(persons, open, {
    name: "birth-date",
    args: ["<person>", "<date>"],
    summary: "set when a person was born, YYYY-MM-DD: nobody is recognised in photos before",
    example: '"Anna" 1990-02-03',
    change: (call, [person, birthDate]) => update(call, person!, { birthDate }),
  });
  addHide(persons, open, { name: "hide", isHidden: true, summary: "take persons out of sight" });
  addHide(persons, open, { name: "show", isHidden: false, summary: "bring hidden persons back" });
  addMerge(persons, open);
  addDelete(persons, open);
}

function addList(persons: Command, open: Open): void {
  persons
    .command("list", { isDefault: true })
    .addOption(
      new Option("--status <status>", "which")
        .choices(["active", "hidden", "merged", "deleted"])
        .default("active"),
    )
    .option("--search <text>", "beginning of any word of the name")
    .addOption(new Option("--sort <order>", "order").choices(["photos", "name", "newest"]).default("photos"))
    .option("--limit <n>", "most persons", parseWhole(1, 100_000), 100)
    .option("--json", "print the result as JSON")
    .summary("list persons (default)")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight persons list --sort name\n  keepsight persons list --status hidden",
    )
    .action(async (flags: Flags & { status: string; search?: string; sort: string; limit: number }) => {
      const world = await open();
      await withApi(world, "reading", async ({ call }) => {
        const query = `status=${flags.status}&sort=${flags.sort}${flags.search === undefined ? "" : `&q=${encodeURIComponent(flags.search)}`}`;
        const { items, total } = await readPersons(call, query, flags.limit);
        if (flags.json === true) return printJson(world, { items, total });
        printLines(world, [...toTable(items.map(toRow)), `${items.length} of ${total} persons.`]);
      });
    });
}

function toRow({ id, name, faceCount, photoCount, birthDate }: Person): string[] {
  return [id, `${faceCount} faces`, `${photoCount} photos`, birthDate ?? "", toPrintable(name)];
}

async function readPersons(call: LibraryApi["call"], query: string, limit: number) {
  const items: Person[] = [];
  let total = 0;
  for (let page = 1; items.length < limit; page++) {
    const found = (await call("GET", `/persons?${query}&page=${page}&pageSize=${PAGE}`)) as PersonPage;
    items.push(...found.items);
    ({ total } = found);
    if (found.items.length < PAGE) break;
  }
  return { items: items.slice(0, limit), total };
}

/** The person of this id or name; case does not matter. */
async function find(call: LibraryApi["call"], idOrName: string): Promise<Person> {
  const wanted = idOrName.normalize("NFC").toLowerCase();
  const { items } = await readPersons(call, "status=active&status=hidden&sort=name", Infinity);
  const found = items.find(({ id, name }) => id === wanted || name.toLowerCase() === wanted);
  if (found !== undefined) return found;
  throw new KeepsightError(
    "not_found",
    `There is no person "${idOrName}"; \`keepsight persons list\` names them all.`,
  );
}

async function update(call: LibraryApi["call"], idOrName: string, changes: object): Promise<Person> {
  const { id } = await find(call, idOrName);
  return (await call("PUT", `/persons/${id}`, changes)) as Person;
}

interface Change {
  readonly name: string;
  readonly args: readonly string[];
  readonly summary: string;
  readonly example: string;
  readonly change: (call: LibraryApi["call"], args: readonly string[]) => Promise<Person>;
}

function addChange(persons: Command, open: Open, { name, args, summary, example, change }: Change): void {
  const command = persons.command(name);
  for (const arg of args) command.argument(arg, arg === "<person>" ? "name or id" : arg.slice(1, -1));
  command
    .option("--json", "print the result as JSON")
    .summary(summary)
    .addHelpText("after", `\nExamples:\n  keepsight persons ${name} ${example}`)
    .action(async (...given: unknown[]) => {
      const values = given.slice(0, args.length) as string[];
      const { json = false } = given[args.length] as Flags;
      const world = await open();
      await withApi(world, "owning", async ({ call }) => {
        const person = await change(call, values);
        if (json) return printJson(world, person);
        printLines(world, toTable([toRow(person)]));
      });
    });
}

interface Hiding {
  readonly name: string;
  readonly isHidden: boolean;
  readonly summary: string;
}

function addHide(persons: Command, open: Open, { name, isHidden, summary }: Hiding): void {
  persons
    .command(name)
    .argument("<persons...>", "names or ids")
    .option("--json", "print the result as JSON")
    .summary(summary)
    .addHelpText("after", `\nExamples:\n  keepsight persons ${name} "Anna" "Stranger 7"`)
    .action(async (names: string[], { json = false }: Flags) => {
      const world = await open();
      await withApi(world, "owning", async ({ call }) => {
        const personIds: string[] = [];
        for (const one of names) personIds.push((await find(call, one)).id);
        const answer = (await call("POST", "/persons/hide", { personIds, isHidden })) as Decided;
        if (json) return printJson(world, answer);
        const count = personIds.length === 1 ? "1 person is" : `${personIds.length} persons are`;
        printLines(world, [
          `${count} ${isHidden ? "hidden" : "in sight again"}. \`keepsight history undo ${answer.decisionId}\` takes it back.`,
        ]);
      });
    });
}

function addMerge(persons: Command, open: Open): void {
  persons
    .command("merge")
    .argument("<persons...>", "those that become another, by name or id")
    .requiredOption("--into <person>", "who they are, by name or id")
    .option("--json", "print the result as JSON")
    .summary("merge persons into one")
    .addHelpText("after", '\nExamples:\n  keepsight persons merge "Annie" "A. Smith" --into "Anna Smith"')
    .action(async (names: string[], { into, json = false }: Flags & { into: string }) => {
      const world = await open();
      await withApi(world, "owning", async ({ call }) => {
        const target = await find(call, into);
        const sourcePersonIds: string[] = [];
        for (const name of names) sourcePersonIds.push((await find(call, name)).id);
        const body = { sourcePersonIds, targetPersonId: target.id };
        const answer = (await call("POST", "/persons/merge", body)) as MergeAnswer;
        if (json) return printJson(world, answer);
        printLines(world, [
          `${answer.facesMoved} faces are ${toPrintable(target.name)}'s now. \`keepsight history undo ${answer.decisionId}\` takes it back.`,
        ]);
      });
    });
}

function addDelete(persons: Command, open: Open): void {
  persons
    .command("delete")
    .argument("<person>", "name or id")
    .option("--json", "print the result as JSON")
    .summary("delete a person; its faces become nobody's")
    .addHelpText("after", '\nExamples:\n  keepsight persons delete "Stranger 7"')
    .action(async (name: string, { json = false }: Flags) => {
      const world = await open();
      await withApi(world, "owning", async ({ call }) => {
        const person = await find(call, name);
        const answer = (await call("DELETE", `/persons/${person.id}`)) as { decisionId: number };
        if (json) return printJson(world, answer);
        printLines(world, [
          `${toPrintable(person.name)} is deleted. \`keepsight history undo ${answer.decisionId}\` takes it back.`,
        ]);
      });
    });
}
