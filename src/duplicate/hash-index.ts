/**
 * Which of very many 256-bit hashes are within some bits of a given one, exactly and without reading them all.
 *
 * Multi-index hashing (Norouzi, Punjani, Fleet, "Fast Exact Search in Hamming Space with Multi-Index Hashing", 2014): a hash is
 * cut into 16 pieces of 16 bits; two hashes that differ in at most 31 bits differ in at most one bit in some piece, so it
 * is enough to look at those that share a piece or all but one bit of it. Cost: 272 lists a search within 31 bits,
 * each of n / 65,536 hashes; 96 bytes a hash, in one record, so that looking at a hash is one place in memory.
 */
import { KeepsightError } from "../core/errors.ts";
import { countBits } from "../math/hamming-distance.ts";

/** Words of 32 bits of a hash. */
const WORDS = 8;

/** Pieces of a hash, and the values that one can have. */
const PIECES = 16;
const PIECE_VALUES = 65_536;

/** A record: the words of a hash, then for each piece the next hash with the same. */
const RECORD = WORDS + PIECES;

/** The largest distance that can be searched within: two bits of a piece, 137 values each. */
const MAX_DISTANCE = 47;

const INITIAL_CAPACITY = 1024;
const GROWTH = 1.5;

/** A hash near the one that was looked for. */
export interface NearHash {
  readonly id: number;
  /** Bits in which they differ. */
  readonly distance: number;
}

/** A growing set of hashes by id. Ids are whole numbers from 0 on, and the smaller the less memory. */
export class HashIndex {
  #heads = new Int32Array(PIECES * PIECE_VALUES).fill(-1);
  #records = new Int32Array(INITIAL_CAPACITY * RECORD);
  #ids = new Int32Array(INITIAL_CAPACITY);
  #count = 0;
  readonly #slots = new Map<number, number>();

  /** Adds a hash of 64 hex digits, in place of a former one of this id. */
  set(id: number, hash: string): void {
    this.delete(id);
    if (this.#count === this.#ids.length) this.#grow();
    const slot = this.#count++;
    const words = toWords(hash);
    this.#records.set(words, slot * RECORD);
    this.#ids[slot] = id;
    this.#slots.set(id, slot);
    for (let piece = 0; piece < PIECES; piece++) {
      const head = piece * PIECE_VALUES + pieceOf(words, piece);
      this.#records[slot * RECORD + WORDS + piece] = this.#heads[head]!;
      this.#heads[head] = slot;
    }
  }

  /** Forgets a hash; its place is used again only when everything is loaded anew. */
  delete(id: number): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#ids[slot] = -1;
    this.#slots.delete(id);
  }

  /** All hashes within `maxDistance` bits of a hash of 64 hex digits, in no order. Throws `bad_request` on more than 47 bits. */
  findNear(hash: string, maxDistance: number): NearHash[] {
    if (!(maxDistance >= 0 && maxDistance <= MAX_DISTANCE)) {
      throw new KeepsightError(
        "bad_request",
        `Hashes can be searched within 0 to 47 bits, not ${maxDistance}.`,
      );
    }
    const words = toWords(hash);
    const records = this.#records;
    const flips = flipsWithin(Math.floor(maxDistance / PIECES));
    const found = new Map<number, NearHash>();
    for (let piece = 0; piece < PIECES; piece++) {
      const value = pieceOf(words, piece);
      for (const flip of flips) {
        let slot = this.#heads[piece * PIECE_VALUES + (value ^ flip)]!;
        for (; slot >= 0; slot = records[slot * RECORD + WORDS + piece]!) {
          // One that shares several pieces is compared several times: it costs less than remembering who was.
          const distance = distanceWithin(records, slot * RECORD, words, maxDistance);
          const id = this.#ids[slot]!;
          if (distance <= maxDistance && id >= 0) found.set(id, { id, distance });
        }
      }
    }
    return [...found.values()];
  }

  #grow(): void {
    const capacity = Math.ceil(this.#ids.length * GROWTH);
    const [ids, records] = [new Int32Array(capacity), new Int32Array(capacity * RECORD)];
    ids.set(this.#ids);
    records.set(this.#records);
    this.#ids = ids;
    this.#records = records;
  }
}

/** Bits in which the hash at `from` differs; any number above `limit` where these are more. */
function distanceWithin(records: Int32Array, from: number, words: Int32Array, limit: number): number {
  let distance = 0;
  for (let k = 0; k < WORDS && distance <= limit; k++) distance += countBits(records[from + k]! ^ words[k]!);
  return distance;
}

function toWords(hash: string): Int32Array {
  return Int32Array.from({ length: WORDS }, (_, k) => Number.parseInt(hash.slice(k * 8, k * 8 + 8), 16));
}

function pieceOf(words: Int32Array, piece: number): number {
  return piece % 2 === 0 ? words[piece >> 1]! & 0xffff : words[piece >> 1]! >>> 16;
}

const ONE_BIT = Array.from({ length: 16 }, (_, bit) => 1 << bit);
const TWO_BITS = ONE_BIT.flatMap((first) => ONE_BIT.filter((bit) => bit > first).map((bit) => bit | first));
const FLIPS: readonly (readonly number[])[] = [[0], [0, ...ONE_BIT], [0, ...ONE_BIT, ...TWO_BITS]];

/** Every way to change at most this many bits of a piece. */
function flipsWithin(bits: number): readonly number[] {
  return FLIPS[Math.min(bits, FLIPS.length - 1)]!;
}
