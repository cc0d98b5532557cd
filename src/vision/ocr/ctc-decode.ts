/**
 * Greedy decoding of connectionist temporal classification (Graves et al. 2006): best class of each time step, repeats
 * joined, blanks dropped. O(steps · classes).
 *
 * - Class 0 is the blank.
 * - Confidence is the mean probability of the kept steps; of a repeated character the first step counts.
 */

/** One decoded line. */
export interface DecodedLine {
  readonly text: string;
  /** Mean probability of its characters, 0–1; 0 for an empty line. */
  readonly score: number;
}

/**
 * The text of one line. `probabilities` is row-major [steps, characters.length]; `characters[i]` is what class i stands
 * for, with the blank first.
 */
export function ctcDecode(probabilities: Float32Array, characters: readonly string[]): DecodedLine {
  const classes = characters.length;
  let [text, sum, kept, previous] = ["", 0, 0, 0];
  for (let offset = 0; offset + classes <= probabilities.length; offset += classes) {
    let best = 0;
    for (let i = 1; i < classes; i++) {
      if (probabilities[offset + i]! > probabilities[offset + best]!) best = i;
    }
    if (best !== 0 && best !== previous) {
      text += characters[best];
      sum += probabilities[offset + best]!;
      kept++;
    }
    previous = best;
  }
  return { text, score: kept === 0 ? 0 : sum / kept };
}
