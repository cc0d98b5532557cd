/** First and last byte of a part of a file, both inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The single range that a `Range` header asks of a file of `size` bytes (RFC 9110 §14). Undefined when there is none, or
 * one that may be ignored (several ranges, another unit); `unsatisfiable` when it lies beyond the file.
 */
export function readRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  const isSuffix = match[1] === "";
  const start = isSuffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = isSuffix || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start >= size || (isSuffix && Number(match[2]) === 0)) return "unsatisfiable";
  return start > end ? undefined : { start, end };
}
