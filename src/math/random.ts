/**
 * Random numbers from 0 (included) to 1 (excluded) that are the same for the same seed everywhere: mulberry32 (Ettinger,
 * 2017), 32 bits of state, good enough to shuffle and to start from, not for secrets.
 */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Puts the items in a random order, in place (Fisher, Yates; Durstenfeld, 1964), and gives them back. */
export function shuffle<Items extends { length: number; [index: number]: unknown }>(
  items: Items,
  random: () => number,
): Items {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const item = items[i];
    items[i] = items[j];
    items[j] = item;
  }
  return items;
}
