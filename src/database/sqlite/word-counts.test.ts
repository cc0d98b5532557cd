import { describe, expect, it } from "vitest";
import { createWordCounts, type WordCount } from "./word-counts.ts";

const WORDS = 30_000;

/** Words in order, each on some photos; how often a page was read is counted. */
function createVocabulary(size = WORDS) {
  const words: WordCount[] = Array.from({ length: size }, (_, i) => ({
    word: String.fromCharCode(97 + (i % 26), 97 + (Math.floor(i / 26) % 26), 97 + (i % 7)) + String(i),
    photos: (i * 7919) % 1009,
  })).toSorted((a, b) => (a.word < b.word ? -1 : 1));
  let time = 0;
  let pages = 0;
  const counts = createWordCounts({
    countWords: async () => size,
    readPage: async (after, limit) => {
      pages++;
      const first = words.findIndex(({ word }) => word > after);
      return first === -1 ? [] : words.slice(first, first + limit);
    },
    now: () => time,
  });
  return { words, counts, pass: (ms: number) => void (time += ms), pages: () => pages };
}

const mostFrequent = (words: readonly WordCount[], start: string, limit: number) =>
  words
    .filter(({ word }) => word.startsWith(start))
    .toSorted((a, b) => b.photos - a.photos || (a.word < b.word ? -1 : 1))
    .slice(0, limit);

describe("createWordCounts", () => {
  it("knows the most frequent words of every short beginning once it has counted", async () => {
    const { words, counts } = createVocabulary();
    expect(counts.find("a", 10)).toBeUndefined();
    await counts.count();
    for (const start of ["a", "bc", "cab", "zzz", "ab0", words[500]!.word.slice(0, 4)])
      expect(counts.find(start, 10)).toEqual(mostFrequent(words, start, 10));
    expect(counts.find("nothing".slice(0, 4), 10)).toEqual([]);
  });

  it("leaves long beginnings and long lists to the index", async () => {
    const { words, counts } = createVocabulary();
    await counts.count();
    expect(counts.find(words.at(-1)!.word.slice(0, 5), 10)).toBeUndefined();
    expect(counts.find("a", 21)).toBeUndefined();
  });

  it("counts nothing where words are few", async () => {
    const { counts, pages } = createVocabulary(100);
    await counts.count();
    expect(counts.find("a", 10)).toBeUndefined();
    expect(pages()).toBe(0);
  });

  it("counts anew after a rest, giving what it knows meanwhile", async () => {
    const { counts, pages, pass } = createVocabulary();
    await counts.count();
    const before = pages();
    counts.find("a", 10);
    expect(pages()).toBe(before);
    pass(61_000);
    expect(counts.find("a", 10)).toHaveLength(10);
    await counts.count();
    expect(pages()).toBe(2 * before);
  });
});
