import { type ErrorCode, KeepsightError } from "../../core/errors.ts";
import type { ThreadFailure } from "./thread-protocol.ts";

/** Low byte of SQLite's extended result codes, see https://www.sqlite.org/rescode.html. */
const PRIMARY_CODE_MASK = 0xff;
const BUSY = 5;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;
const CONSTRAINT_UNIQUE = 2067;
const CONSTRAINT_PRIMARY_KEY = 1555;

/** What each result code means for the caller, and what a person can do about it. */
const MEANINGS: ReadonlyMap<number, { readonly code: ErrorCode; readonly advice: string }> = new Map([
  [BUSY, { code: "unavailable", advice: "Another program holds the database; close it or try again." }],
  [READ_ONLY, { code: "unavailable", advice: "The data directory must be writable." }],
  [IO_ERROR, { code: "unavailable", advice: "Reading or writing the disk failed; check it." }],
  [FULL, { code: "unavailable", advice: "The disk is full; free some space." }],
  [CANNOT_OPEN, { code: "unavailable", advice: "Check that the data directory exists and is writable." }],
  [CORRUPT, { code: "internal", advice: "The database is damaged; restore it from a backup." }],
  [
    NOT_A_DATABASE,
    { code: "internal", advice: "This is no Keepsight database; use another data directory." },
  ],
]);

/** The failure of a statement as our error: `conflict` for a value that must be unique, `unavailable` where waiting helps. */
export function toDatabaseError({ message, errcode = 0, code }: ThreadFailure): KeepsightError {
  if (code !== undefined) return new KeepsightError(code, message);
  if (errcode === CONSTRAINT_UNIQUE || errcode === CONSTRAINT_PRIMARY_KEY) {
    return new KeepsightError("conflict", `The database already has this: ${message}`);
  }
  const meaning = MEANINGS.get(errcode & PRIMARY_CODE_MASK);
  if (meaning === undefined) return new KeepsightError("internal", `The database refused: ${message}`);
  return new KeepsightError(meaning.code, `The database failed: ${message}. ${meaning.advice}`);
}
