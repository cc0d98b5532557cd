/** One character of a line as the recogniser saw it. */
export interface CtcCharacter {
  readonly character: string;
  /** Its probability, 0–1. */
  readonly probability: number;
  /** Its time step. */
  readonly step: number;
  /** Largest probability of a space in the blank before it, 0–1. */
  readonly spaceBefore: number;
}

/**
 * Probability from which the other of "0" and "O" is worth a thought. "F00D" on a receipt has .06 to .28 for its two Os;
 * characters that a model is sure of, as in "T1" or a licence plate, have less than .005.
 */
const MIN_TWIN_PROBABILITY = 0.01;
const ROUND = /^[0O]$/;
const LETTER = /^\p{L}$/u;
const DIGIT = /^\p{N}$/u;

/**
 * The line with each "0" between letters read as "O" and each "O" between digits as "0", where the model itself thinks it
 * possible. Neighbours are the nearest characters of the same word that are neither.
 */
export function settleZeros(
  line: readonly CtcCharacter[],
  probabilities: Float32Array,
  characters: readonly string[],
): CtcCharacter[] {
  const classOf = { "0": characters.indexOf("0"), O: characters.indexOf("O") };
  return line.map((seen, i) => {
    if (!ROUND.test(seen.character)) return seen;
    const neighbours = [neighbour(line, i, -1), neighbour(line, i, 1)];
    const settled = neighbours.every((character) => LETTER.test(character))
      ? "O"
      : neighbours.every((character) => DIGIT.test(character))
        ? "0"
        : seen.character;
    const twin = probabilities[seen.step * characters.length + classOf[settled as "0" | "O"]] ?? 0;
    return settled === seen.character || twin < MIN_TWIN_PROBABILITY ? seen : { ...seen, character: settled };
  });
}

/** The nearest character in a direction that is neither "0" nor "O"; empty at the end of the line. */
function neighbour(line: readonly CtcCharacter[], from: number, direction: -1 | 1): string {
  for (let i = from + direction; i >= 0 && i < line.length; i += direction) {
    const { character } = line[i]!;
    if (!ROUND.test(character)) return character;
  }
  return "";
}
