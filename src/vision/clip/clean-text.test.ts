import { describe, expect, test } from "vitest";
import { cleanText } from "./clean-text.ts";

describe("cleanText", () => {
  test.each([
    { text: "  A\tRed\r\n car ", clean: "a red car" },
    { text: "fish &amp; chips", clean: "fish & chips" },
    { text: "&amp;lt;b&amp;gt;", clean: "<b>" },
    { text: "&#39;&#x41;&#0;&#x110000;", clean: "'a&#0;&#x110000;" },
    { text: "&unknown;", clean: "&unknown;" },
    { text: "Cafe\u0301", clean: "café" },
    { text: "“it’s”", clean: '"it\'s"' },
  ])("makes $clean of $text", ({ text, clean }) => {
    expect(cleanText(text)).toBe(clean);
  });
});
