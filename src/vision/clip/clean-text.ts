import type { TokenSettings } from "../../onnx/model-settings.ts";

/** The entities that people and exports write; the others stay as they are. */
const NAMED_ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

/** ASCII's punctuation except the underscore, which stands for a space. */
const PUNCTUATION = /[!-/:-@[-^`{-~]/g;

/**
 * Text as the model saw it in training:
 *
 * - `clip`: entities of HTML decoded (twice, as the reference does), composed Unicode (NFC), straight quotes, single
 *   spaces, lower case. After `basic_clean` and `whitespace_clean` of openai/CLIP, without ftfy's repair of wrongly decoded
 *   text: a query is typed, not scraped.
 * - `canonical`: lower case, without punctuation, single spaces, as `canonicalize_text` of open_clip for SigLIP.
 * - `lower-case`; `uncased`: also without accents, as BERT's uncased vocabularies want it; `none`.
 */
export function cleanText(text: string, cleaning: TokenSettings["cleaning"]): string {
  switch (cleaning) {
    case "clip":
      return singleSpaces(straightenQuotes(unescapeHtml(unescapeHtml(text)).normalize("NFC"))).toLowerCase();
    case "canonical":
      return singleSpaces(text.replaceAll("_", " ").replace(PUNCTUATION, "").toLowerCase());
    case "lower-case":
      return text.toLowerCase();
    case "uncased":
      return text
        .toLowerCase()
        .normalize("NFD")
        .replace(/\p{Mn}/gu, "");
    case "none":
      return text;
  }
}

function unescapeHtml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED_ENTITIES[String(name).toLowerCase()] ?? whole;
    const codePoint = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16);
    return codePoint > 0 && codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : whole;
  });
}

function straightenQuotes(text: string): string {
  return text.replace(/[\u2018\u2019\u201A\u201B]/g, "'").replace(/[\u201C\u201D\u201E\u201F]/g, '"');
}

function singleSpaces(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
