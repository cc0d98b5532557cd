/** Letters that Unicode does not decompose but readers take for two plain ones, or for one. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ı: "i",
};

/**
 * The text as it is compared: compatibility forms unified (full-width, ligatures), lower case, without diacritics. Marks
 * that change a letter for good (Japanese voicing, Indic vowels) stay.
 */
export function foldText(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/\u0307/g, "")
    .replace(/[ßæœøłđı]/g, (letter) => PLAIN_LETTERS[letter] ?? letter);
}
