import { readFile, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import type { MadeImported } from "../api/made.ts";
import { KeepsightError } from "../core/errors.ts";
import { printJson, printLines, toPrintable } from "./print.ts";
import { withApi } from "./with-api.ts";
import type { World } from "./world.ts";

type Open = () => Promise<World>;

interface SidecarFlags {
  readonly sidecars?: string;
  readonly besideOriginals?: boolean;
}

/** Photos that are named when they were not found. */
const NAMED_PHOTOS = 10;

/** `keepsight export FILE` and `keepsight import-made FILE`: everything that a user made, out of a library and into one. */
export function addExportCommands(program: Command, open: Open): void {
  program
    .command("export")
    .argument("[file]", "where to write it (default: to the standard output)")
    .option("--sidecars <folder>", "XMP sidecars for other programs instead, below a folder of their own")
    .option(
      "--beside-originals",
      "XMP sidecars beside the photos; what you made is added to those of other programs",
    )
    .summary("write everything that you made as JSON, or as XMP sidecars")
    .description(
      "Names, tags, stars, captions, albums, categories, saved searches, concepts, what was said of copies, and the history of decisions. Photos are told by their content.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight export made.json\n  keepsight import-made made.json\n  keepsight export --sidecars ~/sidecars",
    )
    .action(async (file: string | undefined, flags: SidecarFlags) => {
      const world = await open();
      const place = toPlace(file, flags);
      if (place !== undefined) return writeSidecars(world, place);
      await withApi(world, "reading", async ({ call }) => {
        const text = `${JSON.stringify(await call("GET", "/export"), null, 2)}\n`;
        if (file === undefined) world.output.write(text);
        else await writeFile(file, text, { flag: "wx" }).catch(refuse(file));
      });
    });
  program
    .command("import-made")
    .argument("<file>", "what `keepsight export` wrote")
    .option("--json", "print the result as JSON")
    .summary("take in what was made in another library")
    .description("Import the photos first. What was said here stays; importing twice changes nothing.")
    .addHelpText("after", "\nExamples:\n  keepsight import ~/Pictures\n  keepsight import-made made.json")
    .action(async (file: string, { json = false }: { json?: boolean }) => {
      const world = await open();
      const document = parse(file, await readFile(file, "utf8").catch(refuse(file)));
      await withApi(world, "working", async ({ call }) => {
        const done = (await call("POST", "/import", document)) as MadeImported;
        if (json) return printJson(world, done);
        printLines(world, describe(done));
      });
    });
}

function toPlace(file: string | undefined, { sidecars, besideOriginals }: SidecarFlags) {
  if (sidecars === undefined && besideOriginals !== true) return undefined;
  if (file !== undefined || (sidecars !== undefined && besideOriginals === true))
    throw new KeepsightError("bad_request", "Choose one: a file, --sidecars, or --beside-originals.");
  return sidecars === undefined ? ({ besideOriginals: true } as const) : { directory: sidecars };
}

/** Only looks at the library, so that it works beside a server. */
async function writeSidecars(world: World, place: NonNullable<ReturnType<typeof toPlace>>): Promise<void> {
  const library = await world.openLibrary("reading");
  try {
    const { written, unchanged, merged, kept } = await library.made.writeSidecars(place, world.signal);
    printLines(world, [
      `${written} sidecars written, ${unchanged} as they were.`,
      ...(merged === 0
        ? []
        : [`${merged} of other programs added to; what they were before is beside them as .bak.`]),
      ...(kept.length === 0 ? [] : [`Left alone, since another program wrote them: ${kept.length}`]),
      ...kept.slice(0, NAMED_PHOTOS).map((path) => `  ${toPrintable(path)}`),
    ]);
  } finally {
    await library.close();
  }
}

function refuse(file: string) {
  return (error: unknown): never => {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EEXIST" ? `${file} is there already.` : `${file}: ${message}`;
    throw new KeepsightError("bad_request", why, { cause: error });
  };
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new KeepsightError("bad_request", `${file} is no export of Keepsight: it is no JSON.`, {
      cause: error,
    });
  }
}

function describe(done: MadeImported): readonly string[] {
  const { photosNotFound, problems } = done;
  return [
    `${done.facesNamed} faces named, ${done.photosChanged} photos, ${done.personsChanged} persons, ${done.albumsChanged} albums, ${done.categoriesChanged} categories changed, ${done.searchesAdded} searches added.`,
    `${done.conceptsChanged} concepts taught, ${done.duplicatesSettled} groups of copies settled, ${done.facesRejected} faces said to be somebody else's, ${done.foldersRemoved} folders removed.`,
    ...(photosNotFound.length === 0 ? [] : [`Not in this library: ${photosNotFound.length} photos`]),
    ...photosNotFound.slice(0, NAMED_PHOTOS).map((path) => `  ${toPrintable(path)}`),
    ...problems.map(toPrintable),
  ];
}
