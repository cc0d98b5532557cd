/**
 * Greedy decoding of connectionist temporal classification (Graves et al. 2006): best class of each time step, repeats
 * joined, blanks dropped. O(steps · classes).
 *
 * - Class 0 is the blank, the last class is the space.
 * - Confidence is the mean probability of the kept steps; of a repeated character the first step counts.
 * - With a `spaceThreshold`, a blank step where the space is at least that probable is read as a space, unless a
 *   neighbour belongs to a script without spaces. Recognisers trained on Chinese are shy of spaces and run English words
 *   together. Such spaces do not count for the confidence.
 */

/** Characters of scripts that do not separate words. */
const UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u;

/** One decoded line. */
export interface DecodedLine {
  readonly text: string;
  /** Mean probability of its characters, 0–1; 0 for an empty line. */
  readonly score: number;
}

/**
 * The text of one line. `probabilities` is row-major [steps, characters.length]; `characters[i]` is what class i stands
 * for, with the blank first and the space last.
 */
export function ctcDecode(
  probabilities: Float32Array,
  characters: readonly string[],
  spaceThreshold = Infinity,
): DecodedLine {
  const classes = characters.length;
  const space = classes - 1;
  let [text, sum, kept, previous] = ["", 0, 0, 0];
  let hasHiddenSpace = false;
  for (let offset = 0; offset + classes <= probabilities.length; offset += classes) {
    const best = argmax(probabilities, offset, classes);
    if (best !== 0 && best !== previous) {
      const character = characters[best]!;
      if (hasHiddenSpace && isSpaced(character) && isSpaced(text.at(-1))) text += " ";
      hasHiddenSpace = false;
      text += character;
      sum += probabilities[offset + best]!;
      kept++;
    } else if (best === 0 && probabilities[offset + space]! >= spaceThreshold) {
      hasHiddenSpace = true;
    }
    previous = best;
  }
  return { text, score: kept === 0 ? 0 : sum / kept };
}

/** True for a character that a space may stand beside. */
function isSpaced(character: string | undefined): boolean {
  return character !== undefined && character !== " " && !UNSPACED.test(character);
}

function argmax(values: Float32Array, offset: number, count: number): number {
  let best = 0;
  let largest = values[offset]!;
  for (let i = 1; i < count; i++) {
    const value = values[offset + i]!;
    if (value <= largest) continue;
    largest = value;
    best = i;
  }
  return best;
}
