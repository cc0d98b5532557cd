/**
 * Stable error codes: what an API client, a script or the job runner may branch on. Texts may change, codes may not.
 */
export type ErrorCode =
  | "bad_request"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "too_large"
  | "unsupported_media"
  | "undecodable"
  | "rate_limited"
  | "config_invalid"
  | "library_locked"
  | "model_missing"
  | "model_invalid"
  | "download_failed"
  | "file_unreadable"
  | "analyser_crashed"
  | "analyser_timeout"
  | "cancelled"
  | "unavailable"
  | "internal";

/** Whether trying the same thing again later, unchanged, can end differently. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  "rate_limited",
  "download_failed",
  "file_unreadable",
  "analyser_crashed",
  "analyser_timeout",
  "unavailable",
  "internal",
]);

/**
 * The one error type of Keepsight. The message says what failed, with which value, and what to do about it, in words
 * meant for a person; `code` is for programs; `cause` keeps the original error.
 */
export class KeepsightError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KeepsightError";
    this.code = code;
  }

  /** True when the job runner should try again with back-off. */
  get isRetryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}

/** The same error when it is already ours, else an `internal` one that keeps the original as its cause. */
export function toKeepsightError(error: unknown): KeepsightError {
  if (error instanceof KeepsightError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new KeepsightError("internal", message, { cause: error });
}

/** True when a file system call failed because the path does not exist. */
export function isFileMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === "ENOENT" || code === "ENOTDIR";
}
