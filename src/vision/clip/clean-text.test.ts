import { describe, expect, it, test } from "vitest";
import { cleanText } from "./clean-text.ts";

describe("cleanText", () => {
  it("takes the accents away for vocabularies without case", () => {
    expect(cleanText("Café Žižkov 狗", "uncased")).toBe("cafe zizkov 狗");
  });

  test.each<{ cleaning: "canonical" | "lower-case" | "none"; clean: string }>([
    { cleaning: "canonical", clean: "its a red hot day isnt it — 3 pm" },
    { cleaning: "lower-case", clean: "it's a  red_hot day, isn't it? — 3 p.m." },
    { cleaning: "none", clean: "It's a  Red_Hot day, isn't it? — 3 p.m." },
  ])("cleans as $cleaning asks", ({ cleaning, clean }) => {
    expect(cleanText("It's a  Red_Hot day, isn't it? — 3 p.m.", cleaning)).toBe(clean);
  });

  test.each([
    { text: "  A\tRed\r\n car ", clean: "a red car" },
    { text: "fish &amp; chips", clean: "fish & chips" },
    { text: "&amp;lt;b&amp;gt;", clean: "<b>" },
    { text: "&#39;&#x41;&#0;&#x110000;", clean: "'a&#0;&#x110000;" },
    { text: "&unknown;", clean: "&unknown;" },
    { text: "Cafe\u0301", clean: "café" },
    { text: "“it’s”", clean: '"it\'s"' },
  ])("makes $clean of $text for CLIP", ({ text, clean }) => {
    expect(cleanText(text, "clip")).toBe(clean);
  });
});
