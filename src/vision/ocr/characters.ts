/**
 * What the classes of a CTC recogniser stand for. Over PP-OCR v3 to v6 the lists differ in where they come from (a file
 * with one character a line, or the same text in the model's metadata) and in whether the model has a class of its own
 * for the space; the number of classes tells which.
 */

/** The listed characters of a file, or metadata entry, with one character a line. */
export function parseCharacters(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/**
 * The classes of a model: the blank (as ""), the listed characters and, where the model has one class more, the space.
 * Undefined where the list cannot be that model's.
 */
export function toClasses(listed: readonly string[], classCount: number): readonly string[] | undefined {
  if (classCount === listed.length + 2) return ["", ...listed, " "];
  return classCount === listed.length + 1 ? ["", ...listed] : undefined;
}
