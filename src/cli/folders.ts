import type { Command } from "commander";
import { resolve } from "node:path";
import type { Folder, FolderPage, PhotosRemoved } from "../api/folders.ts";
import { KeepsightError } from "../core/errors.ts";
import { printJson, printLines, toPrintable, toTable } from "./print.ts";
import { withApi } from "./with-api.ts";
import type { LibraryApi, World } from "./world.ts";

type Open = () => Promise<World>;
interface Flags {
  readonly json?: boolean;
}

/** `keepsight folders [list|remove|pause|resume|scan]`: which folders the library looks after. */
export function addFoldersCommand(program: Command, open: Open): void {
  const folders = program
    .command("folders")
    .summary("list, remove, pause, resume and scan the folders of the library")
    .description("Originals are never touched, whatever becomes of their folder.")
    .addHelpText("after", "\nExamples:\n  keepsight folders\n  keepsight folders remove ~/Pictures/old");
  folders
    .command("list", { isDefault: true })
    .option("--json", "print the result as JSON")
    .summary("list folders with their state (default)")
    .addHelpText("after", "\nExamples:\n  keepsight folders list")
    .action(async ({ json = false }: Flags) => {
      const world = await open();
      await withApi(world, "reading", async ({ call }) => {
        const all = await listFolders(call);
        if (json) return printJson(world, all);
        const rows = all.map(({ id, path, state, photos, problems }) => [
          String(id),
          toPrintable(path),
          state,
          `${photos} photos`,
          problems.length === 0 ? "" : `${problems.length} could not be read`,
        ]);
        printLines(world, rows.length === 0 ? ["The library has no folders yet."] : toTable(rows));
      });
    });
  addAction(folders, open, {
    name: "remove",
    summary: "take a folder and its photos out of the library; its files stay",
    method: "DELETE",
    describe: (path, answer) => {
      const { photosChanged, decisionId } = answer as PhotosRemoved;
      return `${path} is removed, with ${photosChanged} photos. \`keepsight history undo ${decisionId}\` brings them back.`;
    },
  });
  addAction(folders, open, {
    name: "pause",
    summary: "let a folder rest: no scans, no watching; its photos stay",
    method: "POST",
    describe: (path) => `${path} rests. \`keepsight folders resume\` goes on with it.`,
  });
  for (const [name, summary] of [
    ["resume", "go on with a folder that rests"],
    ["scan", "look for changes in a folder"],
  ] as const) {
    addAction(folders, open, {
      name,
      summary,
      method: "POST",
      describe: (path, answer) => `${path} is scanned by job ${(answer as { jobId: number }).jobId}.`,
    });
  }
}

interface FolderAction {
  readonly name: "remove" | "pause" | "resume" | "scan";
  readonly summary: string;
  readonly method: "POST" | "DELETE";
  /** What was done, for a person. */
  describe(path: string, answer: unknown): string;
}

function addAction(parent: Command, open: Open, { name, summary, method, describe }: FolderAction): void {
  parent
    .command(name)
    .argument("<folder>", "its path, or the number that `keepsight folders` lists")
    .option("--json", "print the result as JSON")
    .summary(summary)
    .addHelpText(
      "after",
      `\nExamples:\n  keepsight folders ${name} ~/Pictures/old\n  keepsight folders ${name} 3`,
    )
    .action(async (wanted: string, { json = false }: Flags) => {
      const world = await open();
      await withApi(world, "owning", async ({ call }) => {
        const folder = await findFolder(call, wanted);
        const path = `/folders/${folder.id}${name === "remove" ? "" : `/${name}`}`;
        const answer = await call(method, path);
        if (json) return printJson(world, answer);
        printLines(world, [describe(toPrintable(folder.path), answer)]);
      });
    });
}

async function listFolders(call: LibraryApi["call"]): Promise<Folder[]> {
  const all: Folder[] = [];
  for (let page = 1; ; page++) {
    const { items, total } = (await call("GET", `/folders?pageSize=100&page=${page}`)) as FolderPage;
    all.push(...items);
    if (items.length === 0 || all.length >= total) return all;
  }
}

async function findFolder(call: LibraryApi["call"], wanted: string): Promise<Folder> {
  const all = await listFolders(call);
  const found =
    all.find(({ path }) => path === resolve(wanted)) ?? all.find(({ id }) => String(id) === wanted);
  if (found !== undefined) return found;
  throw new KeepsightError(
    "not_found",
    `The library has no folder ${wanted}; \`keepsight folders\` lists those it has.`,
  );
}
