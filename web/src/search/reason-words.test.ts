import { describe, expect, it } from "vitest";
import type { SearchReason } from "../../../src/api/search.ts";
import { captionOf, explanationOf } from "./reason-words.ts";

const text: SearchReason = { channel: "text", rank: 1, matches: ["EXIT", "EXIT"], boxes: [] };
const meaning: SearchReason = { channel: "meaning", rank: 4, similarity: 0.274, matches: [], boxes: [] };

describe("captionOf", () => {
  it("names each channel with its words once", () => {
    expect(captionOf([text, meaning])).toBe("text: EXIT · meaning");
  });

  it("counts words beyond the third", () => {
    expect(captionOf([{ ...text, matches: ["a", "b", "c", "d", "e"] }])).toBe("text: a, b, c +2");
  });
});

describe("explanationOf", () => {
  it("adds ranks and similarities, one reason a line", () => {
    expect(explanationOf([text, meaning])).toBe(
      "text: EXIT (place 1 in its list)\nmeaning (similarity 27%, place 4 in its list)",
    );
  });

  it("says nothing of a rank that there is not", () => {
    expect(explanationOf([{ ...text, rank: null }])).toBe("text: EXIT");
  });
});
