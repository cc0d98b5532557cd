/** The entities that people and exports write; the others stay as they are. */
const NAMED_ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

function unescapeHtml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED_ENTITIES[String(name).toLowerCase()] ?? whole;
    const codePoint = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16);
    return codePoint > 0 && codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : whole;
  });
}

/**
 * Text as CLIP was trained on it: entities of HTML decoded (twice, as the reference does), composed Unicode (NFC),
 * straight quotes, single spaces, lower case. After `basic_clean` and `whitespace_clean` of openai/CLIP, without
 * ftfy's repair of wrongly decoded text: a query is typed, not scraped.
 */
export function cleanText(text: string): string {
  return unescapeHtml(unescapeHtml(text))
    .normalize("NFC")
    .replace(/[\u2018\u2019\u201A\u201B]/g, "'")
    .replace(/[\u201C\u201D\u201E\u201F]/g, '"')
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();
}
