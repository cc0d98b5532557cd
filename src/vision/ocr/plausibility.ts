/**
 * How plausible a line is as text of any language, without a dictionary. A recogniser shown a script that it does not know
 * answers in letters that look alike, often with scores above .9: "Время не ждёт" becomes "BpeMA He XAëT" and "Καλημέρα"
 * becomes "Kαλnμέpα". Such lines change case inside words and mix alphabets, so they must be surer to be believed.
 *
 * Weights are those of a logistic regression on 932 readable lines (the sample photos, rendered English, German, Chinese)
 * and 530 readings of rendered Cyrillic, Greek, Armenian, Arabic, Hebrew, kana, hangul and others that scored .75 or more,
 * of PP-OCRv6 tiny and PP-OCRv4, November 2026.
 */

/** Log odds that each change of case inside a word costs, divided by the letters of the line. */
const TURN_COST = 14.7;
/** The same for neighbouring letters of different alphabets. */
const MIXTURE_COST = 13.5;
/** Shorter words are units and initials, which have rules of their own: kW, PhD. */
const MIN_WORD_LENGTH = 4;

/** A lower case letter before a capital that begins no new part of a word; "eBay" and "YouTube" have none. */
const TURN = /\p{Ll}(?=\p{Lu}(?!\p{Ll}))/gu;
/** Letters of different alphabets side by side; Chinese beside Latin letters is as usual as digits. */
const MIXTURE =
  /\p{Script=Latin}(?=[\p{Script=Greek}\p{Script=Cyrillic}])|\p{Script=Greek}(?=[\p{Script=Latin}\p{Script=Cyrillic}])|\p{Script=Cyrillic}(?=[\p{Script=Latin}\p{Script=Greek}])/gu;

/** The log odds by which the text is less believable than its score says; 0 for ordinary text. */
export function implausibility(text: string): number {
  const words = text.match(/\p{L}+/gu) ?? [];
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  const [turns, mixtures] = [TURN, MIXTURE].map((pattern) =>
    words.reduce((sum, word) => {
      return word.length < MIN_WORD_LENGTH ? sum : sum + (word.match(pattern)?.length ?? 0);
    }, 0),
  ) as [number, number];
  return letters === 0 ? 0 : (turns * TURN_COST + mixtures * MIXTURE_COST) / letters;
}

/** The score that plain text would need to be as believable as this line, 0–1. */
export function believableScore({ text, score }: { readonly text: string; readonly score: number }): number {
  const odds = (score / Math.max(1e-6, 1 - score)) * Math.exp(-implausibility(text));
  return odds / (1 + odds);
}
