/**
 * The classes of a recogniser whose character list is a file with one character a line: the blank first, the listed
 * characters, the space last. A file without characters is refused by the caller, which knows the model's class count.
 */
export function parseCharacters(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return ["", ...lines, " "];
}
