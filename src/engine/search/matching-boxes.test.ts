import { describe, expect, it } from "vitest";
import { findMatchingBoxes } from "./matching-boxes.ts";

const line = (id: number, text: string, x: number) => ({
  id,
  text,
  score: 1,
  normalizedQuad: [x, 0.2, x + 0.1, 0.1, x + 0.1, 0.3, x, 0.4] as const,
});
const box = { x: 0.5, y: 0.5, width: 0.25, height: 0.25 };
const details = {
  textLines: [line(1, "Café des Amis", 0), line(2, "OPEN", 0.5)],
  objects: [
    { id: 1, label: "dog", score: 0.9, normalizedBox: box },
    { id: 2, label: "hot dog", score: 0.9, normalizedBox: { ...box, x: 0 } },
    { id: 3, label: "cat", score: 0.9, normalizedBox: box },
  ],
  namedFaces: [
    { name: "Zoë Dahl", normalizedBox: { ...box, x: 0.1 } },
    { name: "Bob Dahl", normalizedBox: { ...box, x: 0.2 } },
  ],
};

const leftEdges = (...args: Parameters<typeof findMatchingBoxes>) =>
  findMatchingBoxes(...args).map(({ x }) => x);

describe("findMatchingBoxes", () => {
  it("gives the upright rectangle around each line that has one of the words", () => {
    const [found] = findMatchingBoxes("text", ["cafe"], details);
    expect(found).toMatchObject({ x: 0, y: 0.1, width: 0.1 });
    expect(found!.height).toBeCloseTo(0.3, 12);
    expect(leftEdges("text", ["cafe", "open"], details)).toEqual([0, 0.5]);
  });

  it("finds words that are run together, in either case", () => {
    expect(leftEdges("text", ["desamis"], details)).toEqual([0]);
    expect(leftEdges("text", ["O P E N"], details)).toEqual([0.5]);
  });

  it("folds words as the index does", () => {
    const streets = {
      textLines: [line(1, "Straße", 0), line(2, "か", 0.3), line(3, "が", 0.6)],
      objects: [],
      namedFaces: [],
    };
    expect(leftEdges("text", ["strasse"], streets)).toEqual([0]);
    expect(leftEdges("text", ["か"], streets)).toEqual([0.3]);
  });

  it("gives the objects that are called so", () => {
    expect(leftEdges("objects", ["dog"], details)).toEqual([0.5, 0]);
  });

  it("gives the faces of the persons who are called so", () => {
    expect(leftEdges("people", ["zoe"], details)).toEqual([0.1]);
    expect(leftEdges("people", ["Dahl"], details)).toEqual([0.1, 0.2]);
    expect(leftEdges("people", ["dog"], details)).toEqual([]);
  });

  it("gives none for fields that have no place in the picture, or words that are not there", () => {
    expect(findMatchingBoxes("fileName", ["dog"], details)).toEqual([]);
    expect(findMatchingBoxes("text", ["closed"], details)).toEqual([]);
  });
});
