/**
 * Whether the Latin letters of a photo are those of Cyrillic text in disguise. A recogniser that does not know Cyrillic reads
 * "РЕСТОРАН" as "PECTOPAH" with a score of 1.00: each line by itself could be a name, but all letters of a photo together
 * hardly ever are among those that look alike in both alphabets.
 *
 * The evidence is a sum of log likelihood ratios over letters (naive Bayes). Of the Latin letters on the sample photos .56
 * have a double, so that 12 in a row are a chance of 1 in 1,000; of what the recognisers make of Cyrillic nearly all have.
 * Of 19 readings of rendered signs 11 are so disbelieved; single words stay, since nothing tells them from names.
 */

/** Latin letters that Cyrillic ones are taken for: the same shapes, and those that recognisers see in и, й, к, м, п and г. */
const DOUBLES = /[ABEKMHNOPCTXYaceopxyjnumrk]/g;
const LETTERS = /[A-Za-z]/g;

/** Share of letters with a double in text that is Latin (2,163 letters of the sample photos), */
const SHARE_IN_LATIN = 0.56;
/** and in 19 readings of 12 rendered Cyrillic signs (PP-OCRv6 tiny and PP-OCRv4, November 2026). */
const SHARE_IN_CYRILLIC = 0.94;

/** Log odds from which on a photo's text is not believed: 12 letters and more, all with doubles. */
const DISBELIEF = 6;

/** Log likelihood ratio of the text being Cyrillic that was read as Latin; 0 where it has no Latin letters. */
function cyrillicEvidence(text: string): number {
  const letters = text.match(LETTERS)?.length ?? 0;
  const doubles = text.match(DOUBLES)?.length ?? 0;
  return (
    doubles * Math.log(SHARE_IN_CYRILLIC / SHARE_IN_LATIN) +
    (letters - doubles) * Math.log((1 - SHARE_IN_CYRILLIC) / (1 - SHARE_IN_LATIN))
  );
}

/**
 * Tells of a line whether it is Cyrillic in disguise, given all lines of its photo. Where the photo speaks for it, a line
 * that speaks against it is still believed: signs are written in two alphabets.
 */
export function judgeLookalikes(lines: readonly string[]): (line: string) => boolean {
  const evidence = lines.reduce((sum, line) => sum + cyrillicEvidence(line), 0);
  return (line) => evidence > DISBELIEF && cyrillicEvidence(line) > 0;
}
