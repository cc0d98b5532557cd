import { Readable } from "node:stream";
import { stringify } from "csv-stringify";

/**
 * Rows as CSV (RFC 4180, with a line of names), made as they are asked for. A text that a spreadsheet would run as a formula
 * gets an apostrophe before it.
 */
export function writeCsv(
  columns: readonly string[],
  rows: AsyncIterable<Readonly<Record<string, string | number | null>>>,
): Readable {
  const writer = stringify({
    header: true,
    columns: [...columns],
    record_delimiter: "windows",
    escape_formulas: true,
    // By itself it quotes the line break that it writes, and not the others.
    quoted_match: /[\r\n]/,
  });
  const source = Readable.from(rows);
  // An error that comes after the answer has begun can only end it.
  source.on("error", (error) => writer.destroy(error));
  return source.pipe(writer);
}

/** Rows as one JSON array, made as they are asked for. */
export function writeJsonArray(rows: AsyncIterable<unknown>): Readable {
  async function* pieces() {
    let separator = "[";
    for await (const row of rows) {
      yield `${separator}${JSON.stringify(row)}`;
      separator = ",\n";
    }
    yield separator === "[" ? "[]" : "]";
  }
  return Readable.from(pieces());
}
