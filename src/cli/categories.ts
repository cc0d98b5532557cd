import type { Command } from "commander";
import type { Category, CategoryList } from "../api/categories.ts";
import { KeepsightError } from "../core/errors.ts";
import { printJson, printLines, toPrintable, toTable } from "./print.ts";
import { type ApiNeed, withApi } from "./with-api.ts";
import type { LibraryApi, World } from "./world.ts";

type Open = () => Promise<World>;
interface Flags {
  readonly json?: boolean;
}
interface TagFlags extends Flags {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  readonly name?: string;
}

const collect = (value: string, former: readonly string[] = []) => [...former, value];

/** `keepsight categories list|create|change|delete|reindex`; categories are named by their name or id. */
export function addCategoriesCommand(program: Command, open: Open): void {
  const categories = program
    .command("categories")
    .summary("list and edit categories: named sets of tags")
    .description(
      "Works through a running server where one has the library open. `keepsight history` undoes it.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight categories\n  keepsight categories create Pets --add dog --add cat\n  keepsight categories change food --add ramen",
    );
  withJson(categories.command("list", { isDefault: true }))
    .summary("list categories, their photos and their tags (default)")
    .addHelpText("after", "\nExamples:\n  keepsight categories list --json")
    .action((flags: Flags) => ask(open, flags, "reading", async (call) => ({ items: await read(call) })));
  withJson(categories.command("create"))
    .argument("<name>", "its name")
    .option("--add <tag>", "a tag; again for more", collect)
    .summary("add a category")
    .addHelpText("after", "\nExamples:\n  keepsight categories create Pets --add dog --add cat")
    .action((name: string, flags: TagFlags) =>
      ask(open, flags, "owning", (call) => call("POST", "/categories", { name, tags: flags.add ?? [] })),
    );
  withJson(categories.command("change"))
    .argument("<category>", "its name or id")
    .option("--name <name>", "its new name")
    .option("--add <tag>", "a tag to add; again for more", collect)
    .option("--remove <tag>", "a tag to take away; again for more", collect)
    .summary("change a category's name or tags")
    .addHelpText("after", "\nExamples:\n  keepsight categories change food --add ramen --remove cake")
    .action((which: string, flags: TagFlags) =>
      ask(open, flags, "owning", (call) => change(call, which, flags)),
    );
  withJson(categories.command("delete"))
    .argument("<category>", "its name or id")
    .summary("delete a category; its tags and photos stay")
    .addHelpText("after", "\nExamples:\n  keepsight categories delete Pets")
    .action((which: string, flags: Flags) =>
      ask(open, flags, "owning", async (call) =>
        call("DELETE", `/categories/${(await find(call, which)).id}`),
      ),
    );
  withJson(categories.command("reindex"))
    .summary("index the text of photos with categories anew")
    .addHelpText("after", "\nExamples:\n  keepsight categories reindex")
    .action((flags: Flags) => ask(open, flags, "working", (call) => call("POST", "/categories/reindex", {})));
}

function withJson(command: Command): Command {
  return command.option("--json", "print the result as JSON");
}

async function read(call: LibraryApi["call"]): Promise<readonly Category[]> {
  return ((await call("GET", "/categories")) as CategoryList).items;
}

async function find(call: LibraryApi["call"], which: string): Promise<Category> {
  const categories = await read(call);
  const wanted = which.toLowerCase();
  const found =
    categories.find(({ name }) => name.toLowerCase() === wanted) ??
    categories.find(({ id }) => String(id) === which);
  if (found !== undefined) return found;
  throw new KeepsightError(
    "not_found",
    `There is no category "${which}"; \`keepsight categories\` lists them.`,
  );
}

async function change(call: LibraryApi["call"], which: string, { name, add = [], remove = [] }: TagFlags) {
  const category = await find(call, which);
  const gone = new Set(remove.map((tag) => tag.toLowerCase()));
  const kept = category.tags.filter((tag) => !gone.has(tag.toLowerCase()));
  const hasTags = add.length + remove.length > 0;
  return call("PUT", `/categories/${category.id}`, {
    ...(name === undefined ? {} : { name }),
    ...(hasTags ? { tags: [...kept, ...add] } : {}),
  });
}

async function ask(
  open: Open,
  { json = false }: Flags,
  need: ApiNeed,
  work: (call: LibraryApi["call"]) => Promise<unknown>,
): Promise<void> {
  const world = await open();
  await withApi(world, need, async ({ call }) => {
    const answer = await work(call);
    if (json) return printJson(world, answer);
    printLines(world, toTable((await read(call)).map(toRow)));
  });
}

function toRow({ id, name, photos, tags }: Category): readonly string[] {
  return [String(id), toPrintable(name), `${photos} photos`, toPrintable(tags.join(", "))];
}
