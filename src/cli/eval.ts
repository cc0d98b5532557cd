import { readFile } from "node:fs/promises";
import { InvalidArgumentError, type Command } from "commander";
import type { AppliedAdvice, Evaluation, EvaluationPage } from "../api/evaluations.ts";
import { KeepsightError } from "../core/errors.ts";
import { evaluateLabels, type LabelScores } from "../engine/evaluation/evaluate-labels.ts";
import { LABEL_KINDS, type LabelKind, parseLabels } from "../engine/evaluation/labels.ts";
import { createLibraryFinders } from "../engine/evaluation/library-finders.ts";
import { parseWhole } from "./parse-numbers.ts";
import { printJson, printLines, toPrintable, toTable } from "./print.ts";
import { withApi } from "./with-api.ts";
import type { World } from "./world.ts";

interface EvalFlags {
  readonly kind?: LabelKind;
  readonly k: number;
  readonly own?: boolean;
  readonly now?: boolean;
  readonly apply?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `keepsight eval [FILE]`: how well photos are found, by labels in a file or by what the user confirmed. */
export function addEvalCommand(program: Command, open: () => Promise<World>): void {
  program
    .command("eval")
    .argument("[file]", "labels, JSON or CSV (docs/eval.md)")
    .option("--kind <kind>", `what the labels are of: ${LABEL_KINDS.join(", ")}`, parseKind)
    .option("--k <n>", "first hits that count", parseWhole(1, 1000), 10)
    .option("--all", "print every question")
    .option("--own", "show how the library did by the names, tags and examples you confirmed")
    .option("--now", "measure that now")
    .option("--apply", "use the thresholds that the last measurement suggests")
    .option("--json", "print the result as JSON")
    .summary("measure how well photos are found")
    .description(
      "Compares answers with labels: of a file, or your own. Works beside a running server, which measures the latter every night.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight eval labels.csv --kind retrieval\n  keepsight eval --own\n  keepsight eval --own --apply",
    )
    .action(async (file: string | undefined, flags: EvalFlags) => {
      const world = await open();
      if (flags.own || flags.apply || flags.now) return showOwn(world, flags);
      if (file === undefined)
        throw new KeepsightError("bad_request", "Name a file of labels, or ask for --own.");
      await evaluateFile(world, file, flags);
    });
}

async function evaluateFile(
  world: World,
  file: string,
  { kind: wanted, k, all, json }: EvalFlags,
): Promise<void> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new KeepsightError("file_unreadable", `${file} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  });
  const labels = parseLabels(text);
  const kind = wanted ?? labels.kind ?? "retrieval";
  const library = await world.openLibrary("reading");
  try {
    await library.loadVectors();
    const scores = await evaluateLabels(kind, labels.queries, createLibraryFinders(library), k);
    if (json) return printJson(world, { kind, ...scores });
    printScores(world, kind, scores, all === true);
  } finally {
    await library.close();
  }
}

const round = (value: number) => value.toFixed(3);

function printScores(world: World, kind: LabelKind, scores: LabelScores, isAll: boolean): void {
  const isRanked = kind === "retrieval" || kind === "text";
  const { k, queries, empty, rightlyEmpty } = scores;
  if (isAll) {
    const header = [
      "query",
      "labels",
      "found",
      "precision",
      isRanked ? `recall@${k}` : "recall",
      `nDCG@${k}`,
    ];
    const rows = queries.map(({ query, relevant, found, precision, recall, ndcg }) => [
      toPrintable(query),
      String(relevant),
      String(found),
      round(precision),
      relevant === 0 ? "" : round(recall),
      relevant === 0 || !isRanked ? "" : round(ndcg),
    ]);
    printLines(world, [...toTable([header, ...rows]), ""]);
  }
  const asked = queries.length - empty;
  const lines = [`${kind}: ${asked} questions with an answer, ${empty} without`];
  if (asked > 0) {
    lines.push(
      isRanked
        ? `  recall@${k} ${round(scores.recall)}  nDCG@${k} ${round(scores.ndcg)}  MRR ${round(scores.reciprocalRank)}`
        : `  precision ${round(scores.precision)}  recall ${round(scores.recall)}  (means over questions)`,
    );
  }
  if (empty > 0) lines.push(`  nothing found where nothing matches: ${rightlyEmpty} of ${empty}`);
  printLines(world, lines);
}

async function showOwn(world: World, { now, apply, json = false }: EvalFlags): Promise<void> {
  if (now === true) {
    await withApi(world, "working", async ({ call, isServer }) => {
      const { jobId } = (await call("POST", "/evaluations/own")) as { jobId: number };
      if (isServer) world.remarks.write(`The server measures it now (job ${jobId}).\n`);
    });
  }
  await withApi(world, apply === true ? "owning" : "reading", async ({ call }) => {
    const { items } = (await call("GET", "/evaluations?pageSize=1")) as EvaluationPage;
    const [latest] = items;
    const applied: AppliedAdvice[] = [];
    if (apply === true) {
      for (const { setting } of latest?.advice ?? [])
        applied.push((await call("POST", `/evaluations/${latest!.id}/apply`, { setting })) as AppliedAdvice);
    }
    if (json) return printJson(world, { evaluation: latest ?? null, applied });
    printOwn(world, latest);
    for (const { setting, value, decisionId } of applied)
      printLines(world, [
        `${setting} is ${value} now. \`keepsight history undo ${decisionId}\` takes it back.`,
      ]);
  });
}

function printOwn(world: World, evaluation: Evaluation | undefined): void {
  if (evaluation === undefined)
    return printLines(world, ["Nothing has been measured yet: `keepsight eval --own --now` does."]);
  const share = (value: number | null) => (value === null ? "–" : value.toFixed(3));
  const rows = evaluation.grades.map(({ subject, labels, precision, recall, ndcg, note }) => [
    subject,
    String(labels),
    share(precision),
    share(recall),
    share(ndcg),
    note ?? "",
  ]);
  printLines(world, [
    `Measured ${evaluation.evaluatedAt.slice(0, 16).replace("T", " ")} UTC`,
    ...toTable([["", "labels", "precision", "recall", "nDCG@10", ""], ...rows]),
    ...evaluation.advice.map(
      ({ setting, current, suggested, reason }) =>
        `Advice: ${setting} ${suggested} instead of ${current.toFixed(4)}. ${reason} \`keepsight eval --apply\` follows it.`,
    ),
  ]);
}

function parseKind(value: string): LabelKind {
  const kind = LABEL_KINDS.find((known) => known === value);
  if (kind === undefined) throw new InvalidArgumentError(`expected ${LABEL_KINDS.join(", ")}.`);
  return kind;
}
