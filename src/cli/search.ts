import { InvalidArgumentError, type Command } from "commander";
import { z } from "zod";
import { SEARCH_MODES } from "../api/search.ts";
import { SEARCH_SORTS, type SearchSort } from "../core/search-vocabulary.ts";
import type { UnderstoodQuery } from "../engine/search/understand-query.ts";
import type { SearchReason } from "../engine/search/explain-hits.ts";
import type { SearchMode } from "../engine/search/search-meaning.ts";
import type { SearchAnswer } from "../engine/search/search-photos.ts";
import { printJson, printLines, toPrintable } from "./print.ts";
import type { World } from "./world.ts";

interface SearchFlags {
  readonly mode: SearchMode;
  readonly sort: SearchSort;
  readonly limit: number;
  readonly tag: string[];
  readonly object: string[];
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

/** `keepsight search WORDS`: prints the photos found and why. Exit code 1 when nothing was found. */
export function addSearchCommand(program: Command, open: () => Promise<World>): void {
  program
    .command("search")
    .argument("[words...]", "what to look for; none: all photos that the options leave, newest first")
    .option("--mode <mode>", SEARCH_MODES.join(", "), parseMode, "hybrid" as SearchMode)
    .option("--sort <order>", SEARCH_SORTS.join(", "), parseSort, "relevance" as SearchSort)
    .option("--limit <n>", "most photos to print", parseLimit, 20)
    .option("--tag <tag>", "only photos with this tag (repeatable)", collect, [])
    .option("--object <label>", "only photos with this object (repeatable)", collect, [])
    .option("--from <date>", "taken at or after YYYY-MM-DD", parseDay)
    .option("--to <date>", "taken at or before YYYY-MM-DD", parseDay)
    .option("--json", "print the result as JSON")
    .summary("find photos")
    .description(
      "Finds photos by words, by meaning, or by both. Names, dates, places and categories in plain words are understood, and so are operators (docs/search.md). Works beside a running server.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight search dog\n  keepsight search exit sign --mode keyword\n  keepsight search receipts from March 2023 in Rome\n  keepsight search 'person:\"Anna Berg\" -person:Eve class:dog>0.6' --sort newest\n  keepsight search cake --object person --from 2023-01-01",
    )
    .action(async (words: string[], flags: SearchFlags) => {
      const world = await open();
      const library = await world.openLibrary("reading");
      try {
        await library.loadVectors();
        const filter = {
          ...(flags.tag.length > 0 ? { tags: flags.tag } : {}),
          ...(flags.object.length > 0 ? { objects: flags.object.map((label) => ({ label })) } : {}),
          ...(flags.from === undefined ? {} : { takenFrom: flags.from }),
          ...(flags.to === undefined ? {} : { takenTo: flags.to }),
        };
        const query = words.join(" ");
        const parsed = await library.understand(query);
        const answer = await library.search.search({
          text: parsed.text,
          words: parsed.words,
          mode: flags.mode,
          filter: { ...filter, ...parsed.filter },
          sort: flags.sort,
          limit: flags.limit,
          offset: 0,
        });
        if (flags.json === true) printJson(world, toJson(answer, parsed));
        else printHits(world, query, answer, parsed);
        if (answer.total === 0) process.exitCode = 1;
      } finally {
        await library.close();
      }
    });
}

function toJson({ hits, total, mode, notice }: SearchAnswer, { text, chips, problems }: UnderstoodQuery) {
  return {
    query: { text, chips, problems },
    total,
    mode,
    notice: notice ?? null,
    hits: hits.map(({ photo, score, reasons }) => ({
      id: photo.id,
      path: photo.path,
      takenAt: photo.takenAtLocal ?? null,
      score,
      reasons: reasons.map(({ channel, rank, matches, similarity }) => ({
        channel,
        rank,
        matches,
        similarity,
      })),
    })),
  };
}

/** Filters that were understood, and mistakes, for people. */
function describeQuery({ chips, problems }: UnderstoodQuery): string[] {
  const filters = chips.map(
    ({ kind, label, isNegated }) => `${isNegated ? "not " : ""}${kind} ${toPrintable(label)}`,
  );
  return [
    ...(filters.length === 0 ? [] : [`Only ${filters.join(", ")}.`]),
    ...problems.map(({ message, suggestion }) =>
      suggestion === undefined
        ? toPrintable(message)
        : `${toPrintable(message)} Perhaps: ${toPrintable(suggestion)}`,
    ),
  ];
}

function printHits(
  world: World,
  text: string,
  { hits, total, notice }: SearchAnswer,
  parsed: UnderstoodQuery,
): void {
  for (const line of describeQuery(parsed)) world.remarks.write(`${line}\n`);
  if (notice !== undefined) world.remarks.write(`${notice}\n`);
  if (total === 0) {
    const what = text === "" ? "what was asked for" : `"${toPrintable(text)}"`;
    return printLines(world, [`No photo matches ${what}.`]);
  }
  const lines = hits.flatMap(({ photo, reasons }) => [
    toPrintable(photo.path),
    ...(reasons.length === 0 ? [] : [`    ${reasons.map(describeReason).join(" · ")}`]),
  ]);
  printLines(world, [...lines, `${hits.length} of ${total} photos.`]);
}

/** What found a photo, in words. */
const CHANNELS: Readonly<Record<SearchReason["channel"], string>> = {
  text: "text",
  tags: "tag",
  objects: "object",
  people: "person",
  fileName: "file name",
  caption: "caption",
  place: "place",
  fuzzy: "similar spelling",
  meaning: "meaning",
  objectMeaning: "meaning of an object",
  concept: "taught",
};

function describeReason({ channel, matches }: SearchReason): string {
  return [CHANNELS[channel], ...matches.map(toPrintable)].join(" ");
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function parseSort(value: string): SearchSort {
  const sort = SEARCH_SORTS.find((known) => known === value);
  if (sort === undefined) throw new InvalidArgumentError(`expected ${SEARCH_SORTS.join(", ")}.`);
  return sort;
}

function parseMode(value: string): SearchMode {
  const mode = SEARCH_MODES.find((known) => known === value);
  if (mode === undefined) throw new InvalidArgumentError(`expected ${SEARCH_MODES.join(", ")}.`);
  return mode;
}

function parseLimit(value: string): number {
  const limit = Number(value);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw new InvalidArgumentError("expected a whole number from 1 to 1000.");
}

function parseDay(value: string): string {
  if (z.iso.date().safeParse(value).success) return value;
  throw new InvalidArgumentError("expected a day that exists, such as 2024-07-31.");
}
