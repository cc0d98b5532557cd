import { z } from "zod";
import { KeepsightError } from "../../core/errors.ts";

/** What a file of labels can grade. */
export const LABEL_KINDS = ["retrieval", "classes", "text", "filters", "faces", "duplicates"] as const;
export type LabelKind = (typeof LABEL_KINDS)[number];

/** One question with the photos that answer it. */
export interface LabelledQuery {
  /** Words, the name of a class or a person, a query string of filters, or the name of a group of copies. */
  readonly query: string;
  /** Grades above 0 by file name, or the end of a path; none: nothing should be found. */
  readonly relevant: ReadonlyMap<string, number>;
}

/** A file of labels: see docs/eval.md. */
export interface Labels {
  readonly kind: LabelKind | undefined;
  readonly queries: readonly LabelledQuery[];
}

const Relevant = z.union([z.array(z.string().min(1)), z.record(z.string().min(1), z.number().min(0))]);
const LabelsFile = z.object({
  kind: z.enum(LABEL_KINDS).optional(),
  queries: z.array(z.object({ query: z.string(), relevant: Relevant })).min(1),
});

/**
 * The labels in a JSON or CSV file (with a header line: `query,file` and perhaps `grade`). Throws `bad_request` that says
 * what is wrong, and in which line.
 */
export function parseLabels(text: string): Labels {
  const content = text.replace(/^\uFEFF/, "");
  return content.trimStart().startsWith("{") ? parseJson(content) : parseCsv(content);
}

function parseJson(text: string): Labels {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new KeepsightError("bad_request", `The labels are no JSON: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  const parsed = LabelsFile.safeParse(value);
  if (!parsed.success)
    throw new KeepsightError("bad_request", `The labels cannot be used:\n${z.prettifyError(parsed.error)}`);
  const { kind, queries } = parsed.data;
  return {
    kind,
    queries: queries.map(({ query, relevant }) => ({
      query,
      relevant: new Map(
        Array.isArray(relevant)
          ? relevant.map((file) => [file, 1])
          : Object.entries(relevant).filter(([, grade]) => grade > 0),
      ),
    })),
  };
}

function parseCsv(text: string): Labels {
  const [header = [], ...rows] = readCsv(text);
  const columns = header.map((name) => name.trim().toLowerCase());
  const [query, file, grade] = ["query", "file", "grade"].map((name) => columns.indexOf(name));
  if (query === -1 || file === -1) {
    throw new KeepsightError(
      "bad_request",
      `The first line of the labels must name the columns query and file, and perhaps grade, not "${header.join(",")}".`,
    );
  }
  const relevant = new Map<string, Map<string, number>>();
  for (const [i, row] of rows.entries()) {
    const worth = grade === -1 || (row[grade!] ?? "") === "" ? 1 : Number(row[grade!]);
    if (!(worth >= 0))
      throw new KeepsightError("bad_request", `Line ${i + 2} of the labels: "${row[grade!]}" is no grade.`);
    const files = relevant.get(row[query!] ?? "") ?? new Map<string, number>();
    if (row[file!] && worth > 0) files.set(row[file!]!, worth);
    relevant.set(row[query!] ?? "", files);
  }
  if (relevant.size === 0) throw new KeepsightError("bad_request", "The file has no labels.");
  return {
    kind: undefined,
    queries: Array.from(relevant, ([text, files]) => ({ query: text, relevant: files })),
  };
}

/** Rows of cells by RFC 4180; empty lines are left out. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  const endCell = () => {
    row.push(cell);
    cell = "";
  };
  const endRow = () => {
    endCell();
    if (row.some((value) => value !== "")) rows.push(row);
    row = [];
  };
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text[i + 1] === '"') cell += text[++i]!;
      else isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === ",") endCell();
    else if (character === "\n") endRow();
    else if (character !== "\r") cell += character;
  }
  endRow();
  return rows;
}
