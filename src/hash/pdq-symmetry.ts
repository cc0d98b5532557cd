/**
 * How PDQ changes when a picture is turned or mirrored (the dihedral hashes of `pdqhashing.cpp`, ThreatExchange).
 *
 * A frequency of the mirrored picture is that of the picture, negated where it is odd in the mirrored direction; turning
 * by 90° also swaps the two directions. Bits compare with the median, which negation moves a little: from the frequencies
 * the hashes are exact, from the bits alone 0–14 of 256 differ (12 pictures in 8 orientations, November 2026).
 */

/** Frequencies in each direction, of which the first is odd. */
const BLOCK_SIZE = 16;

/** How the frequencies of a turned or mirrored picture follow from those of the picture: transposed first, then negated. */
interface Symmetry {
  readonly isTransposed: boolean;
  /** Odd vertical frequencies change sign. */
  readonly isRowNegated: boolean;
  /** Odd horizontal frequencies change sign. */
  readonly isColumnNegated: boolean;
}

/**
 * The eight orientations in the order of the reference: as it is; turned left by 90°, 180°, 270°; mirrored top to bottom,
 * left to right, along the main diagonal, along the other diagonal.
 */
export const SYMMETRIES: readonly Symmetry[] = [
  { isTransposed: false, isRowNegated: false, isColumnNegated: false },
  { isTransposed: true, isRowNegated: true, isColumnNegated: false },
  { isTransposed: false, isRowNegated: true, isColumnNegated: true },
  { isTransposed: true, isRowNegated: false, isColumnNegated: true },
  { isTransposed: false, isRowNegated: true, isColumnNegated: false },
  { isTransposed: false, isRowNegated: false, isColumnNegated: true },
  { isTransposed: true, isRowNegated: false, isColumnNegated: false },
  { isTransposed: true, isRowNegated: true, isColumnNegated: true },
];

/** The 16×16 frequencies of the turned or mirrored picture, row-major, from those of the picture. */
export function turnBlock(block: Float64Array, symmetry: Symmetry): Float64Array {
  return block.map((_, index) => {
    const value = block[sourceIndex(index, symmetry)]!;
    return isNegated(index, symmetry) ? -value : value;
  });
}

/**
 * The eight hashes of a picture of which only the hash is left, in the order of {@link SYMMETRIES}; within about 14 bits
 * of those computed from the picture, so good enough to search by distance where the pixels are gone. Expects 64 hex digits.
 */
export function derivePdqVariants(hash: string): readonly string[] {
  const bits = readBits(hash);
  return SYMMETRIES.map((symmetry) =>
    writeBits(
      bits.map((_, index) => bits[sourceIndex(index, symmetry)]! ^ Number(isNegated(index, symmetry))),
    ),
  );
}

/** One bit a frequency as 64 hex digits, the last of the row-major block in the most significant bit of the first digit. */
export function writeBits(bits: Uint8Array): string {
  let hash = "";
  for (let index = bits.length - 4; index >= 0; index -= 4) {
    const digit = bits[index]! | (bits[index + 1]! << 1) | (bits[index + 2]! << 2) | (bits[index + 3]! << 3);
    hash += digit.toString(16);
  }
  return hash;
}

function readBits(hash: string): Uint8Array {
  return Uint8Array.from({ length: BLOCK_SIZE * BLOCK_SIZE }, (_, index) => {
    const digit = Number.parseInt(hash.charAt(hash.length - 1 - (index >> 2)), 16);
    return (digit >> (index & 3)) & 1;
  });
}

function sourceIndex(index: number, { isTransposed }: Symmetry): number {
  if (!isTransposed) return index;
  return (index % BLOCK_SIZE) * BLOCK_SIZE + Math.floor(index / BLOCK_SIZE);
}

function isNegated(index: number, { isRowNegated, isColumnNegated }: Symmetry): boolean {
  // Frequencies count from 1, so the even rows and columns hold the odd ones.
  const isOddRow = Math.floor(index / BLOCK_SIZE) % 2 === 0;
  const isOddColumn = index % 2 === 0;
  return (isRowNegated && isOddRow) !== (isColumnNegated && isOddColumn);
}
