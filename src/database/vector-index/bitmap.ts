import { KeepsightError } from "../../core/errors.ts";

/** Ids that share their upper 16 bits live in one chunk of 65,536 bits. */
const CHUNK_BITS = 16;
const CHUNK_WORDS = 2 ** CHUNK_BITS / 32;
const LOW_MASK = 2 ** CHUNK_BITS - 1;
/** Largest id, 2³²−1: an id is one unsigned 32-bit number in the matrix of a vector index. */
const LARGEST_ID = 0xffff_ffff;

/** The bits of the ids `key · 65,536` to `key · 65,536 + 65,535`, 2,048 words each, by key. */
export type BitmapChunks = ReadonlyMap<number, Uint32Array>;

/**
 * A set of integer ids, 0 to 2³²−1, as bits. Chunks of 8 KB exist only where ids do (the first level of Roaring bitmaps,
 * Lemire et al. 2016, without its compressed containers), so that dense ids cost a bit each and one huge id costs 8 KB,
 * not 512 MB. Set operations take a few microseconds a million dense ids and give a new bitmap.
 */
export class Bitmap {
  readonly #chunks: Map<number, Uint32Array>;

  constructor(chunks?: BitmapChunks) {
    this.#chunks = new Map(chunks);
  }

  /** The set of these ids; throws `bad_request` for anything but integers of 0 to 2³²−1. */
  static fromIds(ids: Iterable<number>): Bitmap {
    const bitmap = new Bitmap();
    for (const id of ids) bitmap.add(id);
    return bitmap;
  }

  /** The set of ids whose bit is 1 in these words, which are shared; there are whole chunks of {@link CHUNK_WORDS}. */
  static fromWords(words: Uint32Array): Bitmap {
    const chunks = new Map<number, Uint32Array>();
    for (let key = 0; key * CHUNK_WORDS < words.length; key++) {
      const chunk = words.subarray(key * CHUNK_WORDS, (key + 1) * CHUNK_WORDS);
      if (chunk.some((word) => word !== 0)) chunks.set(key, chunk);
    }
    return new Bitmap(chunks);
  }

  /** Whether a set can hold this number: an integer of 0 to 2³²−1. */
  static isId(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id <= LARGEST_ID;
  }

  /** The words themselves, shared, to send to another thread; `new Bitmap(chunks)` reads them there. */
  get chunks(): BitmapChunks {
    return this.#chunks;
  }

  /** Number of ids in the set: O(chunks). */
  get count(): number {
    let count = 0;
    for (const words of this.#chunks.values()) for (const word of words) count += countOnes(word);
    return count;
  }

  /** Puts an id into the set; throws `bad_request` for anything but an integer of 0 to 2³²−1. */
  add(id: number): void {
    if (!Bitmap.isId(id)) {
      throw new KeepsightError("bad_request", `Id ${id} is not an integer between 0 and ${LARGEST_ID}.`);
    }
    const words = this.#chunkFor(id >>> CHUNK_BITS);
    words[(id & LOW_MASK) >>> 5]! |= 1 << (id & 31);
  }

  /** Whether the id is in the set. */
  has(id: number): boolean {
    if (!Bitmap.isId(id)) return false;
    const words = this.#chunks.get(id >>> CHUNK_BITS);
    return words !== undefined && ((words[(id & LOW_MASK) >>> 5]! >>> (id & 31)) & 1) === 1;
  }

  /** The ids in both sets. */
  and(other: Bitmap): Bitmap {
    return this.#combine(other, (mine, theirs) => mine & theirs);
  }

  /** The ids in either set. */
  or(other: Bitmap): Bitmap {
    const union = this.#combine(other, (mine, theirs) => mine | theirs);
    for (const [key, words] of other.#chunks) {
      if (!this.#chunks.has(key)) union.#chunks.set(key, words.slice());
    }
    return union;
  }

  /** The ids in this set that are not in the other. */
  andNot(other: Bitmap): Bitmap {
    return this.#combine(other, (mine, theirs) => mine & ~theirs);
  }

  #combine(other: Bitmap, combineWords: (mine: number, theirs: number) => number): Bitmap {
    const result = new Bitmap();
    for (const [key, mine] of this.#chunks) {
      const theirs = other.#chunks.get(key);
      result.#chunks.set(
        key,
        mine.map((word, i) => combineWords(word, theirs?.[i] ?? 0)),
      );
    }
    return result;
  }

  #chunkFor(key: number): Uint32Array {
    let words = this.#chunks.get(key);
    if (words === undefined) {
      words = new Uint32Array(CHUNK_WORDS);
      this.#chunks.set(key, words);
    }
    return words;
  }
}

/** Number of one bits of a 32-bit word (Warren, Hacker's Delight, 2nd ed., figure 5-2). */
function countOnes(word: number): number {
  let sum = word - ((word >>> 1) & 0x5555_5555);
  sum = (sum & 0x3333_3333) + ((sum >>> 2) & 0x3333_3333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
