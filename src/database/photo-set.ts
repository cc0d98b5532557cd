import { countBits } from "../math/hamming-distance.ts";

/** Words for 65,536 ids, so that a set falls into whole chunks of a bitmap. */
const CHUNK_WORDS = 2048;

/** Photos by their ids, a bit each, in memory that threads share. */
export interface PhotoSet {
  /** Bit `id & 31` of word `id >>> 5`; ids beyond the last word are not in the set. */
  readonly words: Uint32Array<SharedArrayBuffer>;
  readonly size: number;
}

/** Words of an empty set with room for ids up to `largest`. */
export function createWords(largest: number): Uint32Array<SharedArrayBuffer> {
  const chunks = Math.floor((largest >>> 5) / CHUNK_WORDS) + 1;
  return new Uint32Array(new SharedArrayBuffer(chunks * CHUNK_WORDS * 4));
}

/** The words with these ids put in; others where they had no room. */
export function addIds(
  words: Uint32Array<SharedArrayBuffer>,
  ids: ArrayLike<number>,
): Uint32Array<SharedArrayBuffer> {
  let largest = 0;
  for (let i = 0; i < ids.length; i++) largest = Math.max(largest, ids[i]!);
  const roomy = largest >>> 5 < words.length ? words : createWords(largest);
  if (roomy !== words) roomy.set(words);
  for (let i = 0; i < ids.length; i++) roomy[ids[i]! >>> 5]! |= 1 << (ids[i]! & 31);
  return roomy;
}

/** The same words in memory of their own. */
export function copyWords(words: Uint32Array): Uint32Array<SharedArrayBuffer> {
  const copy = new Uint32Array(new SharedArrayBuffer(words.byteLength));
  copy.set(words);
  return copy;
}

/** Takes these ids out. */
export function removeIds(words: Uint32Array, ids: ArrayLike<number>): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (id >>> 5 < words.length) words[id >>> 5]! &= ~(1 << (id & 31));
  }
}

/** Leaves in the words only what is in the others too. */
export function intersect(words: Uint32Array, others: Uint32Array): void {
  const shared = Math.min(words.length, others.length);
  for (let i = 0; i < shared; i++) words[i]! &= others[i]!;
  words.fill(0, shared);
}

/** Takes out of the words what is in the others. */
export function subtract(words: Uint32Array, others: Uint32Array): void {
  const shared = Math.min(words.length, others.length);
  for (let i = 0; i < shared; i++) words[i]! &= ~others[i]!;
}

/** The set of these words. */
export function toPhotoSet(words: Uint32Array<SharedArrayBuffer>): PhotoSet {
  let size = 0;
  for (const word of words) size += countBits(word);
  return { words, size };
}

/** Whether the photo is in the set. */
export function hasPhoto({ words }: PhotoSet, id: number): boolean {
  return (((words[id >>> 5] ?? 0) >>> (id & 31)) & 1) === 1;
}

/** The ids in the set, ascending. */
export function listPhotos({ words, size }: PhotoSet): Uint32Array {
  const ids = new Uint32Array(size);
  let count = 0;
  for (let i = 0; i < words.length; i++) {
    for (let word = words[i]!; word !== 0; word &= word - 1)
      ids[count++] = (i << 5) + 31 - Math.clz32(word & -word);
  }
  return ids;
}
