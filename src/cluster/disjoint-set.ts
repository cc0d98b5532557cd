/**
 * Sets that are merged and never split (Galler, Fischer, 1964), with union by size and path halving: nearly O(1) an
 * operation. Elements are 0 … n − 1.
 */
export class DisjointSet {
  readonly #parents: Int32Array;
  readonly #sizes: Int32Array;

  constructor(count: number) {
    this.#parents = Int32Array.from({ length: count }, (_, i) => i);
    this.#sizes = new Int32Array(count).fill(1);
  }

  /** The element that stands for the set of `element`. */
  find(element: number): number {
    const parents = this.#parents;
    while (parents[element] !== element) {
      parents[element] = parents[parents[element]!]!;
      element = parents[element]!;
    }
    return element;
  }

  /** Merges the sets of two elements; false when they were one already. */
  merge(a: number, b: number): boolean {
    a = this.find(a);
    b = this.find(b);
    if (a === b) return false;
    if (this.#sizes[a]! < this.#sizes[b]!) [a, b] = [b, a];
    this.#parents[b] = a;
    this.#sizes[a]! += this.#sizes[b]!;
    return true;
  }

  /** How many elements the set of `element` has. */
  sizeOf(element: number): number {
    return this.#sizes[this.find(element)]!;
  }
}
