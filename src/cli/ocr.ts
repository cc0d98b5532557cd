import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { PhotoText } from "../api/ocr.ts";
import { KeepsightError, toKeepsightError } from "../core/errors.ts";
import type { TextLine } from "../core/photo-analysis.ts";
import type { AnalyserPool } from "../engine/analyser/analyser-pool.ts";
import { parseWhole } from "./parse-numbers.ts";
import { printJson, printLines, toPrintable } from "./print.ts";
import { withApi } from "./with-api.ts";
import type { World } from "./world.ts";

type Open = () => Promise<World>;

interface FileText {
  readonly file: string;
  readonly lines?: readonly TextLine[];
  /** Why it could not be read. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** `keepsight ocr FILE…`: the text in pictures, or in one photo of the library. Exit code 2 when a picture could not be read. */
export function addOcrCommand(program: Command, open: Open): void {
  program
    .command("ocr")
    .argument("[files...]", "pictures to read")
    .option("--photo <id>", "the text of a photo of the library", parseWhole(1, Number.MAX_SAFE_INTEGER))
    .option("--json", "print lines with places and confidences as JSON")
    .summary("print the text in pictures")
    .description("Reads pictures without a library, or says what was read in a photo of the library.")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight ocr receipt.jpg\n  keepsight ocr *.png --json\n  keepsight ocr --photo 17",
    )
    .action(async (files: string[], { photo, json = false }: { photo?: number; json?: boolean }) => {
      if ((photo === undefined) === (files.length === 0))
        throw new KeepsightError("bad_request", "Name pictures to read, or a photo with --photo.");
      const world = await open();
      if (photo !== undefined) return printPhoto(world, photo, json);
      const pool = await world.createPool();
      try {
        const results = await Promise.all(files.map((file) => readFile(pool, file, world.signal)));
        if (json) printJson(world, results);
        else
          printLines(
            world,
            results.flatMap((result) => describe(result, files.length > 1)),
          );
        if (results.some(({ error }) => error !== undefined)) process.exitCode = 2;
      } finally {
        await pool.close();
      }
    });
}

async function printPhoto(world: World, photoId: number, isJson: boolean): Promise<void> {
  await withApi(world, "reading", async ({ call }) => {
    const text = (await call("GET", `/ocr/${photoId}`)) as PhotoText;
    if (isJson) return printJson(world, text);
    printLines(
      world,
      text.lines.map((line) => toPrintable(line.text)),
    );
    if (text.status !== "done" && text.reason !== null) world.remarks.write(`${toPrintable(text.reason)}\n`);
  });
}

async function readFile(pool: AnalyserPool, file: string, signal: AbortSignal): Promise<FileText> {
  try {
    const { analysis } = await pool.analyse(
      { type: "analyse", path: resolve(file), steps: ["ocr"] },
      { signal },
    );
    const {
      status,
      errorCode = "internal",
      reason = "The text could not be read.",
    } = analysis.steps.ocr ?? {};
    if (status === "done") return { file, lines: analysis.textLines };
    return { file, error: { code: status === "skipped" ? "model_missing" : errorCode, message: reason } };
  } catch (error) {
    if (!existsSync(file)) return { file, error: { code: "not_found", message: "There is no such file." } };
    const { code, message } = toKeepsightError(error);
    return { file, error: { code, message } };
  }
}

function describe({ file, lines = [], error }: FileText, isNamed: boolean): string[] {
  const text =
    error === undefined ? lines.map((line) => toPrintable(line.text)) : [toPrintable(error.message)];
  return isNamed || error !== undefined
    ? [`${toPrintable(file)}:`, ...text.map((line) => `  ${line}`)]
    : text;
}
