import type { World } from "./world.ts";

/** Prints one JSON document, for machines. */
export function printJson({ output }: Pick<World, "output">, value: unknown): void {
  output.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints lines of text. */
export function printLines({ output }: Pick<World, "output">, lines: readonly string[]): void {
  for (const line of lines) output.write(`${line}\n`);
}

/** Columns of text that fit into nearly every terminal and e-mail. */
const LINE_WIDTH = 100;

/** Room that the last column of a table has at least, columns. */
const LEAST_WIDTH = 24;

/**
 * Rows as lines of aligned columns. The last column is not padded; what would go beyond {@link LINE_WIDTH} goes on in the
 * next line, below its beginning. Words, such as paths, are never broken.
 */
export function toTable(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.flatMap((row) => {
    const head = row.slice(0, -1).map((cell, i) => `${cell.padEnd(widths[i]!)}  `);
    const indent = head.join("").length;
    const [first = "", ...others] = wrapWords(row.at(-1) ?? "", Math.max(LEAST_WIDTH, LINE_WIDTH - indent));
    return [(head.join("") + first).trimEnd(), ...others.map((line) => " ".repeat(indent) + line)];
  });
}

/** A text as lines of at most `width` columns, longer only where a word is. */
export function wrapWords(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A number of bytes for people. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const exponent = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** exponent;
  return `${exponent === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[exponent]}`;
}

/** A duration for people: `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** What could drive a terminal, or turn the text after it round: control characters, line ends, marks of direction. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text from a photo or its file name, safe to print in one line. */
export function toPrintable(text: string): string {
  return text.replaceAll(UNPRINTABLE, "\ufffd");
}
