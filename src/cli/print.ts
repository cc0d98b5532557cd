import type { World } from "./world.ts";

/** Prints one JSON document, for machines. */
export function printJson({ output }: Pick<World, "output">, value: unknown): void {
  output.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints lines of text. */
export function printLines({ output }: Pick<World, "output">, lines: readonly string[]): void {
  for (const line of lines) output.write(`${line}\n`);
}

/** Rows as lines of aligned columns; the last column is not padded. */
export function toTable(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
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

/** Text from a photo or its file name without the control characters that could drive a terminal. */
export function toPrintable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not reach the terminal
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "�");
}
