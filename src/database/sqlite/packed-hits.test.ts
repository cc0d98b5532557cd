import { describe, expect, it } from "vitest";
import type { TextHit } from "../text-index.ts";
import { packHits, unpackHits } from "./packed-hits.ts";

const HITS: readonly TextHit[] = [
  { photoId: 7, score: 3.5, match: "words", fields: { text: 1.25, place: 0.5 } },
  { photoId: 4_294_967_295, score: 3.25, match: "words", fields: {} },
  { photoId: 3, score: 2, match: "part" },
  { photoId: 1, score: 1, match: "similar" },
  { photoId: 9, score: 0.125, match: "some", fields: { caption: 0.1 } },
];

describe("packHits", () => {
  it("gives back every hit in its order, with the fields that are known", () => {
    expect(unpackHits(packHits(HITS))).toEqual(HITS);
  });

  it("packs nothing into nothing", () => {
    expect(unpackHits(packHits([]))).toEqual([]);
  });

  it("survives the way between threads", () => {
    const packed = packHits(HITS);
    const buffers = Object.values(packed).map(({ buffer }) => buffer);
    expect(unpackHits(structuredClone(packed, { transfer: buffers }))).toEqual(HITS);
  });
});
