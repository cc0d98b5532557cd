/** The patterns of `like` for names that begin with the prefix, or of which a word does; `\` escapes. */
export function startPatterns(prefix: string): readonly [string, string] {
  const escaped = prefix.replace(/[\\%_]/g, "\\$&");
  return [`${escaped}%`, `% ${escaped}%`];
}
