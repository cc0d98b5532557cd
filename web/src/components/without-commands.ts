/**
 * What the server says without what it says of its command line (`…; \`keepsight models list\` shows what can be added.`):
 * the page has buttons for that.
 */
export function withoutCommands(text: string): string {
  return text
    .replaceAll(/[;:] `keepsight [^`]*`[^.]*\./g, ".")
    .replaceAll(/(^| )`keepsight [^`]*`[^.]*\./g, "");
}
