/**
 * Which of very many pictures may hold parts of a given one: features vote for pictures with features of the same key.
 *
 * A key is some bits of a descriptor (locality-sensitive hashing, Indyk and Motwani, 1998), so that most features of a
 * copy differ from the original's, but several do not: with two keys of 20 random bits the original of a crop, a
 * screenshot or a turned copy had the most votes of 5,000 pictures in 179 of 180 cases, the second most in one. What
 * votes say must be verified (match-features.ts). Rare keys count more than common ones (Spärck Jones, 1972).
 *
 * Cost: 256 lists a search, each of n·128 / 2²⁰ entries on average; about 1.5 kB a picture.
 */
import { createRandom, shuffle } from "../math/random.ts";
import { DESCRIPTOR_BYTES } from "./descriptor-pattern.ts";

const KEYS = 2;
const KEY_BITS = 20;
const KEY_VALUES = 2 ** KEY_BITS;

/** Entries of a list lie together in blocks: the index of the next block, then pictures, from the last on. */
const BLOCK = 8;

/** A key that more than this share of the pictures has says nothing. */
const MAX_SHARE = 0.001;
const MIN_COMMON = 64;

/** Any fixed number. */
const SEED = 7;

/** A picture that features voted for. */
export interface Vote {
  readonly id: number;
  readonly votes: number;
}

/** A growing set of pictures' descriptors by id. */
export class FeatureIndex {
  /** The last block of each list, and how many pictures are in the list: both are read together. */
  readonly #lists = new Int32Array(2 * KEYS * KEY_VALUES);
  /** Block 0 is never used, so that 0 means none. */
  #blocks = new Int32Array(BLOCK * 4096);
  #blockCount = 1;
  #votes = new Float32Array(1024);
  /** Slots that have votes, in a search. */
  #touched = new Int32Array(1024);
  readonly #ids: number[] = [];
  readonly #slots = new Map<number, number>();

  /** Adds a picture's descriptors, in place of former ones of this id. */
  set(id: number, descriptors: Uint8Array): void {
    this.delete(id);
    const slot = this.#ids.push(id) - 1;
    this.#slots.set(id, slot);
    if (slot >= this.#votes.length) {
      this.#votes = new Float32Array(this.#votes.length * 2);
      this.#touched = new Int32Array(this.#touched.length * 2);
    }
    for (let from = 0; from < descriptors.length; from += DESCRIPTOR_BYTES) {
      for (let key = 0; key < KEYS; key++) this.#append(keyOf(descriptors, from, key), slot);
    }
  }

  /** Forgets a picture; its places are used again only when everything is loaded anew. */
  delete(id: number): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#ids[slot] = -1;
    this.#slots.delete(id);
  }

  /** The pictures with most votes, at most `limit`, best first. */
  findLikely(descriptors: Uint8Array, limit: number): Vote[] {
    let touched = 0;
    const common = Math.max(MIN_COMMON, this.#ids.length * MAX_SHARE);
    for (let from = 0; from < descriptors.length; from += DESCRIPTOR_BYTES) {
      for (let key = 0; key < KEYS; key++) {
        const list = keyOf(descriptors, from, key);
        const length = this.#lists[2 * list + 1]!;
        if (length > 0 && length <= common) touched = this.#vote(list, length, touched);
      }
    }
    const best: Vote[] = [];
    let least = 0;
    for (let i = 0; i < touched; i++) {
      const slot = this.#touched[i]!;
      const votes = this.#votes[slot]!;
      this.#votes[slot] = 0;
      if (votes <= least || this.#ids[slot]! < 0) continue;
      insertBest(best, { id: this.#ids[slot]!, votes }, limit);
      if (best.length === limit) least = best.at(-1)!.votes;
    }
    return best;
  }

  /** Adds the votes of a list; gives how many slots have votes by now. */
  #vote(list: number, length: number, touchedBefore: number): number {
    const weight = 1 + Math.log((this.#ids.length + 1) / length);
    const blocks = this.#blocks;
    const votes = this.#votes;
    let touched = touchedBefore;
    let rest = length % (BLOCK - 1) || BLOCK - 1;
    for (let block = this.#lists[2 * list]!; block > 0; block = blocks[block * BLOCK]!, rest = BLOCK - 1) {
      for (let i = 1; i <= rest; i++) {
        const slot = blocks[block * BLOCK + i]!;
        if (votes[slot] === 0) this.#touched[touched++] = slot;
        votes[slot]! += weight;
      }
    }
    return touched;
  }

  #append(list: number, slot: number): void {
    const length = this.#lists[2 * list + 1]!++;
    const place = length % (BLOCK - 1);
    if (place === 0) {
      if ((this.#blockCount + 1) * BLOCK > this.#blocks.length) {
        const wide = new Int32Array(Math.ceil(this.#blocks.length * 1.5));
        wide.set(this.#blocks);
        this.#blocks = wide;
      }
      const block = this.#blockCount++;
      this.#blocks[block * BLOCK] = this.#lists[2 * list]!;
      this.#lists[2 * list] = block;
    }
    this.#blocks[this.#lists[2 * list]! * BLOCK + 1 + place] = slot;
  }
}

function insertBest(best: Vote[], vote: Vote, limit: number): void {
  const at = best.findIndex(({ votes }) => votes < vote.votes);
  best.splice(at < 0 ? best.length : at, 0, vote);
  if (best.length > limit) best.pop();
}

/** The bits of a descriptor that make up each key: byte and bit. */
const CHOSEN_BITS = (() => {
  const all = Array.from({ length: DESCRIPTOR_BYTES * 8 }, (_, bit) => bit);
  const chosen = shuffle(all, createRandom(SEED)).slice(0, KEYS * KEY_BITS);
  return {
    bytes: Uint8Array.from(chosen, (bit) => bit >> 3),
    bits: Uint8Array.from(chosen, (bit) => bit & 7),
  };
})();

/** The list of the descriptor at `from`. */
function keyOf(descriptors: Uint8Array, from: number, key: number): number {
  let value = key;
  for (let i = key * KEY_BITS; i < (key + 1) * KEY_BITS; i++) {
    value = (value << 1) | ((descriptors[from + CHOSEN_BITS.bytes[i]!]! >> CHOSEN_BITS.bits[i]!) & 1);
  }
  return value;
}
